package org.mmard.run;

import java.util.Map;

/**
 * An epoch as its line of metrics tells it. Means and accuracies are over the images of the steps that were not skipped.
 *
 * @param terms of the loss by name
 * @param images of all steps
 * @param executors by id
 */
public record EpochReport(
        double loss, Map<String, Double> terms, double naturalAccuracy, double adversarialAccuracy, long images, double seconds,
        long skippedSteps, Map<String, ExecutorReport> executors) {}
