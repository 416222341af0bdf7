package org.mmard.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One evaluation on the page.
 *
 * @param title what it is of
 * @param about on what it was done, in a sentence
 * @param rows of the table of attacks
 * @param corruptions accuracy on corrupted images, by severity; null where there were none
 * @param strongest name of the attack that classes and confusion are about; null where there was none
 * @param classes the weakest class first; null where the file does not know them
 * @param confusion null likewise, and where there are too many classes for a table
 * @param mistakes the most frequent ones, in place of a table that would be too large; null otherwise
 */
record EvaluationView(String title, String about, List<Row> rows, List<String> warnings, @Nullable HeatTable corruptions,
        @Nullable String strongest, @Nullable List<ClassRow> classes, @Nullable HeatTable confusion, @Nullable List<Mistake> mistakes) {
    private static final int LARGEST_TABLE = 20;
    private static final int MOST_CLASSES = 30;
    private static final int MOST_MISTAKES = 20;

    /**
     * @param stage whether it is a part of the cascade that follows
     * @param share accuracy in per cent, for a bar
     * @param seconds null where nobody wrote it down
     */
    record Row(String attack, boolean stage, String accuracy, String share, String examples, String robust, @Nullable String seconds) {}

    /**
     * @param clean, robust in per cent, for the reader
     * @param cleanAt, robustAt for the style sheet
     * @param from, length of the line
     *     between them
     */
    record ClassRow(String name, int examples, String clean, String robust, String cleanAt, String robustAt, String from, String length) {}

    record Mistake(String label, String prediction, String share, int count) {}

    static EvaluationView of(RecordedEvaluation evaluation, String title) {
        List<Row> rows = new ArrayList<>();
        rows.add(row("no attack", false, evaluation.clean().accuracy(), evaluation.examples(), evaluation.examples(),
                evaluation.clean().seconds()));
        for (RecordedEvaluation.Result attack : evaluation.attacks()) {
            attack.stages().forEach(stage -> rows
                    .add(row(stage.attack(), true, stage.accuracy(), stage.attacked(), evaluation.examples(), stage.seconds())));
            rows.add(row(attack.name(), false, attack.accuracy(), evaluation.examples(), evaluation.examples(), attack.seconds()));
        }
        HeatTable corruptions = evaluation.corruptions() == null ? null : corruptions(evaluation.corruptions());
        RecordedEvaluation.Result strongest = evaluation.strongest().orElse(null);
        if (strongest == null || !evaluation.knowsClasses()) {
            return new EvaluationView(title, about(evaluation), rows, evaluation.warnings(), corruptions,
                    strongest == null ? null : strongest.name(), null, null, null);
        }
        boolean small = evaluation.classes().size() <= LARGEST_TABLE;
        int[][] confusion = evaluation.confusion(strongest);
        return new EvaluationView(title, about(evaluation), rows, evaluation.warnings(), corruptions, strongest.name(),
                classes(evaluation, strongest), small ? table(evaluation, confusion) : null,
                small ? null : mistakes(evaluation, confusion));
    }

    private static String about(RecordedEvaluation evaluation) {
        Map<String, String> about = evaluation.about();
        String of = evaluation.examples() + " " + Objects.requireNonNullElse(about.get("split"), "test") + " images";
        String radius = evaluation.epsilon().stream().mapToObj(epsilon -> ", L-infinity ball of radius " + RunView.radius(epsilon))
                .findFirst().orElse("");
        String seed = about.containsKey("seed") ? ", seed " + about.get("seed") : "";
        return of + radius + seed;
    }

    private static Row row(String name, boolean stage, double accuracy, int attacked, int examples, @Nullable Double seconds) {
        return new Row(name, stage, Quantity.SHARE.exact(accuracy), percent(accuracy), String.format(Locale.ROOT, "%,d", attacked),
                String.format(Locale.ROOT, "%,d", Math.round(accuracy * examples)),
                seconds == null ? null : String.format(Locale.ROOT, "%,.1f", seconds));
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f", 100 * share);
    }

    /** A row for each corruption, those of the mean first and the mean after them; the severities, and the mean over them. */
    private static HeatTable corruptions(RecordedCorruptions found) {
        List<String> columns = new ArrayList<>(found.severities().stream().map(String::valueOf).toList());
        columns.add("mean");
        List<RecordedCorruptions.Corruption> inMean =
                found.corruptions().stream().filter(RecordedCorruptions.Corruption::inMean).toList();
        List<RecordedCorruptions.Corruption> others = found.corruptions().stream().filter(one -> !one.inMean()).toList();
        String caption = String.format(Locale.ROOT, "Accuracy in per cent on %,d images of each severity", found.examples());
        List<HeatTable.Row> rows = new ArrayList<>(inMean.stream().map(one -> row(one, found, false)).toList());
        if (found.mean() != null && !inMean.isEmpty()) {
            List<Double> means = IntStream.range(0, found.severities().size())
                    .mapToObj(i -> inMean.stream().mapToDouble(one -> one.accuracies().get(i)).average().orElseThrow()).toList();
            String name = "mean of " + RunView.plural(found.meanOver(), "corruption");
            rows.add(row(new RecordedCorruptions.Corruption(name, true, found.mean(), means), found, true));
            caption += others.isEmpty() ? "" : "; rows below the mean are not in it";
        }
        others.forEach(one -> rows.add(row(one, found, false)));
        return new HeatTable(caption, "corruption \\ severity", columns, rows);
    }

    private static HeatTable.Row row(RecordedCorruptions.Corruption one, RecordedCorruptions found, boolean outlined) {
        List<HeatTable.Cell> cells = new ArrayList<>();
        for (double accuracy : one.accuracies()) {
            cells.add(accuracy(accuracy, one.name() + ", severity " + found.severities().get(cells.size()), outlined));
        }
        cells.add(accuracy(one.accuracy(), one.name() + ", mean over the severities", outlined));
        return new HeatTable.Row(one.name(), cells);
    }

    private static HeatTable.Cell accuracy(double share, String of, boolean outlined) {
        return new HeatTable.Cell(percent(share), null, of + ": " + Quantity.SHARE.exact(share), share, outlined);
    }

    private static List<ClassRow> classes(RecordedEvaluation evaluation, RecordedEvaluation.Result strongest) {
        record Tally(String name, int examples, double clean, double robust) {}

        List<Tally> tallies = new ArrayList<>();
        for (int c = 0; c < evaluation.classes().size(); c++) {
            int label = c;
            int[] examples = IntStream.range(0, evaluation.examples()).filter(i -> evaluation.labels()[i] == label).toArray();
            if (examples.length > 0) {
                tallies.add(new Tally(evaluation.classes().get(c), examples.length,
                        (double) IntStream.of(examples).filter(i -> evaluation.clean().correct()[i]).count() / examples.length,
                        (double) IntStream.of(examples).filter(i -> strongest.correct()[i]).count() / examples.length));
            }
        }
        return tallies.stream().sorted(Comparator.comparingDouble(Tally::robust).thenComparing(Tally::clean)).limit(MOST_CLASSES)
                .map(tally -> new ClassRow(tally.name, tally.examples, Quantity.SHARE.exact(tally.clean),
                        Quantity.SHARE.exact(tally.robust), percent(tally.clean),
                        percent(tally.robust), percent(Math.min(tally.clean, tally.robust)), percent(Math.abs(tally.clean - tally.robust))))
                .toList();
    }

    /** Each row sums to one: of this class, what share was taken for which. */
    private static HeatTable table(RecordedEvaluation evaluation, int[][] counts) {
        List<HeatTable.Row> rows = new ArrayList<>();
        for (int label = 0; label < counts.length; label++) {
            int all = IntStream.of(counts[label]).sum();
            List<HeatTable.Cell> cells = new ArrayList<>();
            for (int given = 0; given < counts.length; given++) {
                double share = all == 0 ? 0 : (double) counts[label][given] / all;
                cells.add(new HeatTable.Cell(counts[label][given] == 0 ? "" : String.format(Locale.ROOT, "%.0f", 100 * share), null,
                        counts[label][given] + " of " + all + " " + evaluation.classes().get(label) + " taken for "
                                + evaluation.classes().get(given),
                        share, label == given));
            }
            rows.add(new HeatTable.Row(evaluation.classes().get(label), cells));
        }
        return new HeatTable("Rows are the true classes, columns what their images are taken for, in per cent of the row", "class",
                evaluation.classes(), rows);
    }

    private static List<Mistake> mistakes(RecordedEvaluation evaluation, int[][] counts) {
        int classes = counts.length;
        return IntStream.range(0, classes * classes).filter(i -> i / classes != i % classes && counts[i / classes][i % classes] > 0).boxed()
                .sorted(Comparator.comparingInt((Integer i) -> -counts[i / classes][i % classes])).limit(MOST_MISTAKES)
                .map(i -> new Mistake(evaluation.classes().get(i / classes), evaluation.classes().get(i % classes),
                        Quantity.SHARE.exact((double) counts[i / classes][i % classes] / IntStream.of(counts[i / classes]).sum()),
                        counts[i / classes][i % classes]))
                .toList();
    }
}
