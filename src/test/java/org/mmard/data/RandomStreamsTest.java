package org.mmard.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mmard.data.RandomStreams.Purpose;

class RandomStreamsTest {
    @Test
    void givesTheSameNumbersForTheSameFourValues() {
        assertArrayEquals(
                RandomStreams.stream(Purpose.AUGMENT, 1, 2, 3).longs(10).toArray(),
                RandomStreams.stream(Purpose.AUGMENT, 1, 2, 3).longs(10).toArray());
    }

    @Test
    void separatesPurposesSeedsEpochsAndIds() {
        Set<Long> firsts = new HashSet<>();
        for (Purpose purpose : Purpose.values()) {
            for (long seed = -3; seed < 3; seed++) {
                for (long epoch = 0; epoch < 6; epoch++) {
                    for (long id = 0; id < 20; id++) {
                        firsts.add(RandomStreams.stream(purpose, seed, epoch, id).nextLong());
                    }
                }
            }
        }
        assertEquals(Purpose.values().length * 6 * 6 * 20, firsts.size());
    }

    @Test
    void leavesNoTrendAcrossNeighbouringIds() {
        int n = 20_000;
        double[] values =
                IntStream.range(0, n).mapToDouble(id -> RandomStreams.stream(Purpose.ATTACK_START, 7, 0, id).nextDouble()).toArray();
        double mean = 0;
        double product = 0;
        for (int i = 0; i < n; i++) {
            mean += values[i] / n;
            product += (values[i] - 0.5) * (values[(i + 1) % n] - 0.5) / n;
        }
        // Standard errors: 0.002 for the mean, 0.0006 for the product.
        assertEquals(0.5, mean, 0.01);
        assertEquals(0, product, 0.003);
    }

    @Test
    void pinsTheStreamsThatEarlierRunsDrewFrom() {
        long[] firsts = {
            RandomStreams.stream(Purpose.AUGMENT, 0, 0, 0).nextLong(),
            RandomStreams.stream(Purpose.EVALUATION, 42, 17, 49_999).nextLong()
        };
        assertArrayEquals(new long[] {3786468572763441381L, 1627209668369970887L}, firsts);
    }

    @Test
    void shufflesIntoEveryOrderAlike() {
        int[] counts = new int[6];
        for (int id = 0; id < 6000; id++) {
            int[] values = {0, 1, 2};
            RandomStreams.shuffle(values, RandomStreams.stream(Purpose.EPOCH_ORDER, 5, 0, id));
            counts[values[0] * 2 + (values[1] > values[2] ? 1 : 0)]++;
        }
        for (int count : counts) {
            assertEquals(1000, count, 150);
        }
    }
}
