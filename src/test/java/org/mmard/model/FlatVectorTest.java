package org.mmard.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class FlatVectorTest {
    private final INDArray whole = Nd4j.createFromArray(0f, 1f, 2f, 3f, 4f, 5f);

    @Test
    void readsAndWritesAViewAtItsOwnPlace() {
        INDArray view = whole.get(NDArrayIndex.interval(2, 5));
        assertArrayEquals(new float[] {2, 3, 4}, FlatVector.values(view));
        FlatVector.use(view, bytes -> assertEquals(12, bytes.capacity()));
        FlatVector.assign(view, new float[] {-2, -3, -4});
        assertArrayEquals(new float[] {0, 1, -2, -3, -4, 5}, whole.toFloatVector());
        assertArrayEquals(new float[] {0, 1, -2, -3, -4, 5}, FlatVector.values(whole.reshape(1, 6)));
    }

    @Test
    void refusesWhatDoesNotLieInOneStretchOfFloats() {
        INDArray column = Nd4j.rand(DataType.FLOAT, 4, 3).getColumn(1);
        assertThrows(IllegalArgumentException.class, () -> FlatVector.values(column));
        assertThrows(IllegalArgumentException.class, () -> FlatVector.values(whole.castTo(DataType.DOUBLE)));
        assertThrows(IllegalArgumentException.class, () -> FlatVector.assign(whole, new float[5]));
    }
}
