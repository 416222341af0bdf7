package org.mmard.run;

import java.util.Map;

/**
 * An epoch as its line of metrics tells it. Means and accuracies are over the images of the steps that were not skipped.
 *
 * @param loss not a number where it is not known: all steps were skipped
 * @param terms of the loss by name
 * @param naturalAccuracy, adversarialAccuracy of the student in train mode; not a number where the loss does not look at the one or the
 *     other
 * @param images of all steps
 * @param executors by id
 */
public record EpochReport(
        double loss, Map<String, Double> terms, double naturalAccuracy, double adversarialAccuracy, long images, double seconds,
        long skippedSteps, Map<String, ExecutorReport> executors) {}
