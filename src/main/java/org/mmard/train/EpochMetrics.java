package org.mmard.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mmard.config.InputError;

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

    /**
     * The finished epochs of a run, in order; none where it has not finished one. A key that an older run did not write is 0 or null.
     *
     * @throws InputError naming the file and line that is not an epoch's
     */
    public static List<EpochMetrics> read(RunDirectory directory) {
        String text = directory.read(RunDirectory.METRICS).map(bytes -> new String(bytes, StandardCharsets.UTF_8)).orElse("");
        List<EpochMetrics> epochs = new ArrayList<>();
        for (String line : text.lines().toList()) {
            try {
                epochs.add(of(JSON.readTree(line)));
            } catch (JsonProcessingException | DateTimeException e) {
                throw new InputError(directory.uri(RunDirectory.METRICS) + ": line " + (epochs.size() + 1) + " is not that of an epoch", e);
            }
        }
        return epochs;
    }

    private static EpochMetrics of(JsonNode line) {
        Map<String, Double> terms = new LinkedHashMap<>();
        line.path("losses").fields().forEachRemaining(term -> terms.put(term.getKey(), term.getValue().asDouble()));
        Map<String, Epochs.ExecutorReport> executors = new LinkedHashMap<>();
        line.path("executors").fields().forEachRemaining(executor -> {
            JsonNode said = executor.getValue();
            executors.put(executor.getKey(), new Epochs.ExecutorReport(
                    said.path("host").asText(), said.path("device").asText(null), said.path("minibatches").asLong(), said.path("images").asLong(), said.path("seconds").asDouble()));
        });
        Epochs.Report report = new Epochs.Report(line.path("loss").asDouble(), terms, line.path("train_natural_accuracy").asDouble(),
                line.path("train_adversarial_accuracy").asDouble(), line.path("images").asLong(), line.path("seconds").asDouble(),
                line.path("skipped_steps").asLong(), executors);
        Epochs.Accuracy accuracy = line.path("clean_accuracy").isNumber() ? new Epochs.Accuracy(
                line.path("clean_accuracy").asDouble(), line.path("robust_accuracy").asDouble(), line.path("validation_examples").asInt()) : null;
        return new EpochMetrics(line.path("epoch").asInt(), line.path("step").asLong(), report, line.path("learning_rate").asDouble(), accuracy,
                line.path("best").asBoolean(), Instant.parse(line.path("time").asText()));
    }

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
        line.put("seconds", report.seconds()).put("skipped_steps", report.skippedSteps());
        ObjectNode executors = line.putObject("executors");
        report.executors().forEach((id, executor) -> executors.putObject(id).put("host", executor.host()).put("device", executor.device())
                .put("minibatches", executor.minibatches()).put("images", executor.images()).put("seconds", executor.seconds()));
        line.put("best", best).put("time", time.toString());
        return line.toString();
    }
}
