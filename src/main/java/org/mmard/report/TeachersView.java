package org.mmard.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.mmard.attack.Attacks;

/**
 * What students learn from teachers of different strength: the accuracy of each method's students over that of their teachers.
 *
 * @param grid its name
 * @param note about the charts
 * @param charts clean, then one for each attack
 * @param columns, rows the teachers themselves
 */
record TeachersView(String id, String grid, String note, List<LineChart> charts, List<String> columns, List<Row> rows) {
    /** @param values one for each column, empty where it was not measured */
    record Row(String name, List<String> values) {}

    /** Nothing where the grid compares no teachers, or none has been evaluated. */
    static Optional<TeachersView> of(RecordedGrid grid, String id) {
        Set<String> columns = new LinkedHashSet<>();
        grid.teachers().forEach(teacher -> columns.addAll(teacher.accuracies().keySet()));
        if (columns.isEmpty()) {
            return Optional.empty();
        }
        List<LineChart> charts = new ArrayList<>();
        for (String column : columns) {
            List<Curve> curves = curves(grid, column);
            if (!curves.isEmpty()) {
                String title = column.equals(Attacks.CLEAN) ? "Clean accuracy" : "Robust accuracy, " + column;
                charts.add(LineChart.overTeachers(id + "-chart" + charts.size(),
                        new LineChart.Plan(title, "student over teacher", Quantity.SHARE, false, false, true, List.of()), curves,
                        accuracy -> "teacher " + names(grid, column, accuracy) + " (" + Quantity.SHARE.exact(accuracy) + ")"));
            }
        }
        List<Row> rows = grid.teachers().stream().map(teacher -> new Row(teacher.name(), columns.stream()
                .map(column -> Quantity.SHARE.exact(teacher.accuracies().getOrDefault(column, Double.NaN))).toList())).toList();
        return Optional.of(new TeachersView(id, RunView.ending(grid.directory().uri(), 1), note(grid), charts, List.copyOf(columns), rows));
    }

    private static String note(RecordedGrid grid) {
        return "Each point is the mean over the seeds of the students that learnt from one teacher; the band runs from the lowest to the "
                + "highest seed. Both were evaluated on the same " + RunView.plural(grid.examples(), "image") + "."
                + (grid.cells().stream().anyMatch(cell -> cell.teacher() == null) ? " A method that reads no teacher is drawn level." : "");
    }

    private static String names(RecordedGrid grid, String column, double accuracy) {
        return grid.teachers().stream().filter(teacher -> Objects.equals(teacher.accuracies().get(column), accuracy))
                .map(RecordedGrid.Teacher::name).collect(Collectors.joining(", "));
    }

    /** One for each method that has been measured. */
    private static List<Curve> curves(RecordedGrid grid, String column) {
        Map<String, List<RecordedGrid.Cell>> byMethod = new LinkedHashMap<>();
        grid.cells().forEach(cell -> byMethod.computeIfAbsent(
                RecordedRun.method(cell.inner(), cell.outer()) + (cell.teacher() == null ? ", alone" : ""), key -> new ArrayList<>())
                .add(cell));
        List<Curve> curves = new ArrayList<>();
        int style = 0;
        for (Map.Entry<String, List<RecordedGrid.Cell>> method : byMethod.entrySet()) {
            List<Curve.Point> points = points(grid, column, method.getValue());
            if (!points.isEmpty()) {
                curves.add(new Curve(method.getKey(), style % Curve.STYLES, points));
            }
            style++;
        }
        return curves;
    }

    /** By the teacher's accuracy; whoever reads no teacher has the same over each. */
    private static List<Curve.Point> points(RecordedGrid grid, String column, List<RecordedGrid.Cell> cells) {
        List<Curve.Point> points = new ArrayList<>();
        for (RecordedGrid.Teacher teacher : grid.teachers()) {
            List<Double> students = cells.stream().filter(cell -> cell.teacher() == null || cell.teacher().equals(teacher.name()))
                    .flatMap(cell -> cell.entries().stream()).map(entry -> entry.accuracies().get(column)).filter(Objects::nonNull)
                    .toList();
            Double accuracy = teacher.accuracies().get(column);
            if (accuracy != null && !students.isEmpty()) {
                points.add(Curve.Point.of(accuracy, students));
            }
        }
        points.sort(Comparator.comparingDouble(Curve.Point::x));
        return points;
    }
}
