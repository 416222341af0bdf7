package org.mmard.app;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;
import org.mmard.config.GridReader;
import org.mmard.config.GridSettings;
import org.mmard.config.Settings;
import org.mmard.files.Folder;
import org.mmard.files.HadoopConfiguration;
import org.mmard.run.CheckpointState;
import org.mmard.spark.SparkCluster;
import org.mmard.train.ClusterFailure;
import org.mmard.train.StopRequest;
import org.mmard.train.TrainingDiverged;
import org.mmard.train.TrainingListener;

/**
 * Inner objectives by outer losses by seeds, and by teachers where those are compared, trained and evaluated one after the other in one
 * Spark application. What an earlier call has finished is not done again; everything is checked before the first run begins. Each call
 * changes this object and returns it. For example:
 *
 * <pre>{@code
 * String table = Grid.of("conf/grid.conf").with("grid.seeds", "[1, 2, 3]").run().table().text();
 * }</pre>
 */
public final class Grid {
    /** The table as CSV, and with every run as JSON, in the grid's directory. */
    public static final String CSV = "grid.csv";
    public static final String JSON = "grid.json";

    private final String file;
    private final Map<String, String> values = new LinkedHashMap<>();
    private GridListener listener = GridListener.NONE;
    private StopRequest stop = new StopRequest();
    private @Nullable Configuration hadoop;
    private String command = "a program";

    private Grid(String file) {
        this.file = file;
    }

    /** @param uri of a HOCON file with a section {@code grid}, local or on any Hadoop filesystem */
    public static Grid of(String uri) {
        return new Grid(uri);
    }

    /**
     * Sets a key; that goes before the file's.
     *
     * @param value as it is written there; null unsets
     */
    public Grid with(String key, @Nullable Object value) {
        values.put(key, String.valueOf(value));
        return this;
    }

    /** Sets several keys. */
    public Grid with(Map<String, String> several) {
        values.putAll(several);
        return this;
    }

    /** Followed by this. */
    public Grid listener(GridListener follower) {
        listener = follower;
        return this;
    }

    /** Stopped by this request, so that the same grid goes on from there. */
    public Grid stoppedBy(StopRequest request) {
        stop = request;
        return this;
    }

    /** Reads and writes files with these Hadoop settings, in the place of those of {@code HADOOP_CONF_DIR}. */
    public Grid hadoop(Configuration other) {
        hadoop = other;
        return this;
    }

    /** How the runs' provenance says that they were started, such as a command line. */
    public Grid startedBy(String words) {
        command = words;
        return this;
    }

    /**
     * What came out.
     *
     * @param directory URI of the grid's folder
     * @param table of all cells
     * @param failures why runs failed, by their names
     * @param examples on how many test images models were evaluated
     * @param checkpoint which of a run's
     */
    public record Outcome(String directory, GridTable table, Map<String, String> failures, int examples,
            GridSettings.Checkpoint checkpoint) {}

    /**
     * Trains and evaluates what is left.
     *
     * @throws org.mmard.failure.InputError for the first thing that is missing, damaged or does not fit the rest, naming the run
     * @throws org.mmard.train.RunInterrupted where it was stopped; the same grid goes on from there
     */
    public Outcome run() {
        Configuration files = hadoop == null ? HadoopConfiguration.load() : hadoop;
        return new Work(GridReader.read(file, values, files), files).outcome();
    }

    /** The runs, and what has become of them so far. */
    private final class Work {
        private final GridSettings settings;
        private final List<GridRun> runs;
        private final Sources sources;
        private final GridScores scoring;
        private final Folder directory;
        private final Map<GridRun, GridScores.Score> scores = new LinkedHashMap<>();
        private final Map<GridRun, String> failures = new LinkedHashMap<>();

        Work(GridSettings settings, Configuration files) {
            this.settings = settings;
            runs = GridRun.all(settings, file, values, files);
            sources = new Sources(files);
            scoring = new GridScores(settings, runs, sources);
            directory = Folder.at(settings.directory(), files);
        }

        Outcome outcome() {
            List<GridListener.Left> left = look();
            listener.planned(settings.directory(), runs, left);
            if (!left.isEmpty()) {
                carryOut(left);
            }
            write();
            Map<String, String> failed = new LinkedHashMap<>();
            failures.forEach((run, reason) -> failed.put(run.name(), reason));
            return new Outcome(directory.uri(), table(), failed, scoring.examples(), settings.checkpoint());
        }

        /** What each run has left; the scores of those that have nothing left. */
        private List<GridListener.Left> look() {
            List<GridListener.Left> left = new ArrayList<>();
            for (GridRun run : runs) {
                TrainingListener warnings = new TrainingListener() {
                    @Override
                    public void warning(String line) {
                        listener.message("warning: " + run.name() + ": " + line);
                    }
                };
                if (run.given() != null) {
                    run.evaluated(sources, warnings::warning, (teacher, at) -> scoring.known(at, teacher)).ifPresentOrElse(
                            score -> scores.put(run, score), () -> left.add(new GridListener.Left(run, 0)));
                    continue;
                }
                try (PreparedTraining prepared = run.prepare(sources, command, warnings, stop)) {
                    if (run.cell() == null && prepared.epochsLeft() > 0) {
                        sources.expect(run.model(settings.checkpoint()), prepared.inputs());
                    }
                    known(prepared).ifPresentOrElse(score -> scores.put(run, score),
                            () -> left.add(new GridListener.Left(run, prepared.epochsLeft())));
                }
            }
            return left;
        }

        private Optional<GridScores.Score> known(PreparedTraining run) {
            return run.epochsLeft() > 0 ? Optional.empty() : scoring.known(run.directory(), run.from().checkpoint().orElseThrow().state());
        }

        private void carryOut(List<GridListener.Left> left) {
            int executors = runs.get(0).settings().cluster().executors();
            try (SparkCluster cluster = SparkCluster.start("mmard grid " + settings.directory(), executors)) {
                for (GridListener.Left each : left) {
                    listener.runStarts(each.run(), runs.indexOf(each.run()) + 1, runs.size(), each.epochs());
                    carryOut(each.run(), cluster);
                    listener.runEnds(each.run(), each.epochs());
                    write();
                }
            }
        }

        private void carryOut(GridRun run, SparkCluster cluster) {
            Settings own = run.settings();
            if (sources.expects(own.teacher().model())) {
                failed(run, "its teacher failed");
                return;
            }
            try {
                scores.put(run, run.given() == null ? train(run, cluster)
                        : run.evaluated(sources, listener::message, (teacher, at) -> evaluated(run, cluster,
                                () -> scoring.evaluate(cluster.spark(), at, teacher, own.engine(), listener.evaluation(run)))));
            } catch (TrainingDiverged e) {
                failed(run, e.getMessage());
            } catch (ClusterFailure e) {
                failed(run, e.getMessage());
                // For the next run, which the cluster may not fail.
                cluster.renew(own.cluster().startTimeout());
            }
        }

        private GridScores.Score train(GridRun run, SparkCluster cluster) {
            // Anew: prepared all at once, the students of a large grid would not fit into memory.
            try (PreparedTraining prepared = run.prepare(sources, command, listener.training(run), stop)) {
                prepared.from().resized().filter(change -> prepared.epochsLeft() > 0)
                        .ifPresent(change -> listener.message(run.name() + ": goes on with " + change));
                CheckpointState state = prepared.epochsLeft() > 0 ? prepared.train(cluster).state() : prepared.stand();
                sources.arrived(run.model(settings.checkpoint()));
                return evaluated(run, cluster, () -> scoring.evaluate(cluster.spark(), prepared.directory(), state, run.settings().engine(),
                        listener.evaluation(run)));
            }
        }

        private GridScores.Score evaluated(GridRun run, SparkCluster cluster, Supplier<GridScores.Score> evaluation) {
            return cluster.persist(run.settings().cluster(), listener::message, evaluation);
        }

        private void failed(GridRun run, String reason) {
            failures.put(run, reason);
            listener.message(run.name() + ": " + reason);
        }

        private GridTable table() {
            Map<List<@Nullable Object>, List<GridRun>> rows = new LinkedHashMap<>();
            runs.forEach(run -> rows.computeIfAbsent(Arrays.asList(run.cell(), run.teacher()), key -> new ArrayList<>()).add(run));
            return new GridTable(scoring.columns(), rows.values().stream()
                    .map(same -> new GridTable.Row(same.get(0).cell(), same.get(0).teacher(), same.stream()
                            .map(run -> new GridTable.Entry(run.seed(), run.directory(), scores.get(run), failures.get(run))).toList()))
                    .toList());
        }

        private void write() {
            GridTable table = table();
            directory.write(CSV, table.csv().getBytes(StandardCharsets.UTF_8));
            directory.write(JSON, table.json(scoring.about()).getBytes(StandardCharsets.UTF_8));
        }
    }
}
