package org.mmard.files;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.mmard.failure.InputError;

/**
 * An array of NumPy's {@code .npy} format (NEP 1): C order, little endian, 32- or 64-bit floats or integers, or unsigned
 * bytes. Written are 32-bit floats. {@link NpyFile} reads parts of one.
 *
 * @param values row by row; not copied
 * @param shape empty for a scalar
 */
public record Npy(double[] values, int[] shape) {
    /** Bytes of a file; an array that a fixture holds has a few millions. */
    private static final long LARGEST = 1L << 30;
    private static final int ALIGNMENT = 64;

    /** Makes the parts of an array that is written. */
    public interface Parts {
        /** @param values row by row, to be filled */
        void fill(int index, float[] values) throws IOException;
    }

    /**
     * Writes an array of 32-bit floats, one part after the other, in format 1.0.
     *
     * @param shape one axis or more; a part is what lies at one index of the first
     */
    public static void write(OutputStream out, int[] shape, Parts parts) throws IOException {
        out.write(header(shape));
        float[] values = new float[Arrays.stream(shape).skip(1).reduce(1, Math::multiplyExact)];
        ByteBuffer part = ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
        for (int index = 0; index < shape[0]; index++) {
            parts.fill(index, values);
            part.asFloatBuffer().put(values);
            out.write(part.array());
        }
    }

    /** It ends in a line feed at a multiple of 64 bytes. */
    private static byte[] header(int[] shape) {
        String axes = Arrays.stream(shape).mapToObj(Integer::toString).collect(Collectors.joining(", "));
        String text = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + axes + (shape.length == 1 ? "," : "") + "), }";
        int length = (NpyHeader.PREFIX + text.length() + ALIGNMENT) / ALIGNMENT * ALIGNMENT - NpyHeader.PREFIX;
        ByteBuffer header = ByteBuffer.allocate(NpyHeader.PREFIX + length).order(ByteOrder.LITTLE_ENDIAN);
        header.put(NpyHeader.MAGIC).put((byte) 1).put((byte) 0).putShort((short) length);
        header.put((text + " ".repeat(length - text.length() - 1) + "\n").getBytes(StandardCharsets.US_ASCII));
        return header.array();
    }

    /** @throws InputError naming the file, where it is absent, cut short or anything but such an array */
    public static Npy read(Path file) {
        try {
            if (Files.exists(file) && (!Files.isRegularFile(file) || Files.size(file) > LARGEST)) {
                throw new InputError(file + ": no file of up to " + (LARGEST >> 20) + " MiB");
            }
            byte[] content = Files.readAllBytes(file);
            NpyHeader header = NpyHeader.read(file.toString(), new ByteArrayInputStream(content));
            header.requireBytes(content.length - header.length());
            return new Npy(header.values(ByteBuffer.wrap(content).position(header.length())), header.shape());
        } catch (NoSuchFileException e) {
            throw new InputError(file + ": there is no such file", e);
        } catch (IOException e) {
            throw new InputError(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    public float[] floats() {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    public int[] ints() {
        return Arrays.stream(values).mapToInt(value -> (int) value).toArray();
    }
}
