package org.mmard.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.mmard.config.GridSettings;

/**
 * What came out of a grid: a row per teacher that is compared, then a row per cell, or per cell and teacher, with mean and sample standard
 * deviation (n - 1 in the denominator; none for a single seed) over the seeds that have finished. Accuracies are fractions in CSV and JSON,
 * per cent in the text.
 *
 * @param columns {@code clean}, then the attacks
 */
public record GridTable(List<String> columns, List<Row> rows) {
    private static final String NONE = "-";
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    /**
     * @param cell null where the row is about the teacher itself
     * @param teacher its name; null where no teachers are compared, or the cell reads none
     * @param entries one per seed
     */
    public record Row(GridSettings.@Nullable Cell cell, @Nullable String teacher, List<Entry> entries) {
        String inner(String none) {
            return cell == null ? none : cell.inner();
        }

        String outer(String none) {
            return cell == null ? none : cell.outer();
        }

        List<Double> values(String column) {
            return entries.stream().filter(entry -> entry.score != null).map(entry -> entry.score.accuracies().get(column)).toList();
        }

        long finished() {
            return entries.stream().filter(entry -> entry.score != null).count();
        }

        long failed() {
            return entries.stream().filter(entry -> entry.failure != null).count();
        }
    }

    /**
     * @param score null where there is none, for the run failed or is still to come
     * @param failure why it failed, or null
     */
    public record Entry(long seed, String directory, GridScores.@Nullable Score score, @Nullable String failure) {}

    static @Nullable Double mean(List<Double> values) {
        return values.isEmpty() ? null : (Double) average(values);
    }

    static @Nullable Double deviation(List<Double> values) {
        return values.size() < 2 ? null : (Double) spread(values);
    }

    private static double average(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).sum() / values.size();
    }

    private static double spread(List<Double> values) {
        double mean = average(values);
        return Math.sqrt(values.stream().mapToDouble(value -> (value - mean) * (value - mean)).sum() / (values.size() - 1));
    }

    /**
     * The table for people: accuracies in per cent with two decimals, {@code -} where no seed has finished and in the place of what a row
     * does not have; lines end as the system's do.
     */
    public String text() {
        List<List<String>> lines = new ArrayList<>();
        List<String> titles = new ArrayList<>(withTeacher("inner", "outer", "teacher"));
        titles.add("seeds");
        titles.addAll(columns);
        lines.add(titles);
        for (Row row : rows) {
            List<String> line = new ArrayList<>(withTeacher(row.inner(NONE), row.outer(NONE), Objects.toString(row.teacher, NONE)));
            line.add(row.finished() == row.entries.size() ? Long.toString(row.finished()) : row.finished() + " of " + row.entries.size());
            columns.forEach(column -> line.add(percent(row.values(column))));
            if (row.failed() > 0) {
                line.add(row.failed() + " failed");
            }
            lines.add(line);
        }
        return aligned(lines, titles.size());
    }

    /** These, the last of them only where teachers are compared. */
    private List<String> withTeacher(String inner, String outer, String teacher) {
        return comparesTeachers() ? List.of(inner, outer, teacher) : List.of(inner, outer);
    }

    private boolean comparesTeachers() {
        return rows.stream().anyMatch(row -> row.teacher != null);
    }

    private static String percent(List<Double> values) {
        if (values.isEmpty()) {
            return NONE;
        }
        String mean = String.format(Locale.ROOT, "%.2f", 100 * average(values));
        return values.size() < 2 ? mean : String.format(Locale.ROOT, "%s +- %.2f", mean, 100 * spread(values));
    }

    private static String aligned(List<List<String>> lines, int columns) {
        StringBuilder text = new StringBuilder();
        for (List<String> line : lines) {
            StringBuilder aligned = new StringBuilder();
            for (int i = 0; i < line.size(); i++) {
                int column = i;
                int width = i < columns ? lines.stream().mapToInt(one -> one.get(column).length()).max().orElseThrow() : 0;
                aligned.append(String.format("%-" + (width + 3) + "s", line.get(i)));
            }
            text.append(aligned.toString().stripTrailing()).append(System.lineSeparator());
        }
        return text.toString();
    }

    /** One line per row; a field is empty where there is nothing to say. */
    public String csv() {
        StringBuilder csv = new StringBuilder(String.join(",", withTeacher("inner", "outer", "teacher"))).append(",seeds,failed");
        columns.forEach(column -> csv.append(',').append(column).append("_mean,").append(column).append("_sd"));
        csv.append('\n');
        for (Row row : rows) {
            csv.append(String.join(",", withTeacher(row.inner(""), row.outer(""), Objects.toString(row.teacher, "")))).append(',')
                    .append(row.finished()).append(',').append(row.failed());
            for (String column : columns) {
                csv.append(',').append(Objects.toString(mean(row.values(column)), "")).append(',')
                        .append(Objects.toString(deviation(row.values(column)), ""));
            }
            csv.append('\n');
        }
        return csv.toString();
    }

    /**
     * Every cell with its runs, and the teachers where they are compared.
     *
     * @param about what the evaluations have in common
     */
    public String json(Map<String, Object> about) {
        Map<String, Object> root = new LinkedHashMap<>(about);
        if (comparesTeachers()) {
            root.put("teachers", rows.stream().filter(row -> row.cell == null).map(GridTable::teacher).toList());
        }
        root.put("cells", rows.stream().filter(row -> row.cell != null).map(this::json).toList());
        try {
            return JSON.writeValueAsString(root) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private Map<String, Object> json(Row row) {
        Map<String, Object> cell = new LinkedHashMap<>();
        cell.put("inner", row.inner(""));
        cell.put("outer", row.outer(""));
        if (comparesTeachers()) {
            cell.put("teacher", row.teacher);
        }
        cell.put("seeds", row.finished());
        cell.put("failed", row.failed());
        Map<String, Object> means = new LinkedHashMap<>();
        Map<String, Object> deviations = new LinkedHashMap<>();
        columns.forEach(column -> means.put(column, mean(row.values(column))));
        columns.forEach(column -> deviations.put(column, deviation(row.values(column))));
        cell.put("mean", means);
        cell.put("sd", deviations);
        cell.put("runs", row.entries.stream().map(GridTable::json).toList());
        return cell;
    }

    private static Map<String, Object> teacher(Row row) {
        Map<String, Object> teacher = new LinkedHashMap<>();
        teacher.put("name", row.teacher);
        teacher.putAll(result(row.entries.get(0)));
        return teacher;
    }

    private static Map<String, Object> json(Entry entry) {
        Map<String, Object> run = new LinkedHashMap<>();
        run.put("seed", entry.seed);
        run.putAll(result(entry));
        return run;
    }

    private static Map<String, Object> result(Entry entry) {
        Map<String, Object> run = new LinkedHashMap<>();
        run.put("directory", entry.directory);
        run.put("epoch", entry.score == null ? null : entry.score.epoch());
        run.put("accuracy", entry.score == null ? null : entry.score.accuracies());
        run.put("failure", entry.failure);
        return run;
    }
}
