package org.mmard.data;

import java.util.SplittableRandom;

/**
 * The source of all randomness: a stream is chosen by what it is for, the seed of the run, the epoch, and the id of a record (or of a
 * batch, a class, ...). Nothing depends on timing, on thread order or on which executor asks, so that a run resumes with the numbers it
 * would have drawn.
 *
 * <p>The four values are folded one by one through the 64-bit finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom
 * number generators", OOPSLA 2014, with Stafford's constants), each step a bijection of the state.
 * Neighbouring seeds, epochs and ids give unrelated streams.
 */
public final class RandomStreams {
    private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

    private RandomStreams() {}

    /** What a stream is for. The codes are part of every run's reproducibility: never renumber them. */
    public enum Purpose {
        /** Crop and flip of a training record. */
        AUGMENT(1),
        /** Start noise of an adversarial example in training. */
        ATTACK_START(2),
        /** Order of the training records in an epoch. */
        EPOCH_ORDER(3),
        /** Choice of the records held out for validation. */
        VALIDATION_SPLIT(4),
        /** The generated shapes images. */
        SHAPES(5),
        /** Start noise of an attack in validation or evaluation. */
        EVALUATION(6),
        /** Initial weights of a network. */
        INITIAL_WEIGHTS(7),
        /** Choice of the images that a report shows. */
        REPORT(8);

        private final long code;

        Purpose(long code) {
            this.code = code;
        }
    }

    /** The stream of (purpose, seed, epoch, id), from its beginning: the same four values always give the same numbers. */
    public static SplittableRandom stream(Purpose purpose, long seed, long epoch, long id) {
        long state = mix(purpose.code);
        state = mix(state ^ seed);
        state = mix(state ^ epoch);
        state = mix(state ^ id);
        return new SplittableRandom(state);
    }

    /** Permutes {@code values} in place, every order equally likely (Fisher and Yates). */
    public static void shuffle(int[] values, SplittableRandom stream) {
        for (int last = values.length - 1; last > 0; last--) {
            int other = stream.nextInt(last + 1);
            int value = values[last];
            values[last] = values[other];
            values[other] = value;
        }
    }

    private static long mix(long value) {
        long z = value + GOLDEN_GAMMA;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
