package org.mmard.attack;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import org.mmard.data.CorruptedImages;

/**
 * A model's accuracy on corrupted images (Hendrycks and Dietterich, arXiv 1903.12261): for each corruption the mean of its accuracies over
 * the severities, and over the benchmark's corruptions the mean of those, which is RobustBench's figure where all 15 are there with all
 * severities. Nobody attacks the images.
 *
 * @param data where they lie
 * @param examples images of each severity
 * @param severities that were measured, from 1 to 5, in order
 * @param rows one for each corruption: the benchmark's, then the others
 */
public record Corruptions(String data, int examples, List<Integer> severities, List<Row> rows) {
    private static final int WIDTH = CorruptedImages.BENCHMARK.stream().mapToInt(String::length).max().orElse(0);

    /**
     * One corruption.
     *
     * @param name as the benchmark calls it
     * @param benchmark whether the mean takes it in
     * @param bytes length of its file
     * @param found by severity
     */
    public record Row(String name, boolean benchmark, long bytes, List<Found> found) {
        /** Mean accuracy over the severities, in [0, 1]. */
        public double accuracy() {
            return found.stream().mapToDouble(Found::accuracy).average().orElseThrow();
        }

        /** Time spent, in seconds, summed over whoever worked at it. */
        public double seconds() {
            return found.stream().mapToDouble(Found::seconds).sum();
        }
    }

    /**
     * One severity of a corruption.
     *
     * @param accuracy share of its images that the model gets right, in [0, 1]
     * @param checksum of its labels and images: {@link org.mmard.data.ImageSet#checksum}
     * @param seconds spent, summed over whoever worked at it
     */
    public record Found(double accuracy, String checksum, double seconds) {}

    public Corruptions {
        severities = List.copyOf(severities);
        rows = List.copyOf(rows);
    }

    /** The benchmark's corruptions that were measured. */
    private List<Row> benchmark() {
        return rows.stream().filter(Row::benchmark).toList();
    }

    /** Mean accuracy over the benchmark's corruptions that were measured, in [0, 1]; nothing where none of them was. */
    public OptionalDouble mean() {
        return benchmark().stream().mapToDouble(Row::accuracy).average();
    }

    /** As {@code evaluation.json} has it. */
    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("data", data);
        json.put("examples", examples);
        json.put("severities", severities);
        json.put("mean_accuracy", mean().isPresent() ? mean().getAsDouble() : null);
        json.put("mean_over", benchmark().size());
        Map<String, Object> byName = new LinkedHashMap<>();
        rows.forEach(row -> byName.put(row.name, entry(row)));
        json.put("by_corruption", byName);
        return json;
    }

    private static Map<String, Object> entry(Row row) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("accuracy", row.accuracy());
        entry.put("accuracies", row.found.stream().map(Found::accuracy).toList());
        entry.put("in_mean", row.benchmark);
        entry.put("seconds", Evaluation.milliseconds(row.seconds()));
        entry.put("bytes", row.bytes);
        entry.put("data_sha256", row.found.stream().map(Found::checksum).toList());
        return entry;
    }

    /** A table: corruptions, their mean, then those that the mean leaves out, each with its accuracy at every severity in per cent. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(Evaluation.head(WIDTH, "corruption") + "  at severity "
                + severities.stream().map(String::valueOf).collect(Collectors.joining(", ")));
        benchmark().forEach(row -> lines.add(line(row)));
        int present = benchmark().size();
        String of = present < CorruptedImages.BENCHMARK.size() ? " of " + CorruptedImages.BENCHMARK.size() : "";
        mean().ifPresent(mean -> lines.add(Evaluation.row(WIDTH, "mean of " + present + of, mean, present * severities.size() * examples,
                benchmark().stream().mapToDouble(Row::seconds).sum())));
        List<Row> others = rows.stream().filter(row -> !row.benchmark).toList();
        if (!others.isEmpty()) {
            lines.add("not in the mean:");
            others.forEach(row -> lines.add(line(row)));
        }
        return lines;
    }

    private String line(Row row) {
        return Evaluation.row(WIDTH, row.name, row.accuracy(), severities.size() * examples, row.seconds()) + " "
                + row.found.stream().map(found -> String.format(Locale.ROOT, " %5.2f", 100 * found.accuracy)).collect(Collectors.joining());
    }
}
