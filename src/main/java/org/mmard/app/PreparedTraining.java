package org.mmard.app;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.package$;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.mmard.config.ResolvedSettings;
import org.mmard.config.Settings;
import org.mmard.failure.InputError;
import org.mmard.failure.RunStopped;
import org.mmard.files.HostName;
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
import org.mmard.train.TrainingListener;
import org.mmard.train.TrainingRun;
import org.mmard.train.WeightAverage;

/**
 * A run whose configuration, data, teacher and directory have been checked: all that is left is to train it. Until it is closed, no other
 * driver gets its directory.
 */
public final class PreparedTraining implements AutoCloseable {
    private final TrainingInputs inputs;
    private final RunDirectory directory;
    private final StartingPoint from;
    private final Map<String, String> versions;
    private final RunLock lock;
    private final @Nullable JavaSparkContext spark;
    private TrainingListener listener;
    private StopRequest stop;

    private PreparedTraining(TrainingInputs inputs, RunDirectory directory, StartingPoint from, Map<String, String> versions, RunLock lock,
            TrainingListener listener, StopRequest stop, @Nullable JavaSparkContext spark) {
        this.inputs = inputs;
        this.directory = directory;
        this.from = from;
        this.versions = versions;
        this.lock = lock;
        this.listener = listener;
        this.stop = stop;
        this.spark = spark;
    }

    /**
     * @param resume whether to go on with a run that its directory holds
     * @param command for the record
     * @param spark a context to borrow, or null for one of the run's own
     * @throws InputError for the first thing that is missing, damaged or does not fit the rest
     */
    static PreparedTraining of(ResolvedSettings resolved, Sources sources, boolean resume, String command, TrainingListener listener,
            StopRequest stop, @Nullable JavaSparkContext spark) {
        RunDirectory directory = RunDirectory.at(resolved.settings().run().directory(), sources.hadoop());
        StartingPoint.requireFree(directory, resume);
        RunLock lock = directory.lock(listener::warning);
        try {
            // From here on: a directory that never answered is a mistake to be told at once.
            RunDirectory patient =
                    directory.patient(Duration.ofSeconds(resolved.settings().checkpoints().retryFor()), listener::warning);
            RunDirectory held = patient.heldBy(lock);
            TrainingInputs inputs = TrainingInputs.read(resolved, sources);
            Map<String, String> versions = Versions.collect(package$.MODULE$.SPARK_VERSION());
            Provenance provenance = new Provenance(Sha256.of(resolved.rendered()), resolved.settings().run().seed(), inputs.data(),
                    inputs.teacherSource(),
                    List.of(Provenance.Start.now(HostName.own().orElse("unknown"), command, resolved.settings().cluster().executors(),
                            versions)));
            StartingPoint from = StartingPoint.find(held, resume, resolved.rendered(), provenance, listener::warning);
            // Refuses an average that was never begun, before Spark starts.
            WeightAverage.after(from.checkpoint(), resolved.settings().training().averaging());
            return new PreparedTraining(inputs, held, from, versions, lock, listener, stop, spark);
        } catch (RuntimeException | Error e) {
            lock.close();
            throw e;
        }
    }

    /** All that it reads. */
    public TrainingInputs inputs() {
        return inputs;
    }

    /** Where the run lies; this holds its lock until it is closed. */
    public RunDirectory directory() {
        return directory;
    }

    /** The settings of the run, all of them checked. */
    public Settings settings() {
        return inputs.settings();
    }

    /** Where it goes on. */
    public StartingPoint from() {
        return from;
    }

    /** How many epochs are to be trained, the begun one among them; 0 where the run is finished. */
    public int epochsLeft() {
        return Math.max(0, settings().training().epochs() - from.epoch());
    }

    /** Where a run that has begun stands; its {@code last.zip} and {@code best.zip} are those of that time afterwards. */
    public CheckpointState stand() {
        return new Checkpoints(directory, settings().checkpoints().keep()).rewind(from.checkpoint().orElseThrow().state(),
                listener::warning);
    }

    /**
     * Trains the epochs that are left, and goes on from the newest checkpoint when the cluster fails.
     *
     * @throws InputError where the cluster cannot give the executors
     * @throws RunStopped as {@link Training#fit} says
     */
    public TrainedStudent fit() {
        if (epochsLeft() == 0) {
            return new TrainedStudent(directory, stand(), 0);
        }
        int executors = settings().cluster().executors();
        try (SparkCluster cluster = spark == null ? SparkCluster.start("mmard train " + settings().run().directory(), executors)
                : SparkCluster.borrow(spark, executors)) {
            return train(cluster);
        }
    }

    /**
     * The same.
     *
     * @param follower follows it from here on
     * @param request stops it
     */
    public TrainedStudent fit(TrainingListener follower, StopRequest request) {
        listener = follower;
        stop = request;
        return fit();
    }

    /** The same on a cluster that runs share, where one epoch is left at least. */
    @SuppressWarnings("ReferenceEquality") // the first attempt begins at this very point
    TrainedStudent train(SparkCluster cluster) {
        Settings.Cluster limits = settings().cluster();
        Restarts.Outcome outcome = new Restarts(limits.maxRestarts(), listener).carry(from, directory,
                point -> point == from ? train(point, cluster, true) : again(point, cluster), new Restarts.Recovery() {
                    @Override
                    public StartingPoint find(String reason) {
                        return from.again(directory, reason, listener::warning);
                    }

                    @Override
                    public void renew() {
                        cluster.renew(limits.startTimeout());
                    }
                });
        return new TrainedStudent(directory, outcome.last(), outcome.seconds());
    }

    private CheckpointState again(StartingPoint point, SparkCluster cluster) {
        try {
            return train(point, cluster, false);
        } catch (InputError e) {
            // What was right when the run began is no mistake of its user's now.
            throw new RunStopped("cannot go on: " + e.getMessage() + "; then go on with --resume", e);
        }
    }

    private CheckpointState train(StartingPoint point, SparkCluster cluster, boolean first) {
        ComputationGraph student = inputs.student(point.checkpoint());
        WeightAverage average = WeightAverage.after(point.checkpoint(), settings().training().averaging());
        try (SparkEpochs epochs = new SparkEpochs(cluster.spark(), student, average, inputs.images().select(inputs.split().training()),
                inputs.images().select(inputs.split().validation()), settings(), new DistillationSteps(settings(), inputs.teacher()),
                stop)) {
            if (first) {
                listener.trainingStarts(cluster.spark().master(), epochs.devices());
            }
            return new TrainingRun(settings(), directory, point.on(epochs.devices()), student, average, inputs.metadata(versions),
                    inputs.batchesPerEpoch()).run(epochs, listener, stop);
        }
    }

    /** Gives the directory back. */
    @Override
    public void close() {
        lock.close();
    }
}
