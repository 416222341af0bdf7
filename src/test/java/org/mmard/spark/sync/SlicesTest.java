package org.mmard.spark.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SlicesTest {
    @ParameterizedTest
    @CsvSource({"11183562,2", "11183562,7", "1000,3", "2,5", "262144,1", "524288,2", "524290,2", "0,2"})
    void everyValueIsInOnePieceOfOneSlice(int length, int members) {
        Slices slices = new Slices(length, members);
        BitSet seen = new BitSet(length);
        for (int shard = 0; shard < members; shard++) {
            for (int piece = 0; piece < slices.pieces(); piece++) {
                int from = slices.from(shard, piece);
                int count = slices.values(shard, piece);
                assertTrue(count >= 0 && count <= Slices.PIECE, "piece " + piece + " of shard " + shard + " has " + count);
                assertEquals(count == 0 ? -1 : from, count == 0 ? -1 : seen.nextClearBit(0));
                seen.set(from, from + count);
            }
            assertTrue(slices.to(shard) - slices.from(shard) <= slices.longest());
        }
        assertEquals(length, seen.cardinality());
    }
}
