package org.mmard.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** The fixture of the whole vocabulary (src/test/fixtures/make_fixtures.py), unpacked, to be broken in one place or another. */
record FixtureFolder(Path folder) {
    private static final ObjectMapper JSON = new ObjectMapper();

    static FixtureFolder unpackedInto(Path folder) {
        try (ZipInputStream zip = new ZipInputStream(resource())) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                Files.write(folder.resolve(entry.getName()), zip.readAllBytes());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new FixtureFolder(folder);
    }

    private static InputStream resource() {
        return FixtureFolder.class.getResourceAsStream("/org/mmard/verify/whole-vocabulary.zip");
    }

    Path array(String name) {
        return folder.resolve(name + ".npy");
    }

    ObjectNode manifest() {
        try {
            return (ObjectNode) JSON.readTree(folder.resolve("manifest.json").toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void manifest(Consumer<ObjectNode> change) {
        try {
            ObjectNode manifest = manifest();
            change.accept(manifest);
            JSON.writeValue(folder.resolve("manifest.json").toFile(), manifest);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Changes one method's entry. */
    void method(String name, Consumer<ObjectNode> change) {
        manifest(manifest -> change.accept((ObjectNode) manifest.get("methods").get(name)));
    }

    /** Deletes files of arrays and what the manifest says of them. */
    void drop(Predicate<String> arrays) {
        try (Stream<Path> files = Files.list(folder)) {
            List<String> dropped = files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".npy"))
                    .map(name -> name.substring(0, name.length() - 4)).filter(arrays).toList();
            for (String name : dropped) {
                Files.delete(array(name));
            }
            manifest(manifest -> ((ObjectNode) manifest.get("arrays")).remove(dropped));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Leaves one method and its attack. */
    void keepOnly(String method) {
        String attack = manifest().get("methods").get(method).get("attack").textValue();
        manifest(manifest -> ((ObjectNode) manifest.get("methods")).retain(method));
        drop(name -> !(name.startsWith(method + ".") || name.startsWith(attack + ".")
                || name.matches("(student|teacher)\\..*|x|labels|noise_.*")));
    }

    /** Writes an array of float zeros; {@code shape} as Python has it, such as (2, 1). */
    void zeros(String name, int numbers, String shape) {
        String header = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }\n";
        ByteBuffer buffer = ByteBuffer.allocate(10 + header.length() + 4 * numbers).order(ByteOrder.LITTLE_ENDIAN);
        buffer.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII)).put((byte) 1).put((byte) 0)
                .putShort((short) header.length());
        buffer.put(header.getBytes(StandardCharsets.US_ASCII));
        try {
            Files.write(array(name), buffer.array());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Adds to the last number of an array. */
    void add(String name, float change) {
        try {
            byte[] bytes = Files.readAllBytes(array(name));
            ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            buffer.putFloat(bytes.length - 4, buffer.getFloat(bytes.length - 4) + change);
            Files.write(array(name), bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
