package org.mmard.step;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class FlatRangeTest {
    private static final List<FlatRange> RANGES = List.of(new FlatRange(1, 3, 0), new FlatRange(4, 5, 2));

    @Test
    void rangesAreReadAndWrittenOneAfterTheOther() {
        INDArray flat = Nd4j.createFromArray(0f, 1f, 2f, 3f, 4f, 5f).reshape(1, 6);
        assertArrayEquals(new float[] {1, 2, 4}, FlatRange.values(flat, RANGES));
        FlatRange.assign(flat, RANGES, new float[] {-1, -2, -4});
        assertArrayEquals(new float[] {0, -1, -2, 3, -4, 5}, flat.toFloatVector());
    }

    @Test
    void theChecksumIsThatOfTheBitsOfTheRangesAlone() {
        INDArray flat = Nd4j.createFromArray(0f, 1.5f, -2f, 3f, Float.NaN, 5f);
        CRC32 expected = new CRC32();
        expected.update(ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN).putFloat(1.5f).putFloat(-2).putFloat(Float.NaN).flip());
        assertEquals(expected.getValue(), FlatRange.checksum(flat, RANGES));
        flat.putScalar(3, -3);
        assertEquals(expected.getValue(), FlatRange.checksum(flat, RANGES));
    }
}
