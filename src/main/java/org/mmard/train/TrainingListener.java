package org.mmard.train;

import org.mmard.run.EpochMetrics;

/**
 * Follows a training as it goes. Steps are told by other threads than the rest. What a listener throws ends the run, as any failure of the
 * driver does: checkpoints of finished epochs are kept.
 */
public interface TrainingListener extends StepListener {
    /** Follows nothing. */
    TrainingListener NONE = new TrainingListener() {};

    /** @param epoch counted from 1 */
    default void epochStarts(int epoch) {}

    @Override
    default void step(long done, long total, double loss) {}

    /** The epoch's steps are done, or its attempt has failed; what follows is validation and the checkpoint, or a restart. */
    default void stepsEnd() {}

    /** An epoch is finished and kept. */
    default void epochEnds(EpochMetrics metrics) {}

    /** A signal or a program has asked the run to stop: it ends after the current step. */
    default void stopping(String signal) {}

    /** Something that a person should read: a restart, a checkpoint that cannot be used. @param line one line */
    default void message(String line) {}
}
