package org.mmard.files;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.mmard.failure.InputError;

/**
 * An array of NumPy's {@code .npy} format (NEP 1): C order, little endian, 32- or 64-bit floats or integers. Written are 32-bit floats.
 *
 * @param values row by row; not copied
 * @param shape empty for a scalar
 */
public record Npy(double[] values, int[] shape) {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final Map<String, Type> TYPES = Map.of(
            "<f4", new Type(4, ByteBuffer::getFloat), "<f8", new Type(8, ByteBuffer::getDouble),
            "<i4", new Type(4, ByteBuffer::getInt), "<i8", new Type(8, ByteBuffer::getLong));

    /** Bytes of a file; an array that a fixture holds has a few millions. */
    private static final long LARGEST = 1L << 30;
    /** As NumPy itself has it. */
    private static final int LONGEST_HEADER = 10_000;
    /** Magic, version and length of a header of format 1.0. */
    private static final int PREFIX = 10;
    private static final int ALIGNMENT = 64;

    /** Makes the parts of an array that is written. */
    public interface Parts {
        /** @param values row by row, to be filled */
        void fill(int index, float[] values) throws IOException;
    }

    private record Type(int bytes, ToDoubleFunction<ByteBuffer> next) {}

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
        int length = (PREFIX + text.length() + ALIGNMENT) / ALIGNMENT * ALIGNMENT - PREFIX;
        ByteBuffer header = ByteBuffer.allocate(PREFIX + length).order(ByteOrder.LITTLE_ENDIAN);
        header.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) length);
        header.put((text + " ".repeat(length - text.length() - 1) + "\n").getBytes(StandardCharsets.US_ASCII));
        return header.array();
    }

    /** @throws InputError naming the file, where it is absent, cut short or anything but such an array */
    public static Npy read(Path file) {
        byte[] content;
        try {
            if (Files.exists(file) && (!Files.isRegularFile(file) || Files.size(file) > LARGEST)) {
                throw new InputError(file + ": no file of up to " + (LARGEST >> 20) + " MiB");
            }
            content = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new InputError(file + ": there is no such file", e);
        } catch (IOException e) {
            throw new InputError(file + ": cannot be read: " + e.getMessage(), e);
        }
        if (content.length < PREFIX || !Arrays.equals(content, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new InputError(file + ": no .npy file");
        }
        ByteBuffer bytes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        boolean first = bytes.get(MAGIC.length) == 1;
        int headerAt = first ? PREFIX : PREFIX + 2;
        int headerLength = first ? bytes.getShort(8) & 0xffff : content.length < headerAt ? 0 : bytes.getInt(8);
        if (headerLength <= 0 || headerLength > content.length - headerAt) {
            throw new InputError(file + ": ends within its header, at byte " + content.length);
        }
        if (headerLength > LONGEST_HEADER) {
            throw new InputError(file + ": its header says " + headerLength + " bytes, " + LONGEST_HEADER + " are the most");
        }
        return array(file, new String(content, headerAt, headerLength, StandardCharsets.ISO_8859_1),
                bytes.position(headerAt + headerLength));
    }

    private static Npy array(Path file, String header, ByteBuffer data) {
        Type type = TYPES.get(entry(file, header, "'descr': *'([^']*)'"));
        if (type == null) {
            throw new InputError(file + ": its type is none of <f4, <f8, <i4, <i8: " + header.strip());
        }
        if (!entry(file, header, "'fortran_order': *(\\w+)").equals("False")) {
            throw new InputError(file + ": is in Fortran order; save it in C order");
        }
        int[] shape;
        int length = 1;
        try {
            shape = Arrays.stream(entry(file, header, "'shape': *\\(([^)]*)\\)").split(",")).map(String::trim)
                    .filter(size -> !size.isEmpty())
                    .mapToInt(Integer::parseInt).toArray();
            for (int size : shape) {
                if (size < 0) {
                    throw new ArithmeticException("negative");
                }
                length = Math.multiplyExact(length, size);
            }
            Math.multiplyExact(length, type.bytes);
        } catch (NumberFormatException | ArithmeticException e) {
            throw new InputError(file + ": has an impossible shape: " + header.strip(), e);
        }
        if (data.remaining() != length * type.bytes) {
            throw new InputError(
                    file + ": shape " + Arrays.toString(shape) + " needs " + length * type.bytes + " bytes after the header, there are "
                            + data.remaining());
        }
        double[] values = new double[length];
        for (int i = 0; i < length; i++) {
            values[i] = type.next.applyAsDouble(data);
        }
        return new Npy(values, shape);
    }

    private static String entry(Path file, String header, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(header);
        if (!matcher.find()) {
            throw new InputError(file + ": not understood: " + header.strip());
        }
        return matcher.group(1);
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
