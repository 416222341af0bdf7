package org.mmard.reference;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A float32 or int array of a {@code .npy} file, C order, little endian: what the reference vectors are stored as. */
public record Npy(double[] values, int[] shape) {
    private static final Pattern HEADER = Pattern.compile("'descr': *'([^']+)'.*'fortran_order': *False.*'shape': *\\(([^)]*)\\)");

    public static Npy read(Path file) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
            int headerAt = bytes.get(6) == 1 ? 10 : 12;
            int headerLength = bytes.get(6) == 1 ? bytes.getShort(8) & 0xffff : bytes.getInt(8);
            String header = new String(bytes.array(), headerAt, headerLength, StandardCharsets.ISO_8859_1);
            Matcher matcher = HEADER.matcher(header);
            if (!matcher.find()) {
                throw new IOException(file + ": header " + header);
            }
            int[] shape = Arrays.stream(matcher.group(2).split(",")).map(String::trim).filter(s -> !s.isEmpty()).mapToInt(Integer::parseInt).toArray();
            double[] values = new double[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
            bytes.position(headerAt + headerLength);
            for (int i = 0; i < values.length; i++) {
                values[i] = switch (matcher.group(1)) {
                    case "<f4" -> bytes.getFloat();
                    case "<f8" -> bytes.getDouble();
                    case "<i8" -> bytes.getLong();
                    case "<i4" -> bytes.getInt();
                    default -> throw new IOException(file + ": type " + matcher.group(1));
                };
            }
            return new Npy(values, shape);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
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
        return Arrays.stream(values).mapToInt(v -> (int) v).toArray();
    }
}
