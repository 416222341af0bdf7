package org.mmard.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.lang3.StringUtils;
import org.jspecify.annotations.Nullable;
import org.mmard.config.Fraction;
import org.mmard.config.Settings;
import org.mmard.run.EpochMetrics;
import org.mmard.run.Provenance;

/**
 * One run on the page.
 *
 * @param id of its section
 * @param sentence what was trained
 * @param state how far it is; null where it is finished
 * @param tiles its main figures
 * @param facts what it was made of
 * @param charts none before the first epoch
 * @param keys the signs that stand on the charts
 * @param epochs the numbers behind the charts; null before the first epoch
 * @param earlier evaluations of a student that the run no longer has
 * @param contact null where there are no images, with the reason in {@code withoutImages} or, where nobody wanted any, null there too
 * @param origin what its bits depend on
 * @param starts every start of it
 * @param settings its run.conf
 */
record RunView(String id, String name, String sentence, @Nullable String state, List<Tile> tiles, List<Fact> facts, List<LineChart> charts,
        List<Sign> keys,
        @Nullable EpochTable epochs, List<EvaluationView> evaluations, List<EvaluationView> earlier, @Nullable ContactSheet contact,
        @Nullable String withoutImages,
        List<Fact> origin, List<StartRow> starts, String settings) {
    private static final int MOST_ROWS = 1000;
    private static final int MOST_STARTS = 200;

    record Tile(String name, String value, String note) {}

    record Fact(String name, String value) {}

    /** @param which epochs it has, in words */
    record EpochTable(String which, List<String> terms, List<EpochRow> rows) {}

    record EpochRow(int epoch, boolean best, List<String> values) {}

    record StartRow(String time, String after, String how, String host, String command, String commit) {}

    static RunView of(RecordedRun run, String id, @Nullable ContactSheet contact, @Nullable String withoutImages) {
        TrainingCharts charts = new TrainingCharts(run, id);
        List<EvaluationView> evaluations = run.evaluations().stream()
                .map(evaluation -> EvaluationView.of(evaluation, ending(evaluation.about().getOrDefault("model", "best.zip"), 1))).toList();
        List<EvaluationView> earlier =
                run.earlier().stream().map(evaluation -> EvaluationView.of(evaluation, "an earlier student")).toList();
        return new RunView(id, run.name(), sentence(run), state(run), tiles(run), facts(run), charts.charts(), charts.keys(), epochs(run),
                evaluations, earlier,
                contact, withoutImages, origin(run), starts(run), run.resolved().rendered().strip());
    }

    static String sentence(RecordedRun run) {
        Settings settings = run.settings();
        String teacher = run.provenance().teacher() == null ? "trained without a teacher"
                : "distilled from " + ending(run.provenance().teacher().uri(), 2);
        return settings.student().architecture() + ", " + teacher + " with " + run.method() + " on "
                + ending(run.provenance().data().uri(), 1);
    }

    private static @Nullable String state(RecordedRun run) {
        int asked = run.settings().training().epochs();
        int done = run.last().map(EpochMetrics::epoch).orElse(0);
        if (done == 0) {
            return "No epoch is finished yet.";
        }
        return run.finished() ? null : "After " + done + " of " + asked + " epochs: not finished.";
    }

    private static List<Tile> tiles(RecordedRun run) {
        List<Tile> tiles = new ArrayList<>();
        if (!run.evaluations().isEmpty()) {
            RecordedEvaluation evaluation = run.evaluations().get(0);
            String on = String.format(Locale.ROOT, "%,d test images", evaluation.examples());
            tiles.add(new Tile("clean accuracy", Quantity.SHARE.exact(evaluation.clean().accuracy()), on));
            evaluation.strongest().ifPresent(
                    attack -> tiles.add(new Tile("robust accuracy", Quantity.SHARE.exact(attack.accuracy()), "under " + attack.name())));
        } else {
            run.best().map(EpochMetrics::accuracy).ifPresent(best -> {
                String on = String.format(Locale.ROOT, "%,d validation images", best.examples());
                tiles.add(new Tile("clean accuracy", Quantity.SHARE.exact(best.clean()), on));
                tiles.add(new Tile("robust accuracy", Quantity.SHARE.exact(best.robust()),
                        "under pgd" + run.settings().validation().steps() + ", validation"));
            });
        }
        run.best().ifPresent(
                best -> tiles.add(new Tile("best epoch", Integer.toString(best.epoch()), "of " + run.epochs().size() + " finished")));
        if (!run.epochs().isEmpty()) {
            long images = run.epochs().stream().mapToLong(epoch -> epoch.report().images()).sum();
            tiles.add(new Tile("training time", duration(run.seconds()), String.format(Locale.ROOT, "%,d images", images)));
            tiles.add(new Tile("images a second, overall", Quantity.NUMBER.exact(Math.rint(images / Math.max(run.seconds(), 1e-9))), "over "
                    + plural(run.last().orElseThrow().report().executors().size(), "executor")));
        }
        return tiles;
    }

    private static List<Fact> facts(RecordedRun run) {
        Settings settings = run.settings();
        List<Fact> facts = new ArrayList<>();
        facts.add(new Fact("inner objective", settings.method().inner()));
        facts.add(new Fact("outer loss", settings.method().outer()));
        facts.add(new Fact("student", settings.student().architecture()));
        facts.add(new Fact("teacher", run.provenance().teacher() == null ? "none" : ending(run.provenance().teacher().uri(), 2)));
        facts.add(new Fact("data", ending(run.provenance().data().uri(), 1)
                + (settings.data().examples() > 0 ? String.format(Locale.ROOT, ", the first %,d images", settings.data().examples())
                        : "")));
        facts.add(new Fact("attack in training", plural(settings.attack().steps(), "step") + " of " + radius(settings.attack().stepSize())
                + " within " + radius(settings.attack().epsilon())));
        facts.add(new Fact("schedule", settings.training().epochs() + " epochs, batches of " + settings.training().batch() + " on each of "
                + run.executors() + (run.executors().equals("1") ? " executor" : " executors")));
        facts.add(new Fact("seed", Long.toString(settings.run().seed())));
        run.device().ifPresent(device -> facts.add(new Fact("device", device)));
        String commit = run.provenance().starts().isEmpty() ? null : run.provenance().starts().get(0).versions().get("commit");
        facts.add(new Fact("commit", commit == null ? "unknown" : commit.replaceFirst("^(\\p{XDigit}{12})\\p{XDigit}+", "$1")));
        return facts;
    }

    private static @Nullable EpochTable epochs(RecordedRun run) {
        if (run.epochs().isEmpty()) {
            return null;
        }
        List<String> terms = TrainingCharts.terms(run);
        List<String> titles = new ArrayList<>(List.of("loss"));
        titles.addAll(terms);
        titles.addAll(List.of("train, natural", "train, attacked", "validation, clean", "validation, robust", "learning rate",
                "images/s, overall", "seconds"));
        List<EpochRow> rows = new ArrayList<>();
        int best = run.best().map(EpochMetrics::epoch).orElse(0);
        int last = run.epochs().size() - 1;
        int each = last / MOST_ROWS + 1;
        for (int i = 0; i <= last; i++) {
            EpochMetrics epoch = run.epochs().get(i);
            if (i % each != 0 && i != last && epoch.epoch() != best) {
                continue;
            }
            List<String> values = new ArrayList<>(List.of(Quantity.NUMBER.exact(epoch.report().loss())));
            terms.forEach(term -> values.add(Optional.ofNullable(epoch.report().terms().get(term)).map(Quantity.NUMBER::exact).orElse("")));
            values.add(Quantity.SHARE.exact(epoch.report().naturalAccuracy()));
            values.add(Quantity.SHARE.exact(epoch.report().adversarialAccuracy()));
            values.add(epoch.accuracy() == null ? "" : Quantity.SHARE.exact(epoch.accuracy().clean()));
            values.add(epoch.accuracy() == null ? "" : Quantity.SHARE.exact(epoch.accuracy().robust()));
            values.add(Quantity.NUMBER.exact(epoch.learningRate()));
            values.add(Double.isNaN(epoch.imagesPerSecond()) ? "" : String.format(Locale.ROOT, "%.0f", epoch.imagesPerSecond()));
            values.add(String.format(Locale.ROOT, "%.0f", epoch.report().seconds()));
            rows.add(new EpochRow(epoch.epoch(), epoch.epoch() == best, values));
        }
        return new EpochTable(each == 1 ? "epoch by epoch" : "of one epoch in " + each + ", of the best and of the last", titles, rows);
    }

    private static List<Fact> origin(RecordedRun run) {
        Map<String, String> origin = new LinkedHashMap<>();
        Provenance provenance = run.provenance();
        origin.put("directory", run.directory().uri());
        origin.put("settings, SHA-256", provenance.settings());
        origin.put("data", provenance.data().uri());
        origin.put("data, SHA-256", provenance.data().sha256());
        if (provenance.teacher() != null) {
            origin.put("teacher", provenance.teacher().uri());
            origin.put("teacher, SHA-256", provenance.teacher().sha256());
        }
        if (!provenance.starts().isEmpty()) {
            origin.putAll(provenance.starts().get(provenance.starts().size() - 1).versions());
        }
        return origin.entrySet().stream().map(entry -> new Fact(entry.getKey(), entry.getValue())).toList();
    }

    private static List<StartRow> starts(RecordedRun run) {
        List<StartRow> rows = new ArrayList<>();
        List<Provenance.Start> starts = run.provenance().starts();
        for (int i = 0; i < starts.size(); i++) {
            if (i > 0 && i < starts.size() - MOST_STARTS) {
                continue;
            }
            if (i > 0 && i == starts.size() - MOST_STARTS) {
                rows.add(new StartRow("", "", (i - 1) + " more", "", "", ""));
            }
            Provenance.Start start = starts.get(i);
            String how = start.reason() != null ? "restart by itself: " + start.reason() : rows.isEmpty() ? "first start"
                    : "resumed" + run.provenance().resized(i).map(change -> " with " + change).orElse("");
            rows.add(new StartRow(start.time().replaceFirst("T", " ").replaceFirst("\\.\\d+", "").replaceFirst("Z$", " UTC"),
                    start.afterEpoch() == 0 ? (rows.isEmpty() ? "the beginning" : "before the end of epoch 1")
                            : "epoch " + start.afterEpoch(),
                    how, start.host(), start.command(),
                    start.versions().getOrDefault("commit", "unknown")));
        }
        return rows;
    }

    /**
     * The last so many parts of a path. No regular expression: a search for what ends in {@code $} takes a time that grows with the square
     * of a text's length.
     */
    static String ending(String uri, int parts) {
        String path = StringUtils.stripEnd(uri, "/");
        int from = path.length();
        for (int i = 0; i < parts && from > 0; i++) {
            from = path.lastIndexOf('/', from - 1);
        }
        return path.isEmpty() ? path : path.substring(from + 1);
    }

    /** A distance in image space, as the field writes it. */
    static String radius(double epsilon) {
        return Fraction.distance(epsilon);
    }

    static String plural(long count, String one) {
        return count + " " + one + (count == 1 ? "" : "s");
    }

    private static String duration(double seconds) {
        long whole = Math.round(seconds);
        return whole >= 3600 ? String.format(Locale.ROOT, "%d h %02d min", whole / 3600, whole / 60 % 60)
                : whole >= 60 ? String.format(Locale.ROOT, "%d min %02d s", whole / 60, whole % 60) : whole + " s";
    }
}
