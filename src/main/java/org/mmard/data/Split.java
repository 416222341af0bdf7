package org.mmard.data;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.mmard.failure.InputError;

/**
 * A training set cut in two disjoint parts: records to train on and records held out to select the best checkpoint.
 * Ids are those of the whole set, rising. Every class gives the same share of its records, to within one record.
 */
public record Split(int[] training, int[] validation) {

    /**
     * Holds out {@code validation} records of {@code set}, chosen by {@code seed} alone.
     *
     * @param validation from 0 to one less than the set's size
     * @throws InputError where nothing would be left to train on
     */
    public static Split of(ImageSet set, int validation, long seed) {
        if (validation < 0 || validation >= set.size()) {
            throw new InputError(
                    "validation.examples = " + validation + ": must be at least 0 and below the " + set.size() + " training records");
        }
        boolean[] heldOut = new boolean[set.size()];
        int chosen = 0;
        int seen = 0;
        for (int c = 0; c < set.classes(); c++) {
            int label = c;
            int[] members = IntStream.range(0, set.size()).filter(record -> set.label(record) == label).toArray();
            SplittableRandom stream = RandomStreams.stream(RandomStreams.Purpose.VALIDATION_SPLIT, seed, 0, c);
            RandomStreams.shuffle(members, stream);
            seen += members.length;
            // Rounding the running total, not each class, makes the shares add up to exactly the number asked for.
            int total = (int) ((long) validation * seen / set.size());
            for (int record : Arrays.copyOf(members, total - chosen)) {
                heldOut[record] = true;
            }
            chosen = total;
        }
        return new Split(
                IntStream.range(0, heldOut.length).filter(record -> !heldOut[record]).toArray(),
                IntStream.range(0, heldOut.length).filter(record -> heldOut[record]).toArray());
    }
}
