package org.mmard.spark.sync;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How the values of an update are written down. What is lost in writing stays with the writer and joins its next update (error feedback:
 * Seide et al., "1-bit stochastic gradient descent and its application to data-parallel distributed training of speech DNNs", Interspeech
 * 2014): for values u and what was left unsent before, r,
 *
 * <pre>
 * sent = decode(encode(u + r)),   r &lt;- u + r - sent
 * </pre>
 */
public enum Encoding {
    /** float32, four bytes a value: nothing is lost. */
    EXACT {
        @Override
        int bytes(int values) {
            return 4 * values;
        }

        @Override
        void encode(float[] values, float @Nullable [] unsent, int from, int count, byte[] out, int at) {
            if (unsent == null) {
                for (int i = 0; i < count; i++) {
                    FLOAT.set(out, at + 4 * i, values[i]);
                }
                return;
            }
            for (int i = 0; i < count; i++) {
                FLOAT.set(out, at + 4 * i, values[i] + unsent[from + i]);
            }
            Arrays.fill(unsent, from, from + count, 0);
        }

        @Override
        void decode(byte[] in, int at, int count, float[] to) {
            for (int i = 0; i < count; i++) {
                to[i] = (float) FLOAT.get(in, at + 4 * i);
            }
        }

        @Override
        void add(byte[] in, int at, int count, float[] to) {
            for (int i = 0; i < count; i++) {
                to[i] += (float) FLOAT.get(in, at + 4 * i);
            }
        }
    },

    /** bfloat16, the upper half of a float32, rounded to nearest even: two bytes a value, at most 2^-8 of it lost. */
    BFLOAT16 {
        @Override
        int bytes(int values) {
            return 2 * values;
        }

        @Override
        void encode(float[] values, float @Nullable [] unsent, int from, int count, byte[] out, int at) {
            float[] rest = Objects.requireNonNull(unsent, LOSSY);
            for (int i = 0; i < count; i++) {
                float value = values[i] + rest[from + i];
                int bits = Float.floatToRawIntBits(value);
                // Rounding could make a number of a NaN.
                int rounded = Float.isNaN(value) ? NAN : bits + 0x7FFF + (bits >>> 16 & 1) & 0xFFFF0000;
                SHORT.set(out, at + 2 * i, (short) (rounded >>> 16));
                rest[from + i] = value - Float.intBitsToFloat(rounded);
            }
        }

        @Override
        void decode(byte[] in, int at, int count, float[] to) {
            for (int i = 0; i < count; i++) {
                to[i] = Float.intBitsToFloat((short) SHORT.get(in, at + 2 * i) << 16);
            }
        }

        @Override
        void add(byte[] in, int at, int count, float[] to) {
            for (int i = 0; i < count; i++) {
                to[i] += Float.intBitsToFloat((short) SHORT.get(in, at + 2 * i) << 16);
            }
        }
    },

    /**
     * Whole numbers from -127 to 127 times a scale, which each block of {@value #BLOCK} values has of its own: its largest value divided by
     * 127. A byte a value.
     */
    INT8 {
        @Override
        int bytes(int values) {
            return values + 4 * ((values + BLOCK - 1) / BLOCK);
        }

        @Override
        void encode(float[] values, float @Nullable [] unsent, int from, int count, byte[] out, int at) {
            float[] rest = Objects.requireNonNull(unsent, LOSSY);
            int to = at;
            for (int block = 0; block < count; block += BLOCK) {
                to = encodeBlock(values, block, Math.min(block + BLOCK, count), rest, from, out, to);
            }
        }

        @Override
        void decode(byte[] in, int at, int count, float[] to) {
            for (int block = 0; block < count; block += BLOCK) {
                float scale = (float) FLOAT.get(in, at);
                int end = Math.min(block + BLOCK, count);
                int offset = at + 4 - block;
                for (int i = block; i < end; i++) {
                    to[i] = in[offset + i] * scale;
                }
                at = offset + end;
            }
        }

        @Override
        void add(byte[] in, int at, int count, float[] to) {
            for (int block = 0; block < count; block += BLOCK) {
                float scale = (float) FLOAT.get(in, at);
                int end = Math.min(block + BLOCK, count);
                int offset = at + 4 - block;
                for (int i = block; i < end; i++) {
                    to[i] += in[offset + i] * scale;
                }
                at = offset + end;
            }
        }
    };

    private static final String LOSSY = "what this encoding leaves out has to stay somewhere";
    private static final int NAN = 0x7FC00000;
    private static final int BLOCK = 512;
    private static final int LARGEST = 127;
    /**
     * 1.5 * 2^23: a float of this size has no fraction, so that adding it rounds to nearest even, and the whole number stands in the lowest
     * bits.
     */
    private static final float ROUNDING = 12582912;
    /** Smaller values would make a scale too small for a float; they stay unsent. */
    private static final float LEAST = Float.MIN_NORMAL * (1 << 10);
    private static final VarHandle FLOAT = MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

    /** By the name that {@code cluster.encoding} gives it: in small letters. */
    public static Encoding named(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    /** Bytes that so many values take. */
    abstract int bytes(int values);

    /**
     * Writes down the first {@code count} values plus what was left unsent before, and leaves what is lost now.
     *
     * @param unsent from index {@code from}; null where there never is any, for {@link #EXACT} alone
     * @param at where to begin in
     *     {@code out}
     */
    abstract void encode(float[] values, float @Nullable [] unsent, int from, int count, byte[] out, int at);

    /** Puts what was written into the first {@code count} places of {@code to}. */
    abstract void decode(byte[] in, int at, int count, float[] to);

    /** Adds what was written to the first {@code count} values of {@code to}. */
    abstract void add(byte[] in, int at, int count, float[] to);

    private static int encodeBlock(float[] values, int block, int end, float[] unsent, int from, byte[] out, int at) {
        // Of numbers without their sign, the larger float has the larger bits: integers compare faster, and a NaN is the largest of all.
        int a = 0;
        int b = 0;
        int i = block;
        for (; i + 1 < end; i += 2) {
            a = Math.max(a, Float.floatToRawIntBits(unsent[from + i] += values[i]) & Integer.MAX_VALUE);
            b = Math.max(b, Float.floatToRawIntBits(unsent[from + i + 1] += values[i + 1]) & Integer.MAX_VALUE);
        }
        if (i < end) {
            a = Math.max(a, Float.floatToRawIntBits(unsent[from + i] += values[i]) & Integer.MAX_VALUE);
        }
        float largest = Float.intBitsToFloat(Math.max(a, b));
        float scale = largest < LEAST ? 0 : largest / LARGEST;
        float inverse = largest < LEAST ? 0 : LARGEST / largest;
        FLOAT.set(out, at, scale);
        int offset = at + 4 - block;
        for (int k = block; k < end; k++) {
            float value = unsent[from + k];
            float rounded = value * inverse + ROUNDING;
            out[offset + k] = (byte) Float.floatToRawIntBits(rounded);
            unsent[from + k] = value - (rounded - ROUNDING) * scale;
        }
        return offset + end;
    }
}
