package org.mmard.report;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.descriptive.DescriptiveStatistics;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.InputError;

/**
 * How far the cells of a grid are from one of them, seed by seed: d_s = accuracy of the cell with seed s - accuracy of the other with seed
 * s, its mean over the n seeds that both have finished, and Student's 95 % confidence interval of it: mean +- t(0.975, n - 1) sd(d) /
 * sqrt(n).
 *
 * @param grid its name
 * @param against label of the cell that the others are compared with
 * @param columns clean, then the attacks
 * @param rows the others
 */
record DifferencesView(String id, String grid, String against, String note, List<String> columns, List<Row> rows) {
    private static final double LEVEL = 0.95;
    private static final String MINUS = "\u2212";

    record Row(String label, List<Cell> cells) {}

    /**
     * @param mean in percentage points, or empty where no seed has finished both
     * @param interval its ends; null for one seed
     * @param clear whether 0 is outside of it
     * @param at, from, width places on a line whose middle is 0, in per cent of it
     */
    record Cell(String mean, @Nullable String interval, boolean clear, String at, String from, String width) {}

    /** @param low, high ends of the interval; NaN for one seed */
    record Difference(double mean, double low, double high) {
        /** @param differences of one seed or more */
        static Difference of(double[] differences) {
            DescriptiveStatistics statistics = new DescriptiveStatistics(differences);
            double mean = statistics.getMean();
            int seeds = differences.length;
            if (seeds < 2) {
                return new Difference(mean, Double.NaN, Double.NaN);
            }
            double reach = new TDistribution(seeds - 1).inverseCumulativeProbability((1 + LEVEL) / 2) * statistics.getStandardDeviation()
                    / Math.sqrt(seeds);
            return new Difference(mean, mean - reach, mean + reach);
        }

        boolean isInterval() {
            return !Double.isNaN(low);
        }

        double farthest() {
            return DoubleStream.of(mean, low, high).filter(Double::isFinite).map(Math::abs).max().orElse(0);
        }
    }

    /**
     * Nothing where there is nothing to compare, or no two seeds to tell how far chance goes.
     *
     * @param against label of a cell, spaces left out or not; null for the first, or the first that reads no teacher
     *     where teachers are compared
     * @throws InputError where the grid has no such cell
     */
    static Optional<DifferencesView> of(RecordedGrid grid, @Nullable String against, String id) {
        RecordedGrid.Cell other = against == null
                ? grid.cells().stream().filter(cell -> cell.teacher() == null).findFirst().orElse(grid.cells().get(0))
                : grid.cells().stream().filter(cell -> plain(cell.label()).equals(plain(against))).findFirst()
                        .orElseThrow(
                                () -> new InputError("--against " + against + ": " + grid.directory().uri() + " has no such cell; give "
                                        + grid.cells().stream().map(cell -> '"' + cell.label() + '"').collect(Collectors.joining(", "))));
        Set<String> columns = new LinkedHashSet<>();
        grid.cells().stream().flatMap(cell -> cell.entries().stream()).forEach(entry -> columns.addAll(entry.accuracies().keySet()));
        Map<String, Double> reach = new TreeMap<>();
        List<Row> rows = new ArrayList<>();
        boolean several = false;
        for (String column : columns) {
            List<Difference> all = compared(grid, other).flatMap(cell -> difference(cell, other, column).stream()).toList();
            reach.put(column, all.stream().mapToDouble(Difference::farthest).max().orElse(0));
            several |= all.stream().anyMatch(Difference::isInterval);
        }
        if (!several) {
            return Optional.empty();
        }
        compared(grid, other).forEach(cell -> rows.add(new Row(cell.label(), columns.stream()
                .map(column -> difference(cell, other, column).map(found -> cell(found, reach.getOrDefault(column, 0.0)))
                        .orElse(new Cell("", null, false, "50", "50", "0")))
                .toList())));
        return Optional.of(new DifferencesView(id, RunView.ending(grid.directory().uri(), 1), other.label(), note(other),
                List.copyOf(columns), rows));
    }

    @SuppressWarnings("ReferenceEquality") // the very cell, not one of its values
    private static Stream<RecordedGrid.Cell> compared(RecordedGrid grid, RecordedGrid.Cell other) {
        return grid.cells().stream().filter(cell -> cell != other);
    }

    private static String plain(String label) {
        return label.replaceAll("\\s+", "");
    }

    private static Optional<Difference> difference(RecordedGrid.Cell cell, RecordedGrid.Cell other, String column) {
        Map<Long, Double> others = bySeed(other, column);
        double[] differences = bySeed(cell, column).entrySet().stream().flatMapToDouble(entry -> {
            Double value = others.get(entry.getKey());
            return value == null ? DoubleStream.empty() : DoubleStream.of(entry.getValue() - value);
        }).toArray();
        return differences.length == 0 ? Optional.empty() : Optional.of(Difference.of(differences));
    }

    private static Map<Long, Double> bySeed(RecordedGrid.Cell cell, String column) {
        Map<Long, Double> values = new TreeMap<>();
        cell.entries().forEach(entry -> {
            Double value = entry.accuracies().get(column);
            if (value != null) {
                values.put(entry.seed(), value);
            }
        });
        return values;
    }

    private static Cell cell(Difference found, double reach) {
        boolean interval = found.isInterval();
        double from = place(interval ? found.low : found.mean, reach);
        double to = place(interval ? found.high : found.mean, reach);
        return new Cell(points(found.mean), interval ? points(found.low) + " to " + points(found.high) : null,
                interval && (found.low > 0 || found.high < 0), share(place(found.mean, reach)), share(from), share(to - from));
    }

    private static double place(double difference, double reach) {
        return reach == 0 ? 50 : 50 + 50 * difference / reach;
    }

    private static String share(double place) {
        return String.format(Locale.ROOT, "%.1f", place);
    }

    private static String points(double share) {
        String text = String.format(Locale.ROOT, "%.1f", Math.abs(100 * share));
        return text.equals("0.0") ? text : (share < 0 ? MINUS : "+") + text;
    }

    private static String note(RecordedGrid.Cell other) {
        long most = other.entries().stream().filter(entry -> !entry.accuracies().isEmpty()).count();
        return "Percentage points above " + other.label() + " with the same seed: the mean over the seeds that both have finished ("
                + RunView.plural(most, "seed") + " at most), and Student's 95 % confidence interval, bold where 0 is outside of it. "
                + "It tells what other seeds would do, not other images. Of many intervals, one in twenty leaves out 0 by chance.";
    }
}
