package org.mmard.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EpochStartTest {
    @ParameterizedTest
    @CsvSource({"0, 4, 0, 0", "0, 4, 3, 0", "0, 4, 4, 4", "6, 4, 6, 6", "6, 4, 9, 6", "6, 4, 10, 10", "9, 1, 9, 9", "9, 1, 10, 10"})
    void roundsAreCountedFromTheFirstBatchThatIsLeft(int from, int shards, int batch, int round) {
        assertEquals(round, new EpochStart(0, from, shards, 0, false, new EpochTally(), null).roundOf(batch));
    }
}
