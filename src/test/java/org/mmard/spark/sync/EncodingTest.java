package org.mmard.spark.sync;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EncodingTest {
    /** Not a whole number of blocks. */
    private static final int LENGTH = 1301;
    private static final int OFFSET = 3;

    private static float[] update(double size) {
        SplittableRandom random = new SplittableRandom(5);
        float[] values = new float[LENGTH];
        for (int i = 0; i < LENGTH; i++) {
            values[i] = (float) (random.nextGaussian() * size);
        }
        return values;
    }

    private static float[] decoded(Encoding encoding, float[] values, float[] unsent) {
        byte[] bytes = new byte[OFFSET + encoding.bytes(LENGTH)];
        encoding.encode(values, unsent, 0, LENGTH, bytes, OFFSET);
        float[] decoded = new float[LENGTH];
        encoding.decode(bytes, OFFSET, LENGTH, decoded);
        float[] added = new float[LENGTH];
        java.util.Arrays.fill(added, 1);
        encoding.add(bytes, OFFSET, LENGTH, added);
        for (int i = 0; i < LENGTH; i++) {
            assertEquals(1 + decoded[i], added[i], 1e-6f);
        }
        return decoded;
    }

    private static double norm(float[] values) {
        double squares = 0;
        for (float value : values) {
            squares += value * (double) value;
        }
        return Math.sqrt(squares);
    }

    @ParameterizedTest
    @EnumSource(Encoding.class)
    void whatIsSentAndWhatIsLeftMakeTheUpdateAndWhatWasLeftBefore(Encoding encoding) {
        float[] unsent = update(0.002);
        float[] before = unsent.clone();
        float[] values = update(0.01);
        float[] sent = decoded(encoding, values, unsent);
        for (int i = 0; i < LENGTH; i++) {
            assertEquals(values[i] + before[i], sent[i] + unsent[i], 1e-8f, "value " + i);
        }
    }

    @ParameterizedTest
    @EnumSource(value = Encoding.class, names = {"BFLOAT16", "INT8"})
    void theFirstUpdateIsLostByLessThanAHundredthAndNothingIsLostForEver(Encoding encoding) {
        float[] unsent = new float[LENGTH];
        float[] values = update(0.01);
        float[] sum = decoded(encoding, values, unsent);
        assertTrue(norm(unsent) > 0 && norm(unsent) < 0.01 * norm(values), norm(unsent) + " of " + norm(values));
        for (int round = 1; round < 20; round++) {
            float[] sent = decoded(encoding, values, unsent);
            for (int i = 0; i < LENGTH; i++) {
                sum[i] += sent[i];
            }
        }
        for (int i = 0; i < LENGTH; i++) {
            assertEquals(20 * values[i], sum[i] + unsent[i], 1e-6f);
        }
    }

    @Test
    void exactLeavesNothing() {
        float[] unsent = update(0.002);
        decoded(Encoding.EXACT, update(0.01), unsent);
        assertArrayEquals(new float[LENGTH], unsent);
        assertArrayEquals(update(0.01), decoded(Encoding.EXACT, update(0.01), null));
    }

    @Test
    void bfloat16RoundsToNearestEven() {
        float[] values = new float[LENGTH];
        values[0] = Float.intBitsToFloat(0x3F808000); // Halfway between two: the even one is below.
        values[1] = Float.intBitsToFloat(0x3F818000); // Halfway: above.
        values[2] = Float.intBitsToFloat(0xBF808001); // Just beyond halfway.
        float[] sent = decoded(Encoding.BFLOAT16, values, new float[LENGTH]);
        assertEquals(Float.intBitsToFloat(0x3F800000), sent[0]);
        assertEquals(Float.intBitsToFloat(0x3F820000), sent[1]);
        assertEquals(Float.intBitsToFloat(0xBF810000), sent[2]);
    }

    @Test
    void int8BringsEveryValueToWithinHalfAStepOfItsOwnBlock() {
        float[] values = update(0.01);
        values[700] = 5; // In the second block of 512.
        float[] unsent = new float[LENGTH];
        decoded(Encoding.INT8, values, unsent);
        for (int block = 0; block < LENGTH; block += 512) {
            float largest = 0;
            for (int i = block; i < Math.min(block + 512, LENGTH); i++) {
                largest = Math.max(largest, Math.abs(values[i]));
            }
            for (int i = block; i < Math.min(block + 512, LENGTH); i++) {
                assertTrue(Math.abs(unsent[i]) <= largest / 254 * 1.001f, "value " + i + ": " + unsent[i] + " left of " + values[i]);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Encoding.class)
    void zerosAndTheSmallestNumbersStayFinite(Encoding encoding) {
        float[] values = new float[LENGTH];
        values[5] = Float.MIN_VALUE;
        values[600] = Float.MIN_NORMAL;
        float[] unsent = new float[LENGTH];
        float[] sent = decoded(encoding, values, unsent);
        for (int i = 0; i < LENGTH; i++) {
            assertEquals(values[i], sent[i] + unsent[i]);
        }
    }

    @ParameterizedTest
    @EnumSource(Encoding.class)
    void aValueThatIsNoNumberArrivesAsNoneSoThatTheRunIsSeenToDiverge(Encoding encoding) {
        for (int bits : new int[] {0x7FC00000, 0x7FFFFFFF, 0x7F800001, 0xFFFFFFFF}) {
            float[] values = update(0.01);
            values[9] = Float.intBitsToFloat(bits);
            assertTrue(Float.isNaN(decoded(encoding, values, new float[LENGTH])[9]), Integer.toHexString(bits));
        }
    }
}
