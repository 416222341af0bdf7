package org.mmard.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Collectors;

/** Folders laid out as CIFAR-10-C, of images that became noisy, and lighter or darker by the corruption's name and the channel. */
public final class CorruptedFixture {
    private CorruptedFixture() {}

    /** Writes {@code labels.npy} (64-bit integers) and a file for each of these corruptions, of the first {@code n} images. */
    public static Path write(Path folder, ImageSet images, int n, String... names) throws IOException {
        Files.createDirectories(folder);
        ByteBuffer labels = ByteBuffer.allocate(CorruptedImages.SEVERITIES * n * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < CorruptedImages.SEVERITIES * n; i++) {
            labels.putLong(images.label(i % n));
        }
        array(folder.resolve("labels.npy"), "<i8", new int[] {CorruptedImages.SEVERITIES * n}, labels.array());
        for (String name : names) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            for (int severity = 1; severity <= CorruptedImages.SEVERITIES; severity++) {
                for (int record = 0; record < n; record++) {
                    all.writeBytes(rows(images, name, severity, record));
                }
            }
            ImageShape shape = images.shape();
            array(folder.resolve(name + ".npy"), "|u1",
                    new int[] {CorruptedImages.SEVERITIES * n, shape.height(), shape.width(), shape.channels()}, all.toByteArray());
        }
        return folder;
    }

    /** A corrupted image in [0, 255], shape [height, width, channels]. */
    private static byte[] rows(ImageSet images, String name, int severity, int record) {
        ImageShape shape = images.shape();
        Random noise = new Random(name.hashCode() + 31L * severity + 1009L * record);
        byte[] rows = new byte[shape.size()];
        for (int i = 0; i < rows.length; i++) {
            int value = images.value(record, i % shape.channels() * shape.plane() + i / shape.channels());
            int shift = name.hashCode() / (1 + i % shape.channels()) % 40 * severity / 2;
            rows[i] = (byte) Math.max(0, Math.min(255, value + shift + Math.round(15 * severity * noise.nextGaussian())));
        }
        return rows;
    }

    /** The same in [0, 1], shape [channels, height, width]: what a network is to be asked about. */
    public static float[] planes(ImageSet images, String name, int severity, int record) {
        ImageShape shape = images.shape();
        byte[] rows = rows(images, name, severity, record);
        float[] planes = new float[shape.size()];
        for (int channel = 0; channel < shape.channels(); channel++) {
            for (int y = 0; y < shape.height(); y++) {
                for (int x = 0; x < shape.width(); x++) {
                    planes[(channel * shape.height() + y) * shape.width() + x] =
                            (rows[(y * shape.width() + x) * shape.channels() + channel] & 0xff) / 255f;
                }
            }
        }
        return planes;
    }

    /** An array as {@code numpy.save} writes it. */
    public static void array(Path file, String type, int[] shape, byte[] values) throws IOException {
        String axes = Arrays.stream(shape).mapToObj(Integer::toString).collect(Collectors.joining(", "));
        raw(file, "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + axes + (shape.length == 1 ? "," : "") + "), }", values);
    }

    /** One with any header. */
    public static void raw(Path file, String header, byte[] values) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0});
        out.writeBytes(String.format("%-117s\n", header).getBytes(StandardCharsets.ISO_8859_1));
        out.writeBytes(values);
        Files.write(file, out.toByteArray());
    }
}
