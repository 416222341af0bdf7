package org.mmard.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.InputError;
import org.mmard.files.Folder;
import org.mmard.run.RunDirectory;

/**
 * Runs, grids and evaluations as one HTML page that needs nothing else: styles, charts and images are in it.
 *
 * @param runs with what was measured of them; those of the grids are among them
 * @param evaluations of models that none of the runs made
 */
public record Report(List<RecordedRun> runs, List<RecordedGrid> grids, List<RecordedEvaluation> evaluations) {
    /** Of more runs, only the comparison is shown. */
    private static final int MOST_IN_DETAIL = 4;

    /**
     * @param examples how many images to attack for each run, 0 for none
     * @param seed of their choice and of the attack's start
     * @param data where the test images are, or null for where the run's settings say
     * @param fetch whether what the run's files name is read from other filesystems than the local one and the run's own, too
     */
    public record Pictures(int examples, long seed, @Nullable String data, boolean fetch) {
        public Pictures {
            if (examples < 0) {
                throw new IllegalArgumentException(examples + " examples");
            }
        }
    }

    public Report {
        runs = List.copyOf(runs);
        grids = List.copyOf(grids);
        evaluations = List.copyOf(evaluations);
    }

    /**
     * Reads everything that is to be shown.
     *
     * @param uris run directories, grids, evaluations (files or folders), on any Hadoop filesystem
     * @param warn told, a line each, which runs of a grid could not be read
     * @throws InputError for the first URI at which nothing of that kind is, or is damaged
     */
    public static Report read(List<String> uris, Configuration hadoop, Consumer<String> warn) {
        Map<String, RecordedRun> runs = new LinkedHashMap<>();
        List<RecordedGrid> grids = new ArrayList<>();
        List<RecordedEvaluation> evaluations = new ArrayList<>();
        for (String uri : uris) {
            Folder place = Folder.at(uri, hadoop);
            if (place.exists(RunDirectory.CONFIGURATION)) {
                runs.putIfAbsent(place.uri(), RecordedRun.read(uri, hadoop));
            } else if (place.exists(RecordedGrid.FILE)) {
                RecordedGrid grid = RecordedGrid.read(uri, hadoop);
                grids.add(grid);
                grid.runs(hadoop, warn).forEach(run -> runs.putIfAbsent(run.directory().uri(), run));
            } else if (uri.endsWith(".json") || place.exists(RecordedEvaluation.FILE)) {
                evaluations.add(RecordedEvaluation.read(uri, hadoop));
            } else {
                throw new InputError(
                        uri + ": has neither " + RunDirectory.CONFIGURATION + " (a run) nor " + RecordedGrid.FILE + " (a grid) nor "
                                + RecordedEvaluation.FILE + " (an evaluation)");
            }
        }
        return assigned(List.copyOf(runs.values()), grids, evaluations);
    }

    /** Gives each evaluation to the run whose model it is of. */
    private static Report assigned(List<RecordedRun> runs, List<RecordedGrid> grids, List<RecordedEvaluation> evaluations) {
        Map<String, Integer> byModel = new LinkedHashMap<>();
        List<RecordedRun> all = new ArrayList<>(runs);
        for (int i = 0; i < runs.size() && !evaluations.isEmpty(); i++) {
            for (String student : runs.get(i).students()) {
                byModel.put(student, i);
            }
        }
        List<RecordedEvaluation> others = new ArrayList<>();
        for (RecordedEvaluation evaluation : evaluations) {
            Integer run = byModel.get(evaluation.about().get("model_sha256"));
            if (run == null) {
                others.add(evaluation);
            } else {
                all.set(run, all.get(run).with(evaluation));
            }
        }
        return new Report(all, grids, others);
    }

    /**
     * The page.
     *
     * @param pictures which images to attack; the networks are run for them, in this process
     * @param against which cell of a grid the others are compared with, seed by seed: its label, as the table has it; null for the first
     * @param told what goes on, a line each
     * @throws InputError where images were asked for from a place that has none, or a grid has no such cell
     */
    public String html(Pictures pictures, @Nullable String against, Consumer<String> told) {
        if (against != null && grids.isEmpty()) {
            throw new InputError("--against " + against + " names a cell of a grid: give a grid's directory");
        }
        List<DifferencesView> differences = IntStream.range(0, grids.size())
                .mapToObj(i -> DifferencesView.of(grids.get(i), against, "differences" + i)).flatMap(Optional::stream).toList();
        List<Group> groups = new ArrayList<>();
        Map<String, RecordedRun> byUri = new LinkedHashMap<>();
        runs.forEach(run -> byUri.put(run.directory().uri(), run));
        for (RecordedGrid grid : grids) {
            groups.addAll(Group.of(grid, byUri));
        }
        groups.addAll(Group.of(runs.stream().filter(run -> grids.stream().noneMatch(grid -> grid.has(run))).toList()));
        evaluations.forEach(evaluation -> groups.add(Group.of(evaluation)));
        ComparisonView comparison =
                groups.size() > 1 || runs.size() + evaluations.size() > 1 ? ComparisonView.of(groups, "comparison") : null;
        List<RunView> details = new ArrayList<>();
        if (runs.size() <= MOST_IN_DETAIL) {
            ContactSheets sheets = new ContactSheets(pictures, told);
            for (RecordedRun run : runs) {
                details.add(sheets.view(run, "run" + details.size()));
            }
        }
        List<EvaluationView> alone =
                evaluations.stream().map(evaluation -> EvaluationView.of(evaluation, Group.of(evaluation).label())).toList();
        List<TeachersView> teachers = IntStream.range(0, grids.size())
                .mapToObj(i -> TeachersView.of(grids.get(i), "teachers" + i)).flatMap(Optional::stream).toList();
        return Templates
                .page(new PageView(title(), subtitle(), Templates.text("style.css"), comparison, differences, teachers, details, alone));
    }

    private String title() {
        if (grids.size() == 1 && runs.stream().allMatch(grids.get(0)::has)) {
            return RunView.ending(grids.get(0).directory().uri(), 1);
        }
        if (runs.size() + evaluations.size() == 1) {
            return runs.isEmpty() ? Group.of(evaluations.get(0)).label() : runs.get(0).name();
        }
        if (runs.size() <= MOST_IN_DETAIL && !runs.isEmpty()) {
            return runs.stream().map(RecordedRun::name).collect(Collectors.joining(", "));
        }
        return runs.isEmpty() ? evaluations.size() + " evaluations" : RunView.plural(runs.size(), "run");
    }

    private String subtitle() {
        if (!grids.isEmpty()) {
            return "A grid of inner objectives and outer losses, " + RunView.plural(runs.size(), "run");
        }
        if (runs.size() == 1 && evaluations.isEmpty()) {
            return RunView.sentence(runs.get(0));
        }
        return runs.isEmpty() ? "What a model withstands" : RunView.plural(runs.size(), "run")
                + (evaluations.isEmpty() ? "" : " and " + RunView.plural(evaluations.size(), "evaluation")) + " side by side";
    }

    /** What the page's template sees. */
    private record PageView(String title, String subtitle, String style, @Nullable ComparisonView comparison,
            List<DifferencesView> differences, List<TeachersView> teachers,
            List<RunView> runs, List<EvaluationView> evaluations) {}
}
