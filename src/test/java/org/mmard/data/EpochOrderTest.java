package org.mmard.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EpochOrderTest {
    @Test
    void seesEveryRecordOnceAndKeepsTheShortBatch() {
        int[] records = IntStream.range(100, 123).toArray();
        EpochOrder order = new EpochOrder(records, 5, 1);
        int[][] batches = order.batches(0);
        assertEquals(5, order.batchesPerEpoch());
        assertEquals(5, batches.length);
        assertEquals(3, batches[4].length);
        assertArrayEquals(records, Arrays.stream(batches).flatMapToInt(IntStream::of).sorted().toArray());
    }

    @Test
    void isDecidedBySeedAndEpoch() {
        int[] records = IntStream.range(0, 50).toArray();
        int[][] batches = new EpochOrder(records, 10, 1).batches(3);
        assertArrayEquals(batches, new EpochOrder(records, 10, 1).batches(3));
        assertFalse(Arrays.deepEquals(batches, new EpochOrder(records, 10, 1).batches(4)));
        assertFalse(Arrays.deepEquals(batches, new EpochOrder(records, 10, 2).batches(3)));
    }
}
