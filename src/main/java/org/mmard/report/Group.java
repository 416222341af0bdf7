package org.mmard.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.mmard.attack.Attacks;
import org.mmard.run.EpochMetrics;

/**
 * What a row of a comparison is about: runs that differ by nothing but their seed, one for each, or an evaluation without its run.
 *
 * @param label a name that no other group of the comparison has
 * @param inner, outer of its method; null where they are not known
 * @param teacher its name, where it is one of a grid's that are compared; else null
 * @param student architecture, or null
 * @param runs as far as they could be read
 * @param scores fractions by column, clean, the attacks and the mean of corruptions: one value per seed
 * @param failed how many of its seeds failed
 */
record Group(String label, @Nullable String inner, @Nullable String outer, @Nullable String teacher, @Nullable String student,
        List<RecordedRun> runs,
        Map<String, List<Double>> scores, int failed) {
    /** The place among the runs of one method and seed. */
    private static final String REPETITION = "repetition";
    /**
     * Where a run lies, how fast it is, how long it goes on, and which seed it has: none of it makes another method. Data and teacher are
     * compared by content.
     */
    private static final Set<String> NOT_METHOD =
            Set.of("run.seed", "run.directory", "data.uri", "teacher.model", "preset", "training.epochs");
    private static final Set<String> NOT_METHOD_SECTIONS = Set.of("cluster", "engine", "checkpoints");
    /** Of those sections, what changes the student none the less: how many learn together, and from what of one another. */
    private static final Set<String> METHOD = Set.of("cluster.executors", "cluster.synchronisation");

    /** One group for each method, in the order of the runs. A second run of the same seed is no second seed: it has a group of its own. */
    static List<Group> of(List<RecordedRun> runs) {
        Map<Map<String, String>, List<RecordedRun>> byMethod = new LinkedHashMap<>();
        for (RecordedRun run : runs) {
            Map<String, String> deciding = deciding(run);
            for (int n = 2; byMethod.getOrDefault(deciding, List.of()).stream().anyMatch(other -> seed(other) == seed(run)); n++) {
                deciding.put(REPETITION, Integer.toString(n));
            }
            byMethod.computeIfAbsent(deciding, key -> new ArrayList<>()).add(run);
        }
        boolean oneStudent = runs.stream().map(run -> run.settings().student().architecture()).distinct().count() == 1;
        Map<String, Long> shared = byMethod.values().stream()
                .collect(Collectors.groupingBy(group -> shortLabel(group.get(0), oneStudent), Collectors.counting()));
        List<Group> groups = new ArrayList<>();
        byMethod.forEach((settings, group) -> {
            RecordedRun first = group.get(0);
            String name = shortLabel(first, oneStudent);
            String label =
                    Objects.equals(shared.get(name), 1L) ? name : name + " (" + distinction(settings, byMethod.keySet(), first) + ")";
            groups.add(new Group(label, first.settings().method().inner(), first.settings().method().outer(), null,
                    first.settings().student().architecture(), group, scores(group), 0));
        });
        return groups;
    }

    /**
     * One group for each cell.
     *
     * @param runs by the URI of their directory, as far as they could be read
     */
    static List<Group> of(RecordedGrid grid, Map<String, RecordedRun> runs) {
        return grid.cells().stream().map(cell -> {
            Map<String, List<Double>> scores = new LinkedHashMap<>();
            cell.entries().forEach(entry -> entry.accuracies()
                    .forEach((column, value) -> scores.computeIfAbsent(column, key -> new ArrayList<>()).add(value)));
            List<RecordedRun> read =
                    cell.entries().stream().map(entry -> runs.get(grid.directory().uri(entry.folder()))).filter(Objects::nonNull).toList();
            return new Group(cell.label(), cell.inner(), cell.outer(), cell.teacher(),
                    read.isEmpty() ? null : read.get(0).settings().student().architecture(),
                    read, scores, (int) cell.entries().stream().filter(entry -> entry.failure() != null).count());
        }).toList();
    }

    static Group of(RecordedEvaluation evaluation) {
        Map<String, List<Double>> scores = new LinkedHashMap<>();
        put(scores, evaluation);
        String label = RunView.ending(evaluation.uri(), 2).replaceFirst("/" + RecordedEvaluation.FILE + "$", "");
        return new Group(label, null, null, null, evaluation.about().get("architecture"), List.of(), scores, 0);
    }

    private static Map<String, List<Double>> scores(List<RecordedRun> runs) {
        Map<String, List<Double>> scores = new LinkedHashMap<>();
        for (RecordedRun run : runs) {
            Map<String, List<Double>> own = new LinkedHashMap<>();
            run.evaluations().forEach(evaluation -> put(own, evaluation));
            // The first evaluation that knows a column speaks for the run.
            own.forEach((column, values) -> scores.computeIfAbsent(column, key -> new ArrayList<>()).add(values.get(0)));
            run.best().map(EpochMetrics::accuracy).ifPresent(accuracy -> {
                scores.computeIfAbsent(ComparisonView.VALIDATION_CLEAN, key -> new ArrayList<>()).add(accuracy.clean());
                scores.computeIfAbsent(ComparisonView.VALIDATION_ROBUST, key -> new ArrayList<>()).add(accuracy.robust());
            });
        }
        return scores;
    }

    private static void put(Map<String, List<Double>> scores, RecordedEvaluation evaluation) {
        scores.computeIfAbsent(evaluation.clean().name(), key -> new ArrayList<>()).add(evaluation.clean().accuracy());
        evaluation.attacks().forEach(attack -> scores.computeIfAbsent(attack.name() + elsewhere(evaluation), key -> new ArrayList<>())
                .add(attack.accuracy()));
        RecordedCorruptions corruptions = evaluation.corruptions();
        if (corruptions != null && corruptions.mean() != null) {
            scores.computeIfAbsent("mean of " + corruptions.scope(), key -> new ArrayList<>()).add(corruptions.mean());
        }
    }

    /** What a column says of a radius that is not the usual one: accuracies at two radii are not to be compared. */
    private static String elsewhere(RecordedEvaluation evaluation) {
        return evaluation.epsilon().stream().filter(epsilon -> Math.abs(epsilon - Attacks.EPSILON) > 1e-9)
                .mapToObj(epsilon -> " at " + RunView.radius(epsilon)).findFirst().orElse("");
    }

    private static String shortLabel(RecordedRun run, boolean oneStudent) {
        return oneStudent ? run.method() : run.method() + ", " + run.settings().student().architecture();
    }

    private static long seed(RecordedRun run) {
        return run.settings().run().seed();
    }

    private static Map<String, String> deciding(RecordedRun run) {
        Map<String, String> keys = new TreeMap<>(run.keys());
        keys.keySet().removeIf(
                key -> !METHOD.contains(key) && (NOT_METHOD.contains(key) || NOT_METHOD_SECTIONS.contains(key.replaceFirst("\\..*", ""))));
        keys.put("cluster.executors", run.executors());
        keys.put("data", run.provenance().data().sha256());
        keys.put("teacher", run.provenance().teacher() == null ? "none" : run.provenance().teacher().sha256());
        return keys;
    }

    /** The settings in which a group differs from another; its first run's name where they would be too many to read. */
    private static String distinction(Map<String, String> settings, Set<Map<String, String>> all, RecordedRun first) {
        Set<String> different = new TreeSet<>();
        for (Map<String, String> other : all) {
            Set<String> keys = new TreeSet<>(settings.keySet());
            keys.addAll(other.keySet());
            keys.stream().filter(key -> !String.valueOf(settings.get(key)).equals(String.valueOf(other.get(key)))).forEach(different::add);
        }
        boolean readable = different.size() <= 2 && Stream.of("data", "teacher", REPETITION).noneMatch(different::contains);
        return readable ? different.stream().map(key -> key.replaceFirst("^\\w+\\.", "") + " " + settings.get(key))
                .collect(Collectors.joining(", ")) : first.name();
    }

    static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    }

    /** Sample standard deviation (n - 1 in the denominator) of two values or more. */
    static double deviation(List<Double> values) {
        double mean = mean(values);
        return Math.sqrt(values.stream().mapToDouble(value -> (value - mean) * (value - mean)).sum() / (values.size() - 1));
    }
}
