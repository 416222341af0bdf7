package org.mmard.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.apache.hadoop.conf.Configuration;
import org.mmard.config.GridReader;
import org.mmard.config.GridSettings;
import org.mmard.config.Settings;
import org.mmard.failure.RunStopped;
import org.mmard.files.Folder;
import org.mmard.files.HadoopConfiguration;
import org.mmard.run.CheckpointState;
import org.mmard.spark.SparkCluster;
import org.mmard.train.ClusterFailure;
import org.mmard.train.RunInterrupted;
import org.mmard.train.StopRequest;
import org.mmard.train.TrainingDiverged;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code mmard grid}: inner objectives by outer losses by seeds, trained and evaluated one after the other in one Spark application. What
 * an earlier call has finished is not done again; everything is checked before the first run begins.
 */
@Command(name = "grid", mixinStandardHelpOptions = true,
        description = "Trains and evaluates every inner objective with every outer loss and seed of a configuration; given again, it "
                + "goes on.")
final class GridCommand implements Callable<Integer> {
    static final String CSV = "grid.csv";
    static final String JSON = "grid.json";
    private static final int SOME_FAILED = 1;
    private static final String GO_ON = "; the same command goes on";

    @Option(names = "--conf", required = true, paramLabel = "FILE",
            description = "HOCON configuration with a section grid, local or on any Hadoop filesystem.")
    private String conf;

    @Option(names = "-D", paramLabel = "KEY=VALUE", description = "A key that goes before the file's. May be given more than once.")
    private Map<String, String> overrides = new LinkedHashMap<>();

    @Spec
    private CommandSpec spec;

    private final Map<GridRun, GridScores.Score> scores = new LinkedHashMap<>();
    private final Map<GridRun, String> failures = new LinkedHashMap<>();

    @Override
    public Integer call() {
        Configuration hadoop = HadoopConfiguration.load();
        GridSettings grid = GridReader.read(conf, overrides, hadoop);
        List<GridRun> runs = GridRun.all(grid, conf, overrides, hadoop);
        Sources sources = new Sources(hadoop);
        GridScores scoring = new GridScores(grid, runs.get(0).resolved().settings(), sources);
        Map<GridRun, Integer> epochsLeft = new LinkedHashMap<>();
        for (GridRun run : runs) {
            try (PreparedRun prepared =
                    run.prepare(sources, GivenCommand.line(spec), line -> say("warning: " + run.name() + ": " + line))) {
                known(scoring, prepared).ifPresentOrElse(score -> scores.put(run, score), () -> epochsLeft.put(run, prepared.epochsLeft()));
            }
        }
        PrintWriter out = spec.commandLine().getOut();
        out.printf("%d %s in %s: %d finished before, %d to do%n", runs.size(), runs.size() == 1 ? "run" : "runs", grid.directory(),
                scores.size(), epochsLeft.size());
        out.flush();
        Folder directory = Folder.at(grid.directory(), hadoop);
        if (!epochsLeft.isEmpty()) {
            try {
                carryOut(grid, epochsLeft, runs, sources, scoring, directory);
            } catch (RunInterrupted e) {
                say(e.getMessage() + GO_ON);
                return Interruption.exitCode(e.signal());
            }
        }
        GridTable table = table(grid, runs, scoring);
        write(table, scoring, directory);
        out.println();
        out.print(table.text());
        failures.forEach((run, reason) -> out.println("failed: " + run.name() + ": " + reason));
        out.println("mean +- sample standard deviation over seeds, in per cent of " + scoring.about().get("examples")
                + " test images; model: " + grid.checkpoint() + ".zip");
        out.println("written to " + directory.uri(CSV) + " and " + JSON + " beside it");
        out.flush();
        return failures.isEmpty() ? 0 : SOME_FAILED;
    }

    private static Optional<GridScores.Score> known(GridScores scoring, PreparedRun run) {
        return run.epochsLeft() > 0 ? Optional.empty() : scoring.known(run.directory(), run.from().checkpoint().orElseThrow().state());
    }

    private void carryOut(
            GridSettings grid, Map<GridRun, Integer> epochsLeft, List<GridRun> runs, Sources sources, GridScores scoring,
            Folder directory) {
        AtomicReference<TrainingDisplay> display = new AtomicReference<>();
        UnaryOperator<String> stopped =
                signal -> "mmard: stopped by " + signal + "; finished runs and epochs are kept in " + grid.directory() + GO_ON;
        Runnable quiet = () -> Optional.ofNullable(display.get()).ifPresent(TrainingDisplay::close);
        try (Interruption interruption = new Interruption(spec.commandLine().getErr(), quiet, stopped)) {
            int executors = runs.get(0).resolved().settings().cluster().executors();
            try (SparkCluster cluster = new SparkCluster("mmard grid " + grid.directory(), executors)) {
                GridPace pace = new GridPace(new SteadyClock(), epochsLeft.values().stream().mapToInt(epochs -> epochs + 1).sum());
                for (Map.Entry<GridRun, Integer> entry : epochsLeft.entrySet()) {
                    GridRun run = entry.getKey();
                    announce(run, runs.indexOf(run) + 1, runs.size(), entry.getValue(), pace);
                    carryOut(run, cluster, sources, scoring, display, interruption.stop());
                    pace.done(entry.getValue() + 1);
                    write(table(grid, runs, scoring), scoring, directory);
                }
            } catch (RuntimeException | Error e) {
                interruption.silence();
                throw e;
            }
        }
    }

    private void announce(GridRun run, int number, int runs, int epochsLeft, GridPace pace) {
        PrintWriter out = spec.commandLine().getOut();
        int epochs = run.resolved().settings().training().epochs();
        String from = epochsLeft == 0 ? ", to evaluate" : epochsLeft < epochs ? ", from epoch " + (epochs - epochsLeft + 1) : "";
        out.printf("%nrun %d of %d: %s%s%s%n", number, runs, run.name(), from, pace.left());
        out.flush();
    }

    private void carryOut(
            GridRun run, SparkCluster cluster, Sources sources, GridScores scoring, AtomicReference<TrainingDisplay> current,
            StopRequest stop) {
        Settings settings = run.resolved().settings();
        // Anew: prepared all at once, the students of a large grid would not fit into memory.
        try (PreparedRun prepared = run.prepare(sources, GivenCommand.line(spec), line -> {});
                TrainingDisplay display = TrainingDisplay.on(System.out, GivenCommand.onTerminal(), settings.training().epochs(),
                        settings.training().batch());
                EvaluationDisplay evaluation = EvaluationDisplay.on(System.err, System.console() != null)) {
            current.set(display);
            prepared.from().resized().filter(change -> prepared.epochsLeft() > 0)
                    .ifPresent(change -> say(run.name() + ": goes on with " + change));
            CheckpointState state =
                    prepared.epochsLeft() > 0 ? prepared.train(cluster, display, devices -> {}, this::say, stop).last() : prepared.stand();
            scores.put(run, cluster.persist(settings.cluster(), this::say,
                    () -> scoring.evaluate(cluster.spark(), prepared.directory(), state, settings.engine(), evaluation)));
        } catch (TrainingDiverged e) {
            failed(run, e);
        } catch (ClusterFailure e) {
            failed(run, e);
            // For the next run, which the cluster may not fail.
            cluster.renew(settings.cluster().startTimeout());
        }
    }

    private void failed(GridRun run, RunStopped reason) {
        failures.put(run, reason.getMessage());
        say(run.name() + ": " + reason.getMessage());
    }

    private GridTable table(GridSettings grid, List<GridRun> runs, GridScores scoring) {
        List<GridTable.Row> rows = new ArrayList<>();
        for (GridSettings.Cell cell : grid.cells()) {
            rows.add(new GridTable.Row(cell, runs.stream().filter(run -> run.cell().equals(cell))
                    .map(run -> new GridTable.Entry(run.seed(), run.resolved().settings().run().directory(), scores.get(run),
                            failures.get(run)))
                    .toList()));
        }
        return new GridTable(scoring.columns(), rows);
    }

    private static void write(GridTable table, GridScores scoring, Folder directory) {
        directory.write(CSV, table.csv().getBytes(StandardCharsets.UTF_8));
        directory.write(JSON, table.json(scoring.about()).getBytes(StandardCharsets.UTF_8));
    }

    private void say(String line) {
        Mmard.say(spec.commandLine(), line);
    }
}
