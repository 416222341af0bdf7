package org.mmard.data.importing;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.mmard.data.ImageRecords;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;
import org.mmard.files.RegularFile;
import org.mmard.files.Storage;

/**
 * CIFAR's Python version (Krizhevsky, "Learning multiple layers of features from tiny images", 2009), which torchvision downloads: pickled
 * dictionaries with {@code data}, uint8 [images, 3072], and {@code labels}, or {@code fine_labels} and {@code coarse_labels}.
 */
final class CifarPython implements ImageRecords {
    private static final ImageShape SHAPE = ImageShape.CIFAR;

    /** What the files of a version are called, and their entries. */
    private record Version(String title, String folder, List<String> train, String test, String meta, String labels, String names) {}

    private static final Version TEN = new Version("CIFAR-10", "cifar-10-batches-py",
            List.of("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"), "test_batch", "batches.meta", "labels",
            "label_names");
    private static final Version HUNDRED =
            new Version("CIFAR-100", "cifar-100-python", List.of("train"), "test", "meta", "fine_labels", "fine_label_names");
    private static final Version TWENTY = new Version("CIFAR-100 by its 20 coarse labels", "cifar-100-python", List.of("train"), "test",
            "meta", "coarse_labels", "coarse_label_names");

    private final Storage folder;
    private final Version version;
    private final List<String> classes;

    private CifarPython(Storage folder, Version version) {
        this.folder = folder;
        this.version = version;
        classes = classes();
    }

    /** Images of CIFAR-10, or of CIFAR-100 by its fine labels. */
    static CifarPython open(String uri, Configuration hadoop) {
        return open(uri, hadoop, List.of(TEN, HUNDRED));
    }

    /** Images of CIFAR-100 by its twenty coarse labels. */
    static CifarPython openCoarse(String uri, Configuration hadoop) {
        return open(uri, hadoop, List.of(TWENTY));
    }

    private static CifarPython open(String uri, Configuration hadoop, List<Version> versions) {
        Storage given = Storage.at(uri, hadoop);
        for (Version version : versions) {
            for (Storage folder : List.of(given, given.child(version.folder))) {
                if (folder.child(version.meta).isFile() && folder.child(version.test).isFile()) {
                    return new CifarPython(folder, version);
                }
            }
        }
        throw new InputError(
                given + (given.isFile() ? ": is a file; unpack it, and name the folder: " : ": is no folder of CIFAR's Python version: ")
                        + String.join(", ", versions.stream()
                                .map(version -> version.folder + " has " + version.test + " and " + version.meta).distinct().toList()));
    }

    @Override
    public String title() {
        return version.title;
    }

    @Override
    public ImageShape shape() {
        return SHAPE;
    }

    @Override
    public List<String> classNames() {
        return classes;
    }

    @Override
    public void train(Receiver receiver) {
        version.train.forEach(name -> read(folder.child(name), receiver));
    }

    @Override
    public void test(Receiver receiver) {
        read(folder.child(version.test), receiver);
    }

    @Override
    public void close() {}

    private List<String> classes() {
        Storage file = folder.child(version.meta);
        if (!(dictionary(file).get(version.names) instanceof List<?> names) || names.size() < 2 || names.size() > 256
                || !names.stream().allMatch(CifarPython::isName)) {
            throw new InputError(file + ": has no " + version.names + ", a list of 2 to 256 names");
        }
        return names.stream().map(name -> Printable.line(name instanceof byte[] bytes ? new String(bytes, StandardCharsets.ISO_8859_1)
                : (String) name)).toList();
    }

    private static boolean isName(Object name) {
        return name instanceof String || name instanceof byte[];
    }

    private void read(Storage file, Receiver receiver) {
        Map<?, ?> batch = dictionary(file);
        if (!(batch.get("data") instanceof NumpyPickle.Bytes images) || images.shape().length != 2
                || images.shape()[1] != SHAPE.size()) {
            throw new InputError(file + ": has no data, an array of bytes of shape [images, " + SHAPE.size() + "]"
                    + (batch.get("data") instanceof NumpyPickle.Bytes other ? "; its shape is " + Arrays.toString(other.shape()) : ""));
        }
        if (!(batch.get(version.labels) instanceof List<?> labels) || labels.size() != images.shape()[0]) {
            throw new InputError(file + ": has no " + version.labels + ", one for each of its " + images.shape()[0] + " images");
        }
        byte[] pixels = new byte[SHAPE.size()];
        for (int record = 0; record < labels.size(); record++) {
            if (!(labels.get(record) instanceof Integer label) || label < 0 || label >= classes.size()) {
                throw new InputError(file + ": label " + record + " is none from 0 to " + (classes.size() - 1));
            }
            System.arraycopy(images.content(), record * pixels.length, pixels, 0, pixels.length);
            receiver.add(label, pixels);
        }
    }

    private static Map<?, ?> dictionary(Storage file) {
        try (InputStream in = new BufferedInputStream(RegularFile.open(file.files(), file.path()), 1 << 16)) {
            return NumpyPickle.read(in);
        } catch (IOException e) {
            throw new InputError(file + ": " + Printable.line(String.valueOf(e.getMessage())), e);
        }
    }
}
