package org.mmard.train;

import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.run.EpochSums;
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
     * @param progress told after each step anywhere in the cluster as news arrives: steps done in this epoch, of how many, running mean
     *     loss
     */
    EpochSums train(int epoch, EpochSums before, Progress progress);

    /** Clean and PGD accuracy of a model on the validation part. */
    Accuracy validate(ComputationGraph model);

    /**
     * What a model's running statistics would be if they were those of epoch {@code epoch}'s training images, augmented but not attacked.
     *
     * @return means over its batches, in the order of {@link FlatRange#runningStatistics}
     */
    float[] runningStatistics(ComputationGraph model, int epoch);

    @Override
    void close();

    interface Progress {
        void step(long done, long total, double loss);
    }

    /**
     * An epoch as its line of metrics tells it. Means and accuracies are over the images of the steps that were not skipped.
     *
     * @param terms of the loss by name; @param images of all steps; @param executors by id
     */
    record Report(
            double loss, Map<String, Double> terms, double naturalAccuracy, double adversarialAccuracy, long images, double seconds,
            long skippedSteps,
            Map<String, ExecutorReport> executors) {}

    record ExecutorReport(String host, String device, long minibatches, long images, double seconds) {}

    /** Fractions in [0, 1]. */
    record Accuracy(double clean, double robust, int examples) {}
}
