package org.mmard.data;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;
import org.mmard.files.JsonFields;
import org.mmard.files.RegularFile;
import org.mmard.files.Sha256;
import org.mmard.files.Storage;

/**
 * Images of any one shape as a folder: {@value #DESCRIPTION} says what they are, and {@value #TRAIN} and {@value #TEST} have the records. A
 * record is its label, two bytes, the lower first, and then the bytes of its planes. The description has {@code format} (1), {@code name},
 * {@code classes} (their names, in the order of the labels), {@code channels}, {@code height}, {@code width}, and for {@code train} and
 * {@code test} the number of {@code records} and the file's {@code sha256}, which is checked where the whole file is read.
 */
public final class ImagesFolder implements DataSource {
    static final String DESCRIPTION = "images.json";
    static final String TRAIN = "train-images.bin";
    static final String TEST = "test-images.bin";

    private static final int FORMAT = 1;
    private static final int LONGEST_DESCRIPTION = 1 << 20;
    private static final int LABEL_BYTES = 2;
    private static final int LONGEST_SIDE = 1024;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Storage folder;
    private final String title;
    private final ImageShape shape;
    private final List<String> classNames;
    private final Part train;
    private final Part test;

    /** @param sha256 of the whole file, in lower-case hexadecimal */
    private record Part(String file, long records, String sha256) {
        static Part of(String file, JsonFields fields) {
            String sha256 = fields.text("sha256");
            if (!sha256.matches("[0-9a-f]{64}")) {
                throw fields.refusal("sha256", "64 digits of lower-case hexadecimal");
            }
            return new Part(file, fields.whole("records", 1, Integer.MAX_VALUE), sha256);
        }
    }

    private ImagesFolder(Storage folder, JsonFields fields) {
        this.folder = folder;
        fields.count("format", FORMAT, FORMAT);
        title = Printable.line(fields.text("name"));
        classNames = List.copyOf(fields.texts("classes"));
        if (classNames.size() < 2 || classNames.size() > ImageSet.MOST_CLASSES || !classNames.stream().allMatch(Printable::isLine)) {
            throw fields.refusal("classes", "a list of 2 to " + ImageSet.MOST_CLASSES + " names that can be printed");
        }
        int channels = fields.count("channels", 1, 3);
        if (channels == 2) {
            throw fields.refusal("channels", "1 or 3");
        }
        shape = new ImageShape(channels, fields.count("height", 1, LONGEST_SIDE), fields.count("width", 1, LONGEST_SIDE));
        train = Part.of(TRAIN, fields.section("train"));
        test = Part.of(TEST, fields.section("test"));
    }

    /** @throws InputError where the description is missing, damaged, or of a later version */
    static ImagesFolder open(Storage folder) {
        Storage file = folder.child(DESCRIPTION);
        FileStatus status = file.status();
        if (status == null || !status.isFile()) {
            throw new InputError(file + ": is not a file");
        }
        if (status.getLen() > LONGEST_DESCRIPTION) {
            throw new InputError(file + ": has " + status.getLen() + " bytes; a description of images has at most " + LONGEST_DESCRIPTION);
        }
        try (InputStream in = RegularFile.open(file.files(), file.path())) {
            return new ImagesFolder(folder, JsonFields.of(file + ": no description of images", in.readNBytes(LONGEST_DESCRIPTION)));
        } catch (IOException e) {
            throw Storage.unreadable(file.toString(), e);
        }
    }

    @Override
    public String title() {
        return title;
    }

    @Override
    public ImageShape shape() {
        return shape;
    }

    @Override
    public List<String> classNames() {
        return classNames;
    }

    @Override
    public ImageSet train(int examples) {
        return read("training", train, examples);
    }

    @Override
    public ImageSet test(int examples) {
        return read("test", test, examples);
    }

    /** How many it has, such as {@code 73257 training and 26032 test images}. */
    public String records() {
        return train.records + " training and " + test.records + " test images";
    }

    private int recordBytes() {
        return LABEL_BYTES + shape.size();
    }

    private ImageSet read(String name, Part part, int examples) {
        Storage file = folder.child(part.file);
        requireSize(file, part);
        RecordMemory.requireAvailable(folder.toString(), name, part.records, examples);
        long wanted = examples == ALL ? part.records : examples;
        RecordMemory.require(folder.toString(), name, wanted, shape, recordBytes());
        int records = Math.toIntExact(wanted);
        byte[] pixels = new byte[records * shape.size()];
        byte[] labels = new byte[records];
        MessageDigest digest = Sha256.digest();
        try (InputStream in = new DigestInputStream(RegularFile.open(file.files(), file.path()), digest)) {
            byte[] record = new byte[recordBytes()];
            for (int i = 0; i < records; i++) {
                int read = in.readNBytes(record, 0, record.length);
                if (read < record.length) {
                    throw new InputError(file + ": ends at offset " + ((long) i * record.length + read) + " while its folder says it has "
                            + part.records * record.length + " bytes");
                }
                int label = (record[0] & 0xff) | ((record[1] & 0xff) << 8);
                if (label >= classNames.size()) {
                    throw new InputError(file + ": label " + label + " at offset " + (long) i * record.length + " (record " + i
                            + ") is not below " + classNames.size() + "; the file is damaged");
                }
                labels[i] = (byte) label;
                System.arraycopy(record, LABEL_BYTES, pixels, i * shape.size(), shape.size());
            }
        } catch (IOException e) {
            throw Storage.unreadable(file.toString(), e);
        }
        String found = Sha256.hex(digest);
        if (records == part.records && !found.equals(part.sha256)) {
            throw new InputError(file + ": damaged: its SHA-256 is " + found + ", " + DESCRIPTION + " says " + part.sha256
                    + "; import the data again");
        }
        return new ImageSet(shape, pixels, labels, classNames);
    }

    private void requireSize(Storage file, Part part) {
        FileStatus status = file.status();
        if (status == null) {
            throw new InputError(file + ": missing; import the data again");
        }
        if (!status.isFile()) {
            throw new InputError(file + ": is not a file");
        }
        long expected = part.records * recordBytes();
        if (status.getLen() != expected) {
            throw new InputError(file + ": has " + status.getLen() + " bytes, where " + part.records + " records of " + recordBytes()
                    + " bytes are " + expected + "; the file is cut, or of another data set");
        }
    }

    /**
     * Writes such a folder, whole or not at all.
     *
     * @return the folder written
     * @throws InputError where something is there already, which is left alone, or the records cannot be read or written
     */
    public static ImagesFolder write(String uri, Configuration hadoop, ImageRecords source) {
        Storage folder = Storage.at(uri, hadoop);
        if (folder.path().getParent() == null) {
            throw new InputError(uri + ": is the root of its filesystem, name a folder below it");
        }
        FileStatus there = folder.status();
        if (there != null && !(there.isDirectory() && CifarFiles.Folder.of(folder).names().isEmpty())) {
            throw new InputError(uri + ": is there already; choose another place, or remove it");
        }
        ImageShape shape = source.shape();
        ObjectNode description = JSON.createObjectNode().put("format", FORMAT).put("name", source.title());
        ArrayNode names = description.putArray("classes");
        source.classNames().forEach(names::add);
        description.put("channels", shape.channels()).put("height", shape.height()).put("width", shape.width());
        WholeFolder.write(folder, unfinished -> {
            description.set("train", writePart(unfinished.child(TRAIN), source, source::train));
            description.set("test", writePart(unfinished.child(TEST), source, source::test));
            try (OutputStream out = unfinished.child(DESCRIPTION).create()) {
                out.write(JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(description));
            }
        });
        return open(folder);
    }

    /** Hands on the records of one part. */
    private interface Records {
        void to(ImageRecords.Receiver receiver);
    }

    private static ObjectNode writePart(Storage file, ImageRecords source, Records records) throws IOException {
        MessageDigest digest = Sha256.digest();
        long[] written = {0};
        try (OutputStream out = new DigestOutputStream(file.create(), digest)) {
            records.to((label, pixels) -> {
                if (label < 0 || label >= source.classNames().size() || pixels.length != source.shape().size()) {
                    throw new IllegalArgumentException("a record of label " + label + " and " + pixels.length + " values");
                }
                try {
                    out.write(new byte[] {(byte) label, (byte) (label >> 8)});
                    out.write(pixels);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                written[0]++;
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        if (written[0] == 0) {
            throw new InputError(source.title() + ": one of its two parts has no images");
        }
        return JSON.createObjectNode().put("records", written[0]).put("sha256", Sha256.hex(digest));
    }
}
