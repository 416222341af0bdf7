package org.mmard.model;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import org.mmard.files.ZipEntries;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A row of float32 numbers as ND4J writes it. ND4J's own reader takes rank, shape, strides and length from the file as they come, and hands
 * them to native code; here they have to be those of a plain row that is all there, before any memory is taken for it.
 *
 * <pre>
 * text "MIXED_DATA_TYPES", 8 bytes: how many numbers describe the shape, text "LONG", and these: rank, sizes, strides, type, stride of
 * elements, order text "MIXED_DATA_TYPES", 8 bytes: how many elements, text "FLOAT", and these
 * </pre>
 */
final class StoredArray {
    private static final String MODE = "MIXED_DATA_TYPES";
    /** ND4J's bit for float32 among the options of a shape. */
    private static final long FLOAT = 1 << 13;
    /** So many have their bytes in one buffer. */
    private static final long MOST = Integer.MAX_VALUE / Float.BYTES;
    private static final int CHUNK = 1 << 16;

    private StoredArray() {}

    /**
     * @param bytes all that the entry has
     * @return shape [numbers]
     * @throws ZipEntries.BadContent with a message to follow the entry's name, where it is no such array or has a number that is not finite
     */
    static INDArray read(InputStream in, long bytes) throws IOException {
        DataInputStream data = new DataInputStream(in);
        long length = header(data, bytes);
        INDArray array = Nd4j.createUninitialized(DataType.FLOAT, length);
        FlatVector.use(array, memory -> fill(memory.asFloatBuffer(), data));
        return array;
    }

    private static void fill(FloatBuffer target, DataInputStream data) throws IOException {
        byte[] chunk = new byte[CHUNK];
        while (target.hasRemaining()) {
            int count = Math.min(CHUNK / Float.BYTES, target.remaining());
            data.readFully(chunk, 0, count * Float.BYTES);
            ByteBuffer numbers = ByteBuffer.wrap(chunk);
            for (int i = 0; i < count; i++) {
                float number = numbers.getFloat();
                if (!Float.isFinite(number)) {
                    throw bad("element " + target.position() + " is " + number);
                }
                target.put(number);
            }
        }
    }

    private static long header(DataInputStream in, long bytes) throws IOException {
        require(in.readUTF().equals(MODE), "its shape is in another form than " + MODE);
        long described = in.readLong();
        require((described == 6 || described == 8) && in.readUTF().equals("LONG"), "its shape is none of a row");
        long rank = in.readLong();
        require(described == 2 * rank + 4, "its shape is none of a row");
        require(rank == 1 || in.readLong() == 1, "has more than one row");
        long length = in.readLong();
        require(length > 0 && length <= MOST, "has " + length + " numbers");
        if (rank == 2) {
            long rows = in.readLong();
            require(rows == 1 || rows == length, "its strides leave it");
        }
        require(in.readLong() == 1, "its strides leave it");
        require((in.readLong() & FLOAT) != 0, "its numbers are not float32");
        require(in.readLong() == 1, "its strides leave it");
        long order = in.readLong();
        require(order == 'c' || order == 'f', "its order is neither c nor f");
        require(in.readUTF().equals(MODE), "its numbers are in another form than " + MODE);
        long stored = in.readLong();
        require(stored == length, "has a shape of " + length + " numbers over " + stored);
        String type = in.readUTF();
        require(type.equals("FLOAT"), "its numbers are not float32");
        // The texts above have 2 bytes of length each, the other numbers are those of the shape, and two counts.
        long header = 2 * (2L + MODE.length()) + 2 + "LONG".length() + 2 + "FLOAT".length() + Long.BYTES * (described + 2);
        require(bytes == header + Float.BYTES * length,
                "has a shape of " + length + " numbers, and is " + bytes + " bytes long instead of " + (header + Float.BYTES * length));
        return length;
    }

    private static void require(boolean right, String otherwise) throws IOException {
        if (!right) {
            throw bad("no array as ND4J stores it: " + otherwise);
        }
    }

    private static IOException bad(String what) {
        return new ZipEntries.BadContent(what, null);
    }
}
