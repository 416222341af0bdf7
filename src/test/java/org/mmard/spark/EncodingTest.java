package org.mmard.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class EncodingTest {
    private static float[] update(int length) {
        SplittableRandom random = new SplittableRandom(5);
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) (random.nextGaussian() * 0.01);
        }
        return values;
    }

    private static double leftOver(Encoding encoding) {
        INDArray vector = Nd4j.createFromArray(update(1003));
        double before = vector.norm2Number().doubleValue();
        encoding.encode(vector, false);
        return vector.norm2Number().doubleValue() / before;
    }

    @Test
    void whatIsSentAndWhatIsLeftMakeTheUpdate() {
        for (Encoding encoding : new Encoding[] {new Encoding(true, 1, 3), new Encoding(false, 0.005, 1)}) {
            INDArray vector = Nd4j.createFromArray(update(1003));
            byte[] bytes = encoding.encode(vector, false);
            Encoding.decode(bytes, vector);
            assertArrayEquals(update(1003), vector.toFloatVector(), 1e-7f);
        }
    }

    @Test
    void leavesNothingWhereExactnessIsAsked() {
        INDArray vector = Nd4j.createFromArray(update(1003));
        byte[] bytes = new Encoding(true, 1, 1).encode(vector, true);
        assertEquals(0, vector.norm2Number().doubleValue());
        INDArray decoded = Nd4j.zeros(1003);
        Encoding.decode(bytes, decoded);
        assertArrayEquals(update(1003), decoded.toFloatVector());
    }

    @Test
    void passesBringEveryValueInReachToWithinTheLastThreshold() {
        INDArray vector = Nd4j.createFromArray(update(1003));
        double rootMeanSquare = vector.norm2Number().doubleValue() / Math.sqrt(1003);
        new Encoding(true, 0.25, 5).encode(vector, false);
        assertTrue(vector.amaxNumber().doubleValue() <= 0.2501 * rootMeanSquare, vector.amaxNumber() + " of " + rootMeanSquare);
        assertTrue(leftOver(new Encoding(true, 0.25, 5)) < 0.2);
        assertTrue(leftOver(new Encoding(true, 0.25, 1)) > 0.7);
    }

    @Test
    void aRelativeThresholdFollowsTheSizeOfTheUpdate() {
        INDArray small = Nd4j.createFromArray(update(1003)).muli(1e-4);
        double before = small.norm2Number().doubleValue();
        new Encoding(true, 0.25, 5).encode(small, false);
        assertEquals(leftOver(new Encoding(true, 0.25, 5)), small.norm2Number().doubleValue() / before, 1e-3);
    }

    @Test
    void anUpdateOfZerosStaysOne() {
        INDArray zeros = Nd4j.zeros(40);
        Encoding.decode(new Encoding(true, 1, 2).encode(zeros, false), zeros);
        assertEquals(0, zeros.norm2Number().doubleValue());
    }
}
