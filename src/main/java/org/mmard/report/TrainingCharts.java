package org.mmard.report;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.mmard.run.EpochMetrics;
import org.mmard.run.ExecutorReport;
import org.mmard.run.Provenance;

/** The charts of one run: small ones of one shape, each of one thing, over the same epochs. */
final class TrainingCharts {
    private static final int CLEAN = 0;
    private static final int ROBUST = 1;
    private static final int PLAIN = 2;
    private static final int MOST_SIGNS = 100;
    private static final int MOST_CURVES = Curve.STYLES;
    /** Above this ratio, a learning rate is drawn over powers of ten. */
    private static final double WIDE = 30;

    private final RecordedRun run;
    private final String id;
    private final List<LineChart.Event> events;
    private final List<LineChart> charts = new ArrayList<>();

    TrainingCharts(RecordedRun run, String id) {
        this.run = run;
        this.id = id;
        events = events(run);
        if (!run.epochs().isEmpty()) {
            draw();
        }
    }

    List<LineChart> charts() {
        return charts;
    }

    /** Every sign that stands on the charts. */
    List<Sign> keys() {
        Set<Sign> signs = EnumSet.noneOf(Sign.class);
        if (!charts.isEmpty()) {
            events.forEach(event -> signs.add(event.sign()));
            run.best().ifPresent(best -> signs.add(Sign.BEST));
        }
        return List.copyOf(signs);
    }

    /** The names of all terms of the loss that any epoch had. */
    static List<String> terms(RecordedRun run) {
        Set<String> terms = new LinkedHashSet<>();
        run.epochs().forEach(epoch -> terms.addAll(epoch.report().terms().keySet()));
        return terms.stream().limit(MOST_CURVES).toList();
    }

    private static List<LineChart.Event> events(RecordedRun run) {
        List<LineChart.Event> events = new ArrayList<>();
        List<Provenance.Start> starts = run.provenance().starts();
        for (int i = 1; i < starts.size(); i++) {
            Provenance.Start start = starts.get(i);
            boolean itself = start.reason() != null;
            String resized = run.provenance().resized(i).orElse(null);
            String after = (itself ? "Restarted" : "Resumed")
                    + (start.afterEpoch() == 0 ? " before the end of epoch 1" : " after epoch " + start.afterEpoch());
            events.add(new LineChart.Event(resized != null ? Sign.RESIZED : itself ? Sign.RESTART : Sign.RESUME, start.afterEpoch() + 0.5,
                    after + (resized == null ? "" : " with " + resized) + (itself ? ": " + start.reason() : "")));
        }
        int before = events.size();
        List<EpochMetrics> skipping = run.epochs().stream().filter(epoch -> epoch.report().skippedSteps() > 0).toList();
        // A chart has no place for more signs.
        int each = Math.max(1, (skipping.size() + MOST_SIGNS - 1) / MOST_SIGNS);
        for (int from = 0; from < skipping.size(); from += each) {
            List<EpochMetrics> some = skipping.subList(from, Math.min(skipping.size(), from + each));
            int first = some.get(0).epoch();
            int last = some.get(some.size() - 1).epoch();
            events.add(new LineChart.Event(Sign.SKIPPED, first,
                    RunView.plural(some.stream().mapToLong(epoch -> epoch.report().skippedSteps()).sum(), "step")
                            + " skipped in " + (first == last ? "epoch " + first : "epochs " + first + " to " + last)));
        }
        return events.subList(Math.max(0, before - MOST_SIGNS), events.size());
    }

    private void draw() {
        double best = run.best().map(epoch -> (double) epoch.epoch()).orElse(Double.NaN);
        List<Curve> validation = new ArrayList<>();
        curve(validation, "clean", CLEAN, best, epoch -> epoch.accuracy() == null ? Double.NaN : epoch.accuracy().clean());
        curve(validation, "robust", ROBUST, best, epoch -> epoch.accuracy() == null ? Double.NaN : epoch.accuracy().robust());
        run.best().map(EpochMetrics::accuracy).ifPresent(accuracy -> chart("Validation accuracy",
                RunView.plural(accuracy.examples(), "image") + ", pgd" + run.settings().validation().steps(),
                Quantity.SHARE, false, false, validation));
        List<Curve> training = new ArrayList<>();
        measured(training, "natural", CLEAN, epoch -> epoch.report().naturalAccuracy());
        measured(training, "attacked", ROBUST, epoch -> epoch.report().adversarialAccuracy());
        chart("Training accuracy", "while it learnt", Quantity.SHARE, false, false, training);
        single("Outer loss", null, Quantity.NUMBER, true, false, epoch -> epoch.report().loss());
        for (String term : terms(run)) {
            single(term, "before its weight", Quantity.NUMBER, true, false, epoch -> epoch.report().terms().getOrDefault(term, Double.NaN));
        }
        double least = run.epochs().stream().mapToDouble(EpochMetrics::learningRate).min().orElseThrow();
        double most = run.epochs().stream().mapToDouble(EpochMetrics::learningRate).max().orElseThrow();
        boolean powers = least > 0 && most / least > WIDE;
        single("Learning rate", powers ? "at the epoch's end, powers of ten" : "at the epoch's end", Quantity.NUMBER, !powers, powers,
                EpochMetrics::learningRate);
        List<Curve> speeds = new ArrayList<>();
        Set<String> executors = new LinkedHashSet<>();
        run.epochs().forEach(epoch -> executors.addAll(epoch.report().executors().keySet()));
        for (String executor : executors.stream().limit(MOST_CURVES).toList()) {
            curve(speeds, executor, PLAIN + speeds.size(), Double.NaN, epoch -> speed(epoch.report().executors().get(executor)));
        }
        chart("Images a second within steps", "of each executor", Quantity.NUMBER, true, false, speeds);
    }

    private static double speed(@Nullable ExecutorReport executor) {
        return executor == null || executor.seconds() <= 0 ? Double.NaN : executor.images() / executor.seconds();
    }

    private void single(String title, @Nullable String note, Quantity quantity, boolean fromZero, boolean logarithmic,
            ToDoubleFunction<EpochMetrics> value) {
        List<Curve> one = new ArrayList<>();
        curve(one, title, PLAIN, Double.NaN, value);
        chart(title, note, quantity, fromZero, logarithmic, one);
    }

    /** Adds a curve that is not 0 throughout: so older versions wrote what they did not measure. */
    private void measured(List<Curve> curves, String name, int style, ToDoubleFunction<EpochMetrics> share) {
        if (run.epochs().stream().anyMatch(epoch -> share.applyAsDouble(epoch) > 0)) {
            curve(curves, name, style, Double.NaN, share);
        }
    }

    /** Adds a curve of what is known: NaN is not. */
    private void curve(List<Curve> curves, String name, int style, double marked, ToDoubleFunction<EpochMetrics> value) {
        List<Curve.Point> points = run.epochs().stream().map(epoch -> new Curve.Point(epoch.epoch(), value.applyAsDouble(epoch)))
                .filter(point -> Double.isFinite(point.y())).toList();
        if (!points.isEmpty()) {
            curves.add(new Curve(name, style % Curve.STYLES, points, marked));
        }
    }

    private void chart(String title, @Nullable String note, Quantity quantity, boolean fromZero, boolean logarithmic, List<Curve> curves) {
        if (!curves.isEmpty()) {
            charts.add(LineChart.of(id + "-chart" + charts.size(),
                    new LineChart.Plan(title, note, quantity, fromZero, logarithmic, curves.size() > 1, List.of()),
                    curves, events, run.epochs().get(run.epochs().size() - 1).epoch()));
        }
    }
}
