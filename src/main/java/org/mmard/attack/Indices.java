package org.mmard.attack;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Choosing some places of a batch, as finished examples leave it. */
final class Indices {
    private Indices() {}

    /** {@code values} at these rows, in their order. */
    static int[] of(int[] values, int[] rows) {
        return Arrays.stream(rows).map(row -> values[row]).toArray();
    }

    /** The rows of a batch of this size that are not in {@code rows}, rising. */
    static int[] without(int count, int[] rows) {
        boolean[] left = new boolean[count];
        Arrays.fill(left, true);
        for (int row : rows) {
            left[row] = false;
        }
        return where(left);
    }

    /** The rows where it is true, rising. */
    static int[] where(boolean[] holds) {
        return IntStream.range(0, holds.length).filter(row -> holds[row]).toArray();
    }
}
