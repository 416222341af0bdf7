package org.mmard.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.mmard.run.EpochMetrics;

/**
 * Several groups side by side.
 *
 * @param note about the figures
 * @param columns of the table
 * @param charts, lines the curves, and the groups that they stand for
 * @param against what the matrices are about
 * @param matrices inner objective against outer loss, or teacher against method, for each column; none where there are no two of both
 */
record ComparisonView(String note, List<String> columns, List<Row> rows, List<LineChart> charts, List<Line> lines,
        @Nullable String against, List<HeatTable> matrices) {
    static final String VALIDATION_CLEAN = "validation, clean";
    static final String VALIDATION_ROBUST = "validation, robust";
    /** More lines than these cannot be followed in one chart. */
    private static final int MOST_LINES = 7;
    private static final int MOST_NAMES = 3;

    /**
     * @param mark the letter that stands at its line, or null where it has none
     * @param style of that line
     * @param names of its runs, or null where they say no more
     */
    record Row(@Nullable String mark, int style, String label, @Nullable String names, String seeds, List<Cell> cells) {}

    /** @param best whether the highest of its column */
    record Cell(String text, boolean best) {}

    /**
     * @param mark what stands at the line's end
     * @param label what it is, or null where the mark says it
     */
    record Line(int style, String mark, @Nullable String label) {}

    static ComparisonView of(List<Group> groups, String id) {
        List<String> columns = columns(groups);
        Matrix matrix = Matrix.of(groups);
        Matrix facets = groups.size() > MOST_LINES ? matrix : null;
        boolean faceted = facets != null;
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < groups.size(); i++) {
            Group group = groups.get(i);
            List<Cell> cells = columns.stream().map(column -> cell(group, column, groups)).toList();
            rows.add(
                    new Row(faceted ? null : mark(i), i % Curve.STYLES, group.label(), faceted ? null : names(group), seeds(group), cells));
        }
        List<HeatTable> matrices = matrix == null ? List.of() : columns.stream().map(column -> matrix.table(column)).toList();
        List<Line> lines = faceted ? List.of()
                : IntStream.range(0, groups.size()).filter(i -> groups.get(i).runs().stream().anyMatch(run -> !run.epochs().isEmpty()))
                        .mapToObj(i -> new Line(i % Curve.STYLES, mark(i), groups.get(i).label())).toList();
        return new ComparisonView(note(groups), columns, rows, facets == null ? overlaid(groups, id) : facets(groups, facets, id), lines,
                matrix == null ? null : capital(matrix.row) + " against " + matrix.column, matrices);
    }

    private static List<String> columns(List<Group> groups) {
        Set<String> all = new LinkedHashSet<>();
        groups.forEach(group -> all.addAll(group.scores().keySet()));
        Set<String> validation = Set.of(VALIDATION_CLEAN, VALIDATION_ROBUST);
        List<String> measured = all.stream().filter(column -> !validation.contains(column)).toList();
        return measured.isEmpty() ? List.copyOf(all) : measured;
    }

    private static Cell cell(Group group, String column, List<Group> groups) {
        List<Double> values = group.scores().getOrDefault(column, List.of());
        OptionalDouble highest =
                groups.stream().mapToDouble(one -> Group.mean(one.scores().getOrDefault(column, List.of()))).filter(Double::isFinite).max();
        return new Cell(text(values), !values.isEmpty() && Group.mean(values) == highest.orElse(Double.NaN));
    }

    private static String text(List<Double> values) {
        if (values.isEmpty()) {
            return "";
        }
        String mean = String.format(Locale.ROOT, "%.1f", 100 * Group.mean(values));
        return values.size() < 2 ? mean : mean + String.format(Locale.ROOT, " ± %.1f", 100 * Group.deviation(values));
    }

    private static int knownSeeds(Group group) {
        return Math.max(group.runs().size(), group.scores().values().stream().mapToInt(List::size).max().orElse(0));
    }

    private static String seeds(Group group) {
        return knownSeeds(group) + (group.failed() > 0 ? ", " + group.failed() + " failed" : "");
    }

    private static @Nullable String names(Group group) {
        return group.runs().isEmpty() || group.runs().size() > MOST_NAMES ? null
                : group.runs().stream().map(RecordedRun::name).collect(Collectors.joining(", "));
    }

    private static String note(List<Group> groups) {
        Set<String> students = groups.stream().map(Group::student).filter(Objects::nonNull).collect(Collectors.toSet());
        boolean spread = groups.stream().anyMatch(group -> group.scores().values().stream().anyMatch(values -> values.size() > 1));
        Set<Integer> examples = groups.stream().flatMap(group -> group.runs().stream()).flatMap(run -> run.evaluations().stream())
                .map(RecordedEvaluation::examples).collect(Collectors.toSet());
        return (students.size() == 1 ? "Each student is a " + students.iterator().next() + ". " : "") + "In per cent"
                + (spread ? ": mean ± sample standard deviation over the seeds" : "")
                + ". The highest of each column is set in bold."
                + (examples.size() == 1 ? " Evaluated on " + examples.iterator().next() + " images."
                        : examples.size() > 1 ? " Not all were evaluated on the same number of images." : "")
                + (groups.stream().anyMatch(group -> knownSeeds(group) == 1)
                        ? " Differences between single runs are within noise, unless more seeds show otherwise." : "");
    }

    /** A, B, ..., Z, A2, B2, ... */
    private static String mark(int i) {
        return (char) ('A' + i % 26) + (i < 26 ? "" : Integer.toString(i / 26 + 1));
    }

    /** What can be seen of training, by the title of its chart. */
    private static Map<String, ToDoubleFunction<EpochMetrics>> measures(List<Group> groups) {
        Map<String, ToDoubleFunction<EpochMetrics>> measures = new LinkedHashMap<>();
        boolean validated = groups.stream().flatMap(group -> group.runs().stream()).anyMatch(run -> run.best().isPresent());
        if (validated) {
            measures.put("Robust validation accuracy", epoch -> epoch.accuracy() == null ? Double.NaN : epoch.accuracy().robust());
            measures.put("Clean validation accuracy", epoch -> epoch.accuracy() == null ? Double.NaN : epoch.accuracy().clean());
        } else {
            measures.put("Training accuracy, attacked", epoch -> epoch.report().adversarialAccuracy());
            measures.put("Training accuracy, natural", epoch -> epoch.report().naturalAccuracy());
        }
        return measures;
    }

    private static List<LineChart> overlaid(List<Group> groups, String id) {
        List<LineChart> charts = new ArrayList<>();
        measures(groups).forEach((title, value) -> chart(charts, id,
                new LineChart.Plan(title, null, Quantity.SHARE, false, false, true, List.of()), curves(groups, value)));
        chart(charts, id, new LineChart.Plan("Images a second, overall", null, Quantity.NUMBER, true, false, true, List.of()),
                curves(groups, EpochMetrics::imagesPerSecond));
        return charts;
    }

    private static List<Curve> curves(List<Group> groups, ToDoubleFunction<EpochMetrics> value) {
        return IntStream.range(0, groups.size()).mapToObj(i -> curve(groups.get(i), mark(i), i, value))
                .filter(curve -> !curve.points().isEmpty()).toList();
    }

    /** One chart for each row of the matrix, all on the same axes, with one line for each column. */
    private static List<LineChart> facets(List<Group> groups, Matrix matrix, String id) {
        List<LineChart> charts = new ArrayList<>();
        Map.Entry<String, ToDoubleFunction<EpochMetrics>> measure = measures(groups).entrySet().iterator().next();
        Map<List<String>, Curve> all = new LinkedHashMap<>();
        matrix.cells.forEach((names, group) -> all.put(names, curve(group, names.get(1), matrix.columns.indexOf(names.get(1)),
                measure.getValue())));
        all.values().removeIf(curve -> curve.points().isEmpty());
        for (String row : matrix.rows) {
            List<Curve> curves =
                    all.entrySet().stream().filter(names -> names.getKey().get(0).equals(row)).map(Map.Entry::getValue).toList();
            chart(charts, id,
                    new LineChart.Plan(capital(matrix.row) + " " + row, measure.getKey() + ", by " + matrix.column, Quantity.SHARE,
                            false, false, true, List.copyOf(all.values())),
                    curves);
        }
        return charts;
    }

    private static String capital(String words) {
        return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
    }

    private static void chart(List<LineChart> charts, String id, LineChart.Plan plan, List<Curve> curves) {
        if (!curves.isEmpty()) {
            int epochs = (int) curves.stream().flatMap(curve -> curve.points().stream()).mapToDouble(Curve.Point::x).max().orElseThrow();
            charts.add(LineChart.of(id + "-chart" + charts.size(), plan, curves, List.of(), epochs));
        }
    }

    /** The mean over a group's runs, and their spread. */
    private static Curve curve(Group group, String name, int style, ToDoubleFunction<EpochMetrics> value) {
        Map<Integer, List<Double>> byEpoch = new LinkedHashMap<>();
        group.runs().forEach(run -> run.epochs().forEach(epoch -> {
            double known = value.applyAsDouble(epoch);
            if (Double.isFinite(known)) {
                byEpoch.computeIfAbsent(epoch.epoch(), key -> new ArrayList<>()).add(known);
            }
        }));
        List<Curve.Point> points = byEpoch.entrySet().stream().sorted(Map.Entry.comparingByKey())
                .map(entry -> Curve.Point.of(entry.getKey(), entry.getValue())).toList();
        return new Curve(name, style % Curve.STYLES, points);
    }

    /**
     * Groups by two things in which they differ.
     *
     * @param row what the rows are: {@code inner objective}
     * @param column what the columns are: {@code outer loss}
     * @param cells by row and column, as far as there are groups
     */
    private record Matrix(String row, String column, List<String> rows, List<String> columns, Map<List<String>, Group> cells) {
        /** Teachers against methods, or inner objectives against outer losses; null where the groups differ in something else. */
        static @Nullable Matrix of(List<Group> groups) {
            if (groups.stream().anyMatch(group -> group.inner() == null)) {
                return null;
            }
            if (groups.stream().anyMatch(group -> group.teacher() != null)) {
                Matrix matrix = by("teacher", group -> Objects.requireNonNullElse(group.teacher(), "none"), "method",
                        group -> RecordedRun.method(String.valueOf(group.inner()), String.valueOf(group.outer())), groups);
                return matrix.cells.size() == groups.size() && matrix.rows.size() > 1 ? matrix : null;
            }
            Matrix matrix = by("inner objective", Group::inner, "outer loss", Group::outer, groups);
            // Methods whose inner and outer parts go together fill a diagonal, which is no matrix.
            return matrix.cells.size() == groups.size() && matrix.rows.size() > 1 && matrix.columns.size() > 1
                    && groups.size() > Math.max(matrix.rows.size(), matrix.columns.size()) ? matrix : null;
        }

        private static Matrix by(String row, Function<Group, String> rowOf, String column, Function<Group, String> columnOf,
                List<Group> groups) {
            Map<List<String>, Group> cells = new LinkedHashMap<>();
            groups.forEach(group -> cells.put(List.of(rowOf.apply(group), columnOf.apply(group)), group));
            return new Matrix(row, column, groups.stream().map(rowOf).distinct().toList(),
                    groups.stream().map(columnOf).distinct().toList(), cells);
        }

        /** The lightest cell is the column's lowest mean, the darkest its highest. */
        HeatTable table(String measure) {
            double[] means = cells.values().stream()
                    .mapToDouble(group -> Group.mean(group.scores().getOrDefault(measure, List.of()))).filter(Double::isFinite).toArray();
            double least = Arrays.stream(means).min().orElse(0);
            double most = Arrays.stream(means).max().orElse(0);
            List<HeatTable.Row> lines = rows.stream().map(one -> new HeatTable.Row(
                    one, columns.stream().map(other -> cell(one, other, measure, least, most)).toList())).toList();
            return new HeatTable(String.format(Locale.ROOT, "%s, from %.1f to %.1f %%", measure, 100 * least, 100 * most),
                    first(row) + " \\ " + first(column), columns, lines);
        }

        private static String first(String words) {
            return words.replaceFirst(" .*", "");
        }

        private HeatTable.Cell cell(String one, String other, String measure, double least, double most) {
            Group group = cells.get(List.of(one, other));
            List<Double> values = group == null ? List.of() : group.scores().getOrDefault(measure, List.of());
            if (values.isEmpty()) {
                return new HeatTable.Cell("–", null, "not measured", 0, false);
            }
            double mean = Group.mean(values);
            String spread = values.size() < 2 ? null : String.format(Locale.ROOT, "± %.1f", 100 * Group.deviation(values));
            return new HeatTable.Cell(String.format(Locale.ROOT, "%.1f", 100 * mean), spread,
                    row + " " + one + ", " + column + " " + other + ": " + Quantity.SHARE.exact(mean)
                            + " over " + RunView.plural(values.size(), "seed"),
                    most > least ? (mean - least) / (most - least) : 0, mean == most);
        }
    }
}
