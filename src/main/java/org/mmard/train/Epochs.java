package org.mmard.train;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.run.EpochSums;
import org.mmard.run.ValidationAccuracy;
import org.mmard.step.FlatRange;

/**
 * Whoever can carry out epochs: a Spark cluster, or a fake in a test. The driver's copy of the student is the {@code ComputationGraph}
 * that the implementation was made with; each call leaves it holding the state after the epoch (parameters, running statistics, velocity).
 */
public interface Epochs extends AutoCloseable {
    /**
     * Trains epoch {@code epoch} (from 0), or what an interruption left of it, and returns what happened. Fewer steps than the epoch has
     * mean that more of them were skipped than may be, or that the run is to stop.
     *
     * @param before what was done of this epoch earlier, {@link EpochSums#NONE} as a rule; what is returned includes it
     * @param listener told of steps anywhere in the cluster as news arrives ({@link StepListener#step})
     */
    EpochSums train(int epoch, EpochSums before, StepListener listener);

    /** Clean and PGD accuracy of a model on the validation part. */
    ValidationAccuracy validate(ComputationGraph model);

    /**
     * What a model's running statistics would be if they were those of epoch {@code epoch}'s training images, augmented but not attacked.
     *
     * @return means over its batches, in the order of {@link FlatRange#runningStatistics}
     */
    float[] runningStatistics(ComputationGraph model, int epoch);

    @Override
    void close();
}
