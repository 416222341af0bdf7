package org.mmard.train;

import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;

/**
 * Whoever can carry out epochs: a Spark cluster, or a fake in a test. The driver's copy of the student is the {@code ComputationGraph}
 * that the implementation was made with; each call leaves it holding the state after the epoch (parameters, running statistics, velocity).
 */
public interface Epochs extends AutoCloseable {
    /**
     * Trains epoch {@code epoch} (from 0) and returns what happened.
     *
     * @param progress told after each step anywhere in the cluster as news arrives: steps done in this epoch, of how many, running mean loss
     */
    Report train(int epoch, Progress progress);

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

    /** @param terms batch-weighted means; @param executors per executor id: minibatches, images, seconds */
    record Report(double loss, Map<String, Double> terms, double naturalAccuracy, double adversarialAccuracy, long images, double seconds, Map<String, ExecutorReport> executors) {}

    record ExecutorReport(String host, long minibatches, long images, double seconds) {}

    /** Fractions in [0, 1]. */
    record Accuracy(double clean, double robust, int examples) {}
}
