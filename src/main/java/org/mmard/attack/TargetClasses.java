package org.mmard.attack;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.mmard.engine.Logits;

/** The classes that a targeted attack aims at. */
final class TargetClasses {
    private TargetClasses() {}

    /**
     * The class of each example's {@code rank}-th largest logit; of equal ones the first comes first.
     *
     * @param rank from 1, at most the number of classes
     */
    static int[] ranked(Logits logits, int rank) {
        return IntStream.range(0, logits.examples()).map(n -> {
            Comparator<Integer> largestFirst = Comparator.comparingDouble(c -> -logits.get(n, c));
            return IntStream.range(0, logits.classes()).boxed().sorted(largestFirst).skip(rank - 1L).findFirst().orElseThrow();
        }).toArray();
    }
}
