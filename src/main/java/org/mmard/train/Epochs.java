package org.mmard.train;

import java.util.Map;

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

    /** Clean and PGD accuracy of the driver's student on the validation part. */
    Accuracy validate(int epoch);

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
