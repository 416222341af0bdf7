package org.mmard.train;

import java.util.Map;
import org.mmard.run.EpochMetrics;

/**
 * Follows a training as it goes. Steps are told by other threads than the rest. What a listener throws ends the run, as any failure of the
 * driver does: checkpoints of finished epochs are kept.
 */
public interface TrainingListener extends StepListener {
    /** Follows nothing. */
    TrainingListener NONE = new TrainingListener() {};

    /**
     * The executors are there, for the first time.
     *
     * @param master Spark's
     * @param devices where they compute, under {@code "device"}, and versions of what they compute with, by name
     */
    default void trainingStarts(String master, Map<String, String> devices) {}

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

    /**
     * A person should know: a checkpoint cannot be used, a lock is waited for.
     *
     * @param line one line
     */
    default void warning(String line) {}

    /**
     * The cluster has failed, and the run goes on from its newest checkpoint.
     *
     * @param line what happened, in one line
     */
    default void restarting(String line) {}

    /** This listener and then another. */
    default TrainingListener and(TrainingListener other) {
        return new Listeners(this, other);
    }
}
