package org.mmard.data;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;

/**
 * A CIFAR-10 or CIFAR-100 data set in its official binary layout. Files may have any number of records, which must be whole.
 * Every failure is an {@link InputError} that names the file, and the byte offset where there is one.
 */
final class Cifar implements DataSource {
    private static final long LONGEST_NAMES = 1 << 16;

    private final String uri;
    private final CifarLayout layout;
    private final CifarFiles files;

    Cifar(String uri, CifarLayout layout, CifarFiles files) {
        this.uri = uri;
        this.layout = layout;
        this.files = files;
    }

    @Override
    public String title() {
        return layout.title + " binary";
    }

    @Override
    public ImageShape shape() {
        return ImageShape.CIFAR;
    }

    @Override
    public ImageSet train(int examples) {
        return read("training", layout.trainFiles, examples);
    }

    @Override
    public ImageSet test(int examples) {
        return read("test", layout.testFiles, examples);
    }

    private ImageSet read(String part, List<String> wanted, int examples) {
        for (String name : wanted) {
            if (!files.names().contains(name)) {
                throw new InputError(
                        files.location(name) + ": missing; the " + part + " set of " + layout + " is " + String.join(", ", wanted));
            }
        }
        wanted.forEach(this::refuseCutRecords);
        long available = wanted.stream().mapToLong(name -> size(name) / layout.recordBytes()).sum();
        RecordMemory.requireAvailable(uri, part, available, examples);
        // The records are in memory twice: as they are read, and as images.
        RecordMemory.require(uri, part, examples == ALL ? available : examples, ImageShape.CIFAR, 2L * layout.recordBytes());
        int records = Math.toIntExact(examples == ALL ? available : examples);
        List<CifarFiles.Content> contents = files.read(wanted, (long) records * layout.recordBytes());
        byte[] pixels = new byte[Math.multiplyExact(records, ImageShape.CIFAR.size())];
        byte[] labels = new byte[records];
        int done = 0;
        for (CifarFiles.Content content : contents) {
            int here = Math.min(records - done, content.bytes().length / layout.recordBytes());
            unpack(content, here, labels, pixels, done);
            done += here;
        }
        return new ImageSet(ImageShape.CIFAR, pixels, labels, classNames());
    }

    /** Of a file that is among {@link CifarFiles#names}. */
    private long size(String name) {
        return files.sizes().getOrDefault(name, CifarFiles.NO_FILE);
    }

    private void requireFile(String name) {
        if (size(name) == CifarFiles.NO_FILE) {
            throw new InputError(files.location(name) + ": is not a file, but a folder, FIFO, socket or device");
        }
    }

    private void refuseCutRecords(String name) {
        requireFile(name);
        long size = size(name);
        long over = size % layout.recordBytes();
        if (over != 0 || size == 0) {
            throw new InputError(files.location(name) + ": ends at offset " + size + " after " + over + " of the " + layout.recordBytes()
                    + " bytes of a " + layout + " record that begins at offset " + (size - over)
                    + "; the file is cut, or of another layout");
        }
    }

    private void unpack(CifarFiles.Content content, int records, byte[] labels, byte[] pixels, int first) {
        byte[] bytes = content.bytes();
        for (int record = 0; record < records; record++) {
            int at = record * layout.recordBytes();
            for (int i = 0; i < layout.labelBytes; i++) {
                int label = bytes[at + i] & 0xff;
                if (label >= layout.classesOf(i)) {
                    throw new InputError(
                            content.location() + ": label " + label + " at offset " + (at + i) + " (record " + record + ") is not below "
                                    + layout.classesOf(i) + "; the file is damaged, or of another layout");
                }
            }
            labels[first + record] = bytes[at + layout.labelBytes - 1];
            System.arraycopy(bytes, at + layout.labelBytes, pixels, (first + record) * ImageShape.CIFAR.size(), ImageShape.CIFAR.size());
        }
    }

    /** From the data set's own list; a data set without one has numbers for names. */
    @Override
    public List<String> classNames() {
        if (!files.names().contains(layout.namesFile)) {
            return IntStream.range(0, layout.classes).mapToObj(Integer::toString).toList();
        }
        requireFile(layout.namesFile);
        if (size(layout.namesFile) > LONGEST_NAMES) {
            throw new InputError(files.location(layout.namesFile) + ": has " + size(layout.namesFile)
                    + " bytes; a list of class names has at most " + LONGEST_NAMES);
        }
        CifarFiles.Content content = files.read(List.of(layout.namesFile), LONGEST_NAMES).get(0);
        List<String> names = new ArrayList<>(new String(content.bytes(), StandardCharsets.UTF_8).lines().map(String::strip).toList());
        names.removeIf(String::isEmpty);
        if (names.size() != layout.classes) {
            throw new InputError(
                    content.location() + ": has " + names.size() + " class names, expected one line for each of " + layout.classes);
        }
        names.stream().filter(name -> !Printable.isLine(name)).findFirst().ifPresent(name -> {
            throw new InputError(content.location() + ": class name " + name + " has characters that cannot be printed");
        });
        return names;
    }
}
