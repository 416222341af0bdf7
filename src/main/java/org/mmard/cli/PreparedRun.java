package org.mmard.cli;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.spark.package$;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.config.ResolvedSettings;
import org.mmard.config.Settings;
import org.mmard.failure.InputError;
import org.mmard.failure.RunStopped;
import org.mmard.files.Sha256;
import org.mmard.run.CheckpointState;
import org.mmard.run.Checkpoints;
import org.mmard.run.Provenance;
import org.mmard.run.RunDirectory;
import org.mmard.run.RunLock;
import org.mmard.run.StartingPoint;
import org.mmard.run.Versions;
import org.mmard.spark.SparkCluster;
import org.mmard.spark.SparkEpochs;
import org.mmard.step.DistillationSteps;
import org.mmard.train.Restarts;
import org.mmard.train.StopRequest;
import org.mmard.train.TrainingRun;
import org.mmard.train.WeightAverage;

/**
 * A run whose configuration, data, teacher and directory have been checked: all that is left is to train it. Until it is closed, no other
 * driver gets its directory.
 *
 * @param from where it goes on; @param versions of everything it is made of
 * @param warn told in one line about each checkpoint that cannot be used
 */
record PreparedRun(TrainingInputs inputs, RunDirectory directory, StartingPoint from, Map<String, String> versions, RunLock lock,
        Consumer<String> warn)
        implements AutoCloseable {
    /**
     * @param resume whether to go on with a run that its directory holds
     * @param command the command line, for the record; @param warn told in one line about each checkpoint that cannot be used
     * @throws org.mmard.failure.InputError for the first thing that is missing, damaged or does not fit the rest
     */
    static PreparedRun of(ResolvedSettings resolved, Sources sources, boolean resume, String command, Consumer<String> warn) {
        RunDirectory directory = RunDirectory.at(resolved.settings().run().directory(), sources.hadoop());
        StartingPoint.requireFree(directory, resume);
        RunLock lock = directory.lock(warn);
        try {
            // From here on: a directory that never answered is a mistake to be told at once.
            RunDirectory patient = directory.patient(Duration.ofSeconds(resolved.settings().checkpoints().retryFor()), warn);
            return of(resolved, sources, patient.heldBy(lock), lock, resume, command, warn);
        } catch (RuntimeException | Error e) {
            lock.close();
            throw e;
        }
    }

    private static PreparedRun of(
            ResolvedSettings resolved, Sources sources, RunDirectory directory, RunLock lock, boolean resume, String command,
            Consumer<String> warn) {
        TrainingInputs inputs = TrainingInputs.read(resolved, sources);
        Map<String, String> versions = Versions.collect(package$.MODULE$.SPARK_VERSION());
        Provenance provenance =
                new Provenance(Sha256.of(resolved.rendered()), resolved.settings().run().seed(), inputs.data(), inputs.teacherSource(),
                        List.of(Provenance.Start.now(host(), command, resolved.settings().cluster().executors(), versions)));
        StartingPoint from = StartingPoint.find(directory, resume, resolved.rendered(), provenance, warn);
        // Refuses an average that was never begun, before Spark starts.
        WeightAverage.after(from.checkpoint(), resolved.settings().training().averaging());
        return new PreparedRun(inputs, directory, from, versions, lock, warn);
    }

    Settings settings() {
        return inputs.settings();
    }

    int epochsLeft() {
        return Math.max(0, settings().training().epochs() - from.epoch());
    }

    /** Where a run that has begun stands; its {@code last.zip} and {@code best.zip} are those of that time afterwards. */
    CheckpointState stand() {
        return new Checkpoints(directory, settings().checkpoints().keep()).rewind(from.checkpoint().orElseThrow().state(), warn);
    }

    /**
     * Trains the epochs that are left, of which there must be one at least, and goes on from the newest checkpoint when the cluster fails.
     *
     * @param ready told where the executors compute when they are there for the first time; @param say told in one line about each restart
     * @throws org.mmard.train.RunInterrupted where {@code stop} was made meanwhile
     * @throws org.mmard.train.ClusterFailure when it fails more often than {@code cluster.max-restarts}
     */
    Restarts.Outcome train(SparkCluster cluster, TrainingDisplay display, Consumer<Map<String, String>> ready, Consumer<String> say,
            StopRequest stop) {
        Settings.Cluster limits = settings().cluster();
        return new Restarts(limits.maxRestarts(), display, say).carry(from, directory,
                point -> point == from ? train(point, cluster, display, ready, stop) : again(point, cluster, display, stop),
                new Restarts.Recovery() {
                    @Override
                    public StartingPoint find(String reason) {
                        return from.again(directory, reason, say);
                    }

                    @Override
                    public void renew() {
                        cluster.renew(limits.startTimeout());
                    }
                });
    }

    private CheckpointState again(StartingPoint point, SparkCluster cluster, TrainingDisplay display, StopRequest stop) {
        try {
            return train(point, cluster, display, devices -> {}, stop);
        } catch (InputError e) {
            // What was right when the run began is no mistake of its user's now.
            throw new RunStopped("cannot go on: " + e.getMessage() + "; then go on with --resume", e);
        }
    }

    private CheckpointState train(StartingPoint point, SparkCluster cluster, TrainingDisplay display, Consumer<Map<String, String>> ready,
            StopRequest stop) {
        ComputationGraph student = inputs.student(point.checkpoint());
        WeightAverage average = WeightAverage.after(point.checkpoint(), settings().training().averaging());
        try (SparkEpochs epochs = new SparkEpochs(cluster.spark(), student, average, inputs.images().select(inputs.split().training()),
                inputs.images().select(inputs.split().validation()), settings(), new DistillationSteps(settings(), inputs.teacher()),
                stop)) {
            ready.accept(epochs.devices());
            return new TrainingRun(settings(), directory, point.on(epochs.devices()), student, average, inputs.metadata(versions),
                    inputs.batchesPerEpoch())
                    .run(epochs, display, stop, warn);
        }
    }

    @Override
    public void close() {
        lock.close();
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "unknown";
        }
    }
}
