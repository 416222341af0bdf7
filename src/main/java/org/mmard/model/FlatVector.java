package org.mmard.model;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The memory of a flat float32 vector of ND4J. ND4J's own ways in and out go value by value or through a second array off the heap, which
 * only the garbage collector frees: too slow for millions of parameters in every epoch.
 */
public final class FlatVector {
    private FlatVector() {}

    /** Where the first value lies. ND4J's data buffer answers with its base address, whatever the view's offset. */
    public static long address(INDArray vector) {
        return vector.data().address() + (long) Float.BYTES * vector.offset();
    }

    /** Something done with a vector's memory, which must not be kept. */
    @FunctionalInterface
    public interface Use<E extends Exception> {
        /** @param bytes of all values, in the processor's order */
        void of(ByteBuffer bytes) throws E;
    }

    /**
     * Reads or writes a vector where it lies.
     *
     * @throws IllegalArgumentException where the values are not float32, or do not lie one after the other
     */
    public static <E extends Exception> void use(INDArray vector, Use<E> use) throws E {
        if (vector.dataType() != DataType.FLOAT || (vector.length() > 1 && vector.elementWiseStride() != 1)) {
            throw new IllegalArgumentException("no flat float32 vector: " + vector.shapeInfoToString());
        }
        try {
            use.of(new BytePointer(new Address(address(vector))).capacity(Float.BYTES * vector.length()).asByteBuffer()
                    .order(ByteOrder.nativeOrder()));
        } finally {
            // ND4J frees the memory of an array that nobody refers to, whoever reads it.
            Reference.reachabilityFence(vector);
        }
    }

    /** A copy of the values. */
    public static float[] values(INDArray vector) {
        float[] values = new float[Math.toIntExact(vector.length())];
        use(vector, bytes -> bytes.asFloatBuffer().get(values));
        return values;
    }

    /** Puts other values in the place of all of them. */
    public static void assign(INDArray vector, float[] values) {
        if (values.length != vector.length()) {
            throw new IllegalArgumentException(values.length + " values for a vector of " + vector.length());
        }
        use(vector, bytes -> bytes.asFloatBuffer().put(values));
    }

    /** A pointer to an address that somebody else owns. */
    private static final class Address extends Pointer {
        Address(long address) {
            this.address = address;
        }
    }
}
