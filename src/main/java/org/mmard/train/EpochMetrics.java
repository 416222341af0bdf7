package org.mmard.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;

/**
 * All that is known of one epoch: a line of {@code metrics.jsonl} (its keys: docs/training.md).
 *
 * @param epoch counted from 1
 * @param step steps done since the beginning of the run
 * @param learningRate of the epoch's last step
 * @param accuracy on the validation part, or null where this epoch was not validated
 * @param best whether this epoch was the best so far
 * @param time when the epoch ended
 */
public record EpochMetrics(int epoch, long step, Epochs.Report report, double learningRate, Epochs.Accuracy accuracy, boolean best, Instant time) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Training images per second of the epoch, validation not counted. */
    public double imagesPerSecond() {
        return report.seconds() > 0 ? report.images() / report.seconds() : 0;
    }

    String json() {
        ObjectNode line = JSON.createObjectNode();
        line.put("epoch", epoch).put("step", step).put("loss", report.loss());
        ObjectNode losses = line.putObject("losses");
        report.terms().forEach(losses::put);
        line.put("train_natural_accuracy", report.naturalAccuracy()).put("train_adversarial_accuracy", report.adversarialAccuracy());
        line.put("clean_accuracy", accuracy == null ? null : (Double) accuracy.clean());
        line.put("robust_accuracy", accuracy == null ? null : (Double) accuracy.robust());
        line.put("validation_examples", accuracy == null ? 0 : accuracy.examples());
        line.put("learning_rate", learningRate).put("images", report.images()).put("images_per_second", imagesPerSecond());
        line.put("seconds", report.seconds());
        ObjectNode executors = line.putObject("executors");
        report.executors().forEach((id, executor) -> executors.putObject(id).put("host", executor.host())
                .put("minibatches", executor.minibatches()).put("images", executor.images()).put("seconds", executor.seconds()));
        line.put("best", best).put("time", time.toString());
        return line.toString();
    }
}
