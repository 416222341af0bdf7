package org.mmard.data;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;
import org.mmard.files.Storage;

/**
 * A CIFAR-10 or CIFAR-100 data set in its official binary layout, on any Hadoop filesystem: its folder, a folder that has that folder under
 * its official name, or the official {@code -binary.tar.gz}. Files may have any number of records, which must be whole.
 * Every failure is an {@link InputError} that names the file, and the byte offset where there is one.
 */
public final class Cifar {
    /** For {@code examples}: no limit. */
    public static final int ALL = 0;

    /** So many have their pixels in one array. */
    private static final int MOST_RECORDS = (Integer.MAX_VALUE - 8) / ImageShape.CIFAR.size();
    private static final long LONGEST_NAMES = 1 << 16;

    private final String uri;
    private final CifarFormat format;
    private final CifarFiles files;

    private Cifar(String uri, CifarFormat format, CifarFiles files) {
        this.uri = uri;
        this.format = format;
        this.files = files;
    }

    /** All training records at a Hadoop URI. */
    public static ImageSet train(String uri, Configuration hadoop) {
        return open(uri, hadoop).train(ALL);
    }

    /** All test records at a Hadoop URI. */
    public static ImageSet test(String uri, Configuration hadoop) {
        return open(uri, hadoop).test(ALL);
    }

    /** Finds out what lies at a Hadoop URI, without reading the images of a folder. */
    public static Cifar open(String uri, Configuration hadoop) {
        Storage place = Storage.at(uri, hadoop);
        if (place.status() == null) {
            throw new InputError(uri + ": no such file or folder");
        }
        if (place.isFile()) {
            if (!uri.endsWith(".tar.gz") && !uri.endsWith(".tgz")) {
                throw new InputError(uri + ": is a file, expected the folder it lies in, or a "
                        + CifarFormat.CIFAR_10.archive + " or " + CifarFormat.CIFAR_100.archive);
            }
            CifarFiles files = CifarFiles.Archive.of(place);
            return new Cifar(uri, only(uri, formatsAmong(files.names())), files);
        }
        CifarFiles.Folder here = CifarFiles.Folder.of(place);
        if (!formatsAmong(here.names()).isEmpty()) {
            return new Cifar(uri, only(uri, formatsAmong(here.names())), here);
        }
        CifarFormat format = only(uri, Arrays.stream(CifarFormat.values()).filter(f -> place.child(f.folder).isFolder()).toList());
        CifarFiles.Folder below = CifarFiles.Folder.of(place.child(format.folder));
        return new Cifar(uri, format, below);
    }

    public CifarFormat format() {
        return format;
    }

    /** @param examples the first so many training records, or {@link #ALL} */
    public ImageSet train(int examples) {
        return read("training", format.trainFiles, examples);
    }

    /** @param examples the first so many test records, or {@link #ALL} */
    public ImageSet test(int examples) {
        return read("test", format.testFiles, examples);
    }

    private static List<CifarFormat> formatsAmong(Set<String> names) {
        return Arrays.stream(CifarFormat.values())
                .filter(format -> names.containsAll(format.testFiles) || format.trainFiles.stream().anyMatch(names::contains))
                .toList();
    }

    private static CifarFormat only(String uri, List<CifarFormat> formats) {
        if (formats.isEmpty()) {
            String expected = Arrays.stream(CifarFormat.values())
                    .map(format -> format.title + " (" + format.trainFiles.get(0) + ", ..., " + format.testFiles.get(0) + ")")
                    .collect(Collectors.joining(" nor "));
            throw new InputError(uri + ": has the files of neither " + expected);
        }
        if (formats.size() > 1) {
            throw new InputError(uri + ": has both CIFAR-10 and CIFAR-100, name the folder of one of them");
        }
        return formats.get(0);
    }

    private ImageSet read(String part, List<String> wanted, int examples) {
        if (examples < 0) {
            throw new InputError(uri + ": cannot read " + examples + " records, ask for 1 or more, or for 0 to have all");
        }
        for (String name : wanted) {
            if (!files.names().contains(name)) {
                throw new InputError(
                        files.location(name) + ": missing; the " + part + " set of " + format + " is " + String.join(", ", wanted));
            }
        }
        wanted.forEach(this::refuseCutRecords);
        long available = wanted.stream().mapToLong(name -> files.sizes().get(name) / format.recordBytes()).sum();
        if (available < examples) {
            throw new InputError(uri + ": has " + available + " " + part + " records, fewer than the " + examples + " asked for");
        }
        requireRoom(part, examples == ALL ? available : examples);
        int records = Math.toIntExact(examples == ALL ? available : examples);
        List<CifarFiles.Content> contents = files.read(wanted, (long) records * format.recordBytes());
        byte[] pixels = new byte[Math.multiplyExact(records, ImageShape.CIFAR.size())];
        byte[] labels = new byte[records];
        int done = 0;
        for (CifarFiles.Content content : contents) {
            int here = Math.min(records - done, content.bytes().length / format.recordBytes());
            unpack(content, here, labels, pixels, done);
            done += here;
        }
        return new ImageSet(ImageShape.CIFAR, pixels, labels, classNames());
    }

    private void requireFile(String name) {
        if (files.sizes().get(name) == CifarFiles.NO_FILE) {
            throw new InputError(files.location(name) + ": is not a file, but a folder, FIFO, socket or device");
        }
    }

    private void refuseCutRecords(String name) {
        requireFile(name);
        long size = files.sizes().get(name);
        long over = size % format.recordBytes();
        if (over != 0 || size == 0) {
            throw new InputError(files.location(name) + ": ends at offset " + size + " after " + over + " of the " + format.recordBytes()
                    + " bytes of a " + format + " record that begins at offset " + (size - over)
                    + "; the file is cut, or of another layout");
        }
    }

    /** A sparse file of any size takes no room on a disk. The records are in memory twice: as they are read, and as images. */
    private void requireRoom(String part, long records) {
        long needed = records > MOST_RECORDS ? Long.MAX_VALUE : 2 * records * format.recordBytes();
        long room = Runtime.getRuntime().maxMemory() / 4 * 3;
        if (needed > room) {
            throw new InputError(uri + ": " + records + " " + part + " records "
                    + (needed == Long.MAX_VALUE ? "are more than the " + MOST_RECORDS + " that can be read"
                            : "need " + (needed >> 20) + " MiB of memory, and " + (room >> 20)
                                    + " MiB are there for them; ask for fewer, or raise MMARD_DRIVER_MEMORY"));
        }
    }

    private void unpack(CifarFiles.Content content, int records, byte[] labels, byte[] pixels, int first) {
        byte[] bytes = content.bytes();
        for (int record = 0; record < records; record++) {
            int at = record * format.recordBytes();
            for (int i = 0; i < format.labelBytes; i++) {
                int label = bytes[at + i] & 0xff;
                if (label >= format.classesOf(i)) {
                    throw new InputError(
                            content.location() + ": label " + label + " at offset " + (at + i) + " (record " + record + ") is not below "
                                    + format.classesOf(i) + "; the file is damaged, or of another layout");
                }
            }
            labels[first + record] = bytes[at + format.labelBytes - 1];
            System.arraycopy(bytes, at + format.labelBytes, pixels, (first + record) * ImageShape.CIFAR.size(), ImageShape.CIFAR.size());
        }
    }

    /** From the data set's own list; a data set without one has numbers for names. */
    private List<String> classNames() {
        if (!files.names().contains(format.namesFile)) {
            return IntStream.range(0, format.classes).mapToObj(Integer::toString).toList();
        }
        requireFile(format.namesFile);
        if (files.sizes().get(format.namesFile) > LONGEST_NAMES) {
            throw new InputError(files.location(format.namesFile) + ": has " + files.sizes().get(format.namesFile)
                    + " bytes; a list of class names has at most " + LONGEST_NAMES);
        }
        CifarFiles.Content content = files.read(List.of(format.namesFile), LONGEST_NAMES).get(0);
        List<String> names = new ArrayList<>(new String(content.bytes(), StandardCharsets.UTF_8).lines().map(String::strip).toList());
        names.removeIf(String::isEmpty);
        if (names.size() != format.classes) {
            throw new InputError(
                    content.location() + ": has " + names.size() + " class names, expected one line for each of " + format.classes);
        }
        names.stream().filter(name -> !Printable.isLine(name)).findFirst().ifPresent(name -> {
            throw new InputError(content.location() + ": class name " + name + " has characters that cannot be printed");
        });
        return names;
    }
}
