package org.mmard.attack;

import java.util.random.RandomGenerator;
import org.mmard.data.RandomStreams;

/**
 * Where an attack takes its random numbers from: a stream of its own for each example and run, so that no example's depend on another's.
 */
@FunctionalInterface
public interface RandomSource {
    /**
     * @param record id of the example
     * @param run which of the attack's runs over it: restarts and targets count through, from 0
     * @return the stream, from its beginning
     */
    RandomGenerator stream(int record, int run);

    /** The streams of an attack in an evaluation with this seed. */
    static RandomSource of(long seed, String attack) {
        // The attack's name and run stand where training has the epoch, so that no two attacks share their draws.
        return (record, run) -> RandomStreams.stream(RandomStreams.Purpose.EVALUATION, seed,
                (run == 0 ? attack : attack + "/" + run).hashCode(), record);
    }
}
