package org.mmard.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mmard.failure.InputError;

/**
 * What an {@code .npy} file says of its array before the values come, in format 1.0 to 3.0: C order, and a type that is known here.
 *
 * @param file as messages name it
 * @param type as NumPy writes it, such as {@code <f4}
 * @param element what that is
 * @param shape empty for a scalar
 * @param length bytes from the file's beginning to the first value
 */
record NpyHeader(String file, String type, Element element, int[] shape, int length) {
    static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    /** Magic, version and length of a header of format 1.0. */
    static final int PREFIX = 10;

    private static final Map<String, Element> ELEMENTS = Map.of(
            "<f4", new Element(4, ByteBuffer::getFloat), "<f8", new Element(8, ByteBuffer::getDouble),
            "<i4", new Element(4, ByteBuffer::getInt), "<i8", new Element(8, ByteBuffer::getLong),
            "|u1", new Element(1, bytes -> bytes.get() & 0xff));

    /** As NumPy itself has it. */
    private static final int LONGEST = 10_000;

    /**
     * A type of numbers.
     *
     * @param bytes of each
     * @param next takes one from a buffer in little-endian order
     */
    record Element(int bytes, ToDoubleFunction<ByteBuffer> next) {}

    /**
     * Reads it; the stream is left at the first value.
     *
     * @throws InputError naming the file, where it is cut short or is anything but such a header
     */
    static NpyHeader read(String file, InputStream in) throws IOException {
        byte[] prefix = in.readNBytes(PREFIX);
        if (prefix.length < PREFIX || !Arrays.equals(prefix, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new InputError(file + ": no .npy file");
        }
        boolean first = prefix[MAGIC.length] == 1;
        byte[] rest = first ? new byte[0] : in.readNBytes(2);
        int at = PREFIX + rest.length;
        ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).put(prefix, 8, 2).put(rest).rewind();
        int length = bytes.getInt();
        if (length > LONGEST) {
            throw new InputError(file + ": its header says " + length + " bytes, " + LONGEST + " are the most");
        }
        byte[] text = length > 0 ? in.readNBytes(length) : new byte[0];
        if (length <= 0 || text.length < length) {
            throw new InputError(file + ": ends within its header, at byte " + (at + text.length));
        }
        return of(file, new String(text, StandardCharsets.ISO_8859_1), at + length);
    }

    private static NpyHeader of(String file, String text, int length) {
        String type = entry(file, text, "'descr': *'([^']*)'");
        Element element = ELEMENTS.get(type);
        if (element == null) {
            throw new InputError(file + ": its type is none of <f4, <f8, <i4, <i8, |u1: " + text.strip());
        }
        if (!entry(file, text, "'fortran_order': *(\\w+)").equals("False")) {
            throw new InputError(file + ": is in Fortran order; save it in C order");
        }
        try {
            int[] shape = Arrays.stream(entry(file, text, "'shape': *\\(([^)]*)\\)").split(",")).map(String::trim)
                    .filter(size -> !size.isEmpty()).mapToInt(Integer::parseInt).toArray();
            int values = 1;
            for (int size : shape) {
                if (size < 0) {
                    throw new ArithmeticException("negative");
                }
                values = Math.multiplyExact(values, size);
            }
            Math.multiplyExact(values, element.bytes);
            return new NpyHeader(file, type, element, shape, length);
        } catch (NumberFormatException | ArithmeticException e) {
            throw new InputError(file + ": has an impossible shape: " + text.strip(), e);
        }
    }

    private static String entry(String file, String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        if (!matcher.find()) {
            throw new InputError(file + ": not understood: " + text.strip());
        }
        return matcher.group(1);
    }

    /** @throws InputError with both numbers, where so many bytes after the header are not what the shape needs */
    void requireBytes(long there) {
        int needed = Arrays.stream(shape).reduce(element.bytes, (a, b) -> a * b);
        if (there != needed) {
            throw new InputError(file + ": shape " + Arrays.toString(shape) + " needs " + needed + " bytes after the header, there are "
                    + there + "; copy it again");
        }
    }

    /** Bytes of what lies at one index of the first axis; of the value of a scalar. */
    int rowBytes() {
        return Arrays.stream(shape).skip(1).reduce(element.bytes, (a, b) -> a * b);
    }

    /** The values that these bytes are. */
    double[] values(ByteBuffer bytes) {
        double[] values = new double[bytes.remaining() / element.bytes];
        ByteBuffer ordered = bytes.order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < values.length; i++) {
            values[i] = element.next.applyAsDouble(ordered);
        }
        return values;
    }
}
