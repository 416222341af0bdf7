package org.mmard.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mmard.data.CorruptedImages;
import org.mmard.files.JsonFields;

/**
 * Accuracy on corrupted images as {@code evaluation.json} has it.
 *
 * @param examples images of each severity
 * @param severities that were measured, from 1 to 5
 * @param mean accuracy over the benchmark's corruptions that were measured, in [0, 1]; null where none of them was
 * @param meanOver how many those are
 * @param corruptions in the order of the file
 */
public record RecordedCorruptions(int examples, List<Integer> severities, @Nullable Double mean, int meanOver,
        List<Corruption> corruptions) {
    /**
     * @param name as the benchmark calls it
     * @param inMean whether the mean takes it in
     * @param accuracy mean over the severities, in [0, 1]
     * @param accuracies by severity
     */
    public record Corruption(String name, boolean inMean, double accuracy, List<Double> accuracies) {}

    public RecordedCorruptions {
        severities = List.copyOf(severities);
        corruptions = List.copyOf(corruptions);
    }

    /** @param json the section of that file */
    static RecordedCorruptions of(JsonFields json) {
        List<Integer> severities = Arrays.stream(json.counts("severities", 1, CorruptedImages.SEVERITIES)).boxed().toList();
        JsonFields all = json.section("by_corruption");
        List<Corruption> corruptions = new ArrayList<>();
        for (String name : all.names()) {
            JsonFields one = all.section(name);
            List<Double> accuracies = one.numbers("accuracies", 0, 1);
            if (accuracies.size() != severities.size()) {
                throw one.refusal("accuracies", "a list of " + severities.size() + ", one for each severity,");
            }
            corruptions.add(new Corruption(name, one.flag("in_mean"), one.number("accuracy", 0, 1), accuracies));
        }
        return new RecordedCorruptions(json.count("examples", 1, Integer.MAX_VALUE), severities,
                json.has("mean_accuracy") ? (Double) json.number("mean_accuracy", 0, 1) : null,
                json.count("mean_over", 0, CorruptedImages.BENCHMARK.size()), corruptions);
    }

    /** What the mean is of, such as {@code 15 corruptions} or {@code 3 corruptions, severities 1, 5}. */
    public String scope() {
        String some = severities.size() < CorruptedImages.SEVERITIES
                ? ", " + (severities.size() == 1 ? "severity " : "severities ") + severities.toString().replaceAll("[\\[\\]]", "") : "";
        return RunView.plural(meanOver, "corruption") + some;
    }
}
