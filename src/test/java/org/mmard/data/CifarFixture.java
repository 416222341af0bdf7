package org.mmard.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Small data sets in the official layouts: record r of the training set has label r mod classes and the value r mod 256 everywhere. */
final class CifarFixture {
    private CifarFixture() {}

    /** Five files of {@code perFile} training records, and {@code perFile} test records. */
    static Map<String, byte[]> cifar10(int perFile) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        for (int file = 0; file < 5; file++) {
            files.put("data_batch_" + (file + 1) + ".bin", records(CifarLayout.CIFAR_10, file * perFile, perFile));
        }
        files.put("test_batch.bin", records(CifarLayout.CIFAR_10, 100, perFile));
        files.put("batches.meta.txt", (String.join("\n", names(10)) + "\n\n").getBytes(StandardCharsets.UTF_8));
        return files;
    }

    static Map<String, byte[]> cifar100(int records) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        files.put("train.bin", records(CifarLayout.CIFAR_100, 0, records));
        files.put("test.bin", records(CifarLayout.CIFAR_100, 100, records));
        files.put("fine_label_names.txt", (String.join("\r\n", names(100)) + "\r\n").getBytes(StandardCharsets.UTF_8));
        return files;
    }

    static List<String> names(int classes) {
        return IntStream.range(0, classes).mapToObj(c -> "class-" + c).toList();
    }

    static byte[] records(CifarLayout format, int first, int count) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int r = first; r < first + count; r++) {
            if (format == CifarLayout.CIFAR_100) {
                out.write(r % 20);
            }
            out.write(r % format.classes);
            byte[] pixels = new byte[ImageShape.CIFAR.size()];
            Arrays.fill(pixels, (byte) r);
            out.write(pixels);
        }
        return out.toByteArray();
    }

    static void writeFolder(Path folder, Map<String, byte[]> files) throws IOException {
        Files.createDirectories(folder);
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Files.write(folder.resolve(file.getKey()), file.getValue());
        }
    }

    /**
     * A gzipped tar whose members lie in {@code folder}, in reverse order of their names, since the official archives' order is no order
     * either.
     */
    static byte[] archive(String folder, Map<String, byte[]> files) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream zipped = new GZIPOutputStream(bytes);
                TarArchiveOutputStream tar = new TarArchiveOutputStream(zipped)) {
            tar.putArchiveEntry(new TarArchiveEntry(folder + "/"));
            tar.closeArchiveEntry();
            for (Map.Entry<String, byte[]> file : new TreeMap<>(files).descendingMap().entrySet()) {
                TarArchiveEntry entry = new TarArchiveEntry(folder + "/" + file.getKey());
                entry.setSize(file.getValue().length);
                tar.putArchiveEntry(entry);
                tar.write(file.getValue());
                tar.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }
}
