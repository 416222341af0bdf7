package org.mmard.train;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.hadoop.conf.Configuration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.config.Settings;
import org.mmard.config.SettingsReader;
import org.mmard.data.ImageShape;
import org.mmard.model.Architectures;
import org.mmard.model.ModelFile;
import org.mmard.run.CheckpointState;
import org.mmard.run.Checkpoints;
import org.mmard.run.EpochMetrics;
import org.mmard.run.Provenance;
import org.mmard.run.RunDirectory;
import org.mmard.run.StartingPoint;

/** A run of {@link FakeEpochs} in a directory of any filesystem, as the train command puts one together. */
public final class RunFixture {
    public final RunDirectory directory;
    int renewed;
    final Told told = new Told();
    public int epochs = 4;
    int keep;
    public int validateEvery = 1;
    int executors = 1;
    /** Keys and values of the section {@code training.averaging}. */
    Map<String, String> averaging = Map.of();
    String teacherChecksum = "teacher";
    String settings = "settings";
    public FakeEpochs last;
    /** Of the latest attempt. */
    StopRequest stop;

    public RunFixture(String uri, Configuration hadoop) {
        directory = RunDirectory.at(uri, hadoop);
    }

    public CheckpointState start() {
        return run(false, UnaryOperator.identity());
    }

    public CheckpointState resume() {
        return run(true, UnaryOperator.identity());
    }

    public CheckpointState run(boolean resume, UnaryOperator<FakeEpochs> change) {
        return train(find(resume), change);
    }

    /** The run with as many attempts as there are changes to its epochs; the last may be the one that is good. */
    Restarts.Outcome runOver(int restarts, List<UnaryOperator<FakeEpochs>> attempts) {
        return runOver(false, restarts, attempts);
    }

    Restarts.Outcome runOver(boolean resume, int restarts, List<UnaryOperator<FakeEpochs>> attempts) {
        Iterator<UnaryOperator<FakeEpochs>> next = attempts.iterator();
        StartingPoint first = find(resume);
        return new Restarts(restarts, told).carry(first, directory, from -> train(from, next.next()),
                new Restarts.Recovery() {
                    @Override
                    public StartingPoint find(String reason) {
                        return first.again(directory, reason, told.warnings::add);
                    }

                    @Override
                    public void renew() {
                        renewed++;
                    }
                });
    }

    private CheckpointState train(StartingPoint from, UnaryOperator<FakeEpochs> change) {
        ComputationGraph student =
                from.checkpoint().map(Checkpoints.Checkpoint::student).orElseGet(() -> Architectures.network("cnn-4-8", 3, 7));
        student.getUpdater();
        stop = new StopRequest();
        last = change.apply(new FakeEpochs(student));
        return new TrainingRun(settings(), directory, from, student,
                WeightAverage.after(from.checkpoint(), settings().training().averaging()),
                new ModelFile.Metadata("cnn-4-8", ImageShape.CIFAR, List.of("a", "b", "c"), "none", Map.of()), FakeEpochs.BATCHES)
                .run(last, told, stop);
    }

    /** What a listener heard. */
    static final class Told implements TrainingListener {
        final List<EpochMetrics> epochs = new ArrayList<>();
        final List<String> signals = new ArrayList<>();
        final List<String> warnings = new ArrayList<>();
        final List<String> restarts = new ArrayList<>();

        @Override
        public void epochEnds(EpochMetrics metrics) {
            epochs.add(metrics);
        }

        @Override
        public void stopping(String signal) {
            signals.add(signal);
        }

        @Override
        public void warning(String line) {
            warnings.add(line);
        }

        @Override
        public void restarting(String line) {
            restarts.add(line);
        }
    }

    StartingPoint find(boolean resume) {
        Provenance provenance = new Provenance(settings, 7, new Provenance.Source("file:/data", "data"),
                teacherChecksum == null ? null : new Provenance.Source("file:/teacher.zip", teacherChecksum),
                List.of(Provenance.Start.now("host", "mmard train", executors, Map.of("mmard", "1"))));
        return StartingPoint.find(directory, resume, configuration(), provenance, told.warnings::add);
    }

    String configuration() {
        return "training { epochs = " + epochs + ", batch = 8 }, student.architecture = cnn-4-8, run.seed = 7, checkpoints.keep = " + keep
                + ", teacher.model = null, cluster.executors = " + executors;
    }

    public List<String> metrics() {
        return new String(directory.read(RunDirectory.METRICS).orElseThrow(), StandardCharsets.UTF_8).lines().toList();
    }

    /** The metrics without what differs between two runs of the same numbers: the time. */
    public List<String> metricsWithoutTime() {
        return metrics().stream().map(line -> line.replaceAll(",\"time\":\"[^\"]*\"", "")).toList();
    }

    /** Equal-weight averaging after {@code fromEpoch} epochs, with the batch-norm statistics of that name. */
    static Map<String, String> swa(int fromEpoch, String batchNorm) {
        return Map.of("training.averaging.kind", "swa", "training.averaging.from-epoch", Integer.toString(fromEpoch),
                "training.averaging.batch-norm", batchNorm);
    }

    private Settings settings() {
        Map<String, String> values = new HashMap<>(averaging);
        values.putAll(Map.of("run.directory", directory.uri(), "run.seed", "7", "data.uri", "none", "training.epochs",
                Integer.toString(epochs), "training.batch", Integer.toString(FakeEpochs.BATCH), "training.milestones", "[2]",
                "training.max-skipped", "0.25"));
        values.putAll(Map.of("validation.examples", "100", "validation.every", Integer.toString(validateEvery), "checkpoints.keep",
                Integer.toString(keep)));
        return SettingsReader.read(values, "test").settings();
    }
}
