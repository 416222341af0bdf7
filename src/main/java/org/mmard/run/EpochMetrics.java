package org.mmard.run;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mmard.files.JsonFields;

/**
 * All that is known of one epoch: a line of {@code metrics.jsonl} (its keys: docs/training.md).
 *
 * @param epoch counted from 1
 * @param step steps done since the beginning of the run
 * @param learningRate of the epoch's last step; not a number where an older run did not write it
 * @param accuracy on the validation part, or null where this epoch was not validated
 * @param best whether this epoch was the best so far
 * @param time when the epoch ended
 */
public record EpochMetrics(int epoch, long step, EpochReport report, double learningRate, @Nullable ValidationAccuracy accuracy,
        boolean best,
        Instant time) {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** Seconds, and what a loss may be: far more than any run has, and far from where arithmetic ends. */
    private static final double LONGEST = 1e12;
    private static final double HIGHEST = 1e100;

    /**
     * The finished epochs of a run, in order; none where it has not finished one. Of a key that an older run did not write, a
     * count is 0, a real number is not a number, and anything else null or empty. (A training accuracy that it did not measure, it wrote
     * as 0.)
     *
     * @throws org.mmard.failure.InputError naming the file, the line that is not an epoch's, and its field
     */
    public static List<EpochMetrics> read(RunDirectory directory) {
        String file = directory.uri(RunDirectory.METRICS);
        return directory.<List<EpochMetrics>>lines(RunDirectory.METRICS, ArrayList::new, (epochs, line) -> epochs.add(of(
                JsonFields.of(file + ": line " + (epochs.size() + 1) + " is not that of an epoch", line),
                epochs.isEmpty() ? 0 : epochs.get(epochs.size() - 1).epoch)));
    }

    /** @param before the epoch of the line before, 0 where there is none */
    private static EpochMetrics of(JsonFields line, int before) {
        int epoch = line.count("epoch", before + 1, Integer.MAX_VALUE);
        EpochReport report = new EpochReport(real(line, "loss"), terms(line), share(line, "train_natural_accuracy"),
                share(line, "train_adversarial_accuracy"),
                counted(line, "images"), line.has("seconds") ? line.number("seconds", 0, LONGEST) : 0, counted(line, "skipped_steps"),
                executors(line));
        ValidationAccuracy accuracy = !line.has("clean_accuracy") ? null
                : new ValidationAccuracy(line.number("clean_accuracy", 0, 1), line.number("robust_accuracy", 0, 1),
                        line.has("validation_examples") ? line.count("validation_examples", 0, Integer.MAX_VALUE) : 0);
        boolean best = line.says("best") && line.flag("best");
        if (best && accuracy == null) {
            throw line.refusal("clean_accuracy", "the accuracy by which the epoch is the best");
        }
        return new EpochMetrics(epoch, counted(line, "step"), report,
                line.numberOrUnknown("learning_rate", 0, HIGHEST), accuracy, best, time(line));
    }

    private static Map<String, Double> terms(JsonFields line) {
        Map<String, Double> terms = new LinkedHashMap<>();
        if (line.says("losses")) {
            JsonFields losses = line.section("losses");
            losses.names().forEach(term -> terms.put(term, real(losses, term)));
        }
        return terms;
    }

    private static Map<String, ExecutorReport> executors(JsonFields line) {
        Map<String, ExecutorReport> reports = new LinkedHashMap<>();
        if (line.says("executors")) {
            JsonFields executors = line.section("executors");
            for (String id : executors.names()) {
                JsonFields said = executors.section(id);
                reports.put(id, new ExecutorReport(said.text("host"), said.has("device") ? said.text("device") : null,
                        counted(said, "minibatches"), counted(said, "images"), said.number("seconds", 0, LONGEST)));
            }
        }
        return reports;
    }

    private static Instant time(JsonFields line) {
        try {
            return Instant.parse(line.text("time"));
        } catch (DateTimeException e) {
            throw line.refusal("time", "a time such as 2026-01-02T03:04:05Z");
        }
    }

    private static double real(JsonFields line, String key) {
        return line.numberOrUnknown(key, -HIGHEST, HIGHEST);
    }

    private static double share(JsonFields line, String key) {
        return line.numberOrUnknown(key, 0, 1);
    }

    private static long counted(JsonFields line, String key) {
        return line.has(key) ? line.whole(key, 0, Long.MAX_VALUE / 1_000_000) : 0;
    }

    /** Training images per second of the epoch, validation not counted; not a number where its seconds are not known. */
    public double imagesPerSecond() {
        return report.seconds() > 0 ? report.images() / report.seconds() : Double.NaN;
    }

    String json() {
        ObjectNode line = JSON.createObjectNode();
        line.put("epoch", epoch).put("step", step).put("loss", known(report.loss()));
        ObjectNode losses = line.putObject("losses");
        report.terms().forEach((term, loss) -> losses.put(term, known(loss)));
        line.put("train_natural_accuracy", known(report.naturalAccuracy()));
        line.put("train_adversarial_accuracy", known(report.adversarialAccuracy()));
        line.put("clean_accuracy", accuracy == null ? null : (Double) accuracy.clean());
        line.put("robust_accuracy", accuracy == null ? null : (Double) accuracy.robust());
        line.put("validation_examples", accuracy == null ? null : (Integer) accuracy.examples());
        line.put("learning_rate", known(learningRate)).put("images", report.images()).put("images_per_second", known(imagesPerSecond()));
        line.put("seconds", report.seconds()).put("skipped_steps", report.skippedSteps());
        ObjectNode executors = line.putObject("executors");
        report.executors().forEach((id, executor) -> executors.putObject(id).put("host", executor.host()).put("device", executor.device())
                .put("minibatches", executor.minibatches()).put("images", executor.images()).put("seconds", executor.seconds()));
        line.put("best", best).put("time", time.toString());
        return line.toString();
    }

    /** Null where it was not measured. */
    private static @Nullable Double known(double value) {
        return Double.isFinite(value) ? (Double) value : null;
    }
}
