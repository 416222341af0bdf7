package org.mmard.spark;

import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.api.TrainingMaster;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.mmard.config.Settings;
import org.mmard.data.EpochOrder;
import org.mmard.data.ImageSet;
import org.mmard.run.EpochSums;
import org.mmard.run.ValidationAccuracy;
import org.mmard.spark.host.Devices;
import org.mmard.spark.host.Preflight;
import org.mmard.step.Schedule;
import org.mmard.step.StepFactory;
import org.mmard.train.ClusterFailure;
import org.mmard.train.Epochs;
import org.mmard.train.StepListener;
import org.mmard.train.StopRequest;
import org.mmard.train.WeightAverage;
import scala.Option;

/** Epochs on a Spark cluster: the driver's student is trained over all executors at once, by one of DL4J's training masters. */
public final class SparkEpochs implements Epochs {
    private final JavaSparkContext spark;
    private final Settings settings;
    private final Broadcast<ImageSet> training;
    private final Broadcast<ImageSet> validation;
    private final Broadcast<Plan> plan;
    private final ExecutorWatch watch;
    private final SparkComputationGraph student;
    private final WeightAverage average;
    private final StopRequest stop;
    private final Map<String, String> devices;
    /** Whether all executors have met, and not only some for the rest of an epoch. */
    private boolean introduced;
    /** The epoch that was begun last, from 0. */
    private int latest = -1;

    /**
     * Waits for the executors and sends them the images.
     *
     * @param student the driver's copy; its updater state is the velocity
     * @param average over its weights
     * @param training the images to train on, their index being their record id
     * @param validation the images held out, at least one where {@link #validate} is to be called
     * @param steps makes each executor's training step
     * @param stop ends an epoch after its current steps, and validation at once
     * @throws org.mmard.failure.InputError where the executors do not come
     */
    public SparkEpochs(
            JavaSparkContext spark, ComputationGraph student, WeightAverage average, ImageSet training, ImageSet validation,
            Settings settings, StepFactory steps,
            StopRequest stop) {
        this.spark = spark;
        this.average = average;
        this.stop = stop;
        this.settings = settings;
        int executors = settings.cluster().executors();
        EpochOrder order =
                new EpochOrder(IntStream.range(0, training.size()).toArray(), settings.training().batch(), settings.run().seed());
        RunGauge.begin(settings.run().directory());
        watch = new ExecutorWatch(spark.sc(), executors, settings.cluster().startTimeout());
        try {
            requireRoom((long) (training.size() + validation.size()) * training.shape().size());
            devices = onCluster("devices of the executors", () -> Devices.of(spark, executors, settings.engine()));
        } catch (RuntimeException e) {
            watch.close();
            throw e;
        }
        this.training = spark.broadcast(training);
        this.validation = spark.broadcast(validation);
        Schedule schedule = new Schedule(settings.training(), order.batchesPerEpoch());
        plan = spark.broadcast(new Plan(UUID.randomUUID(), settings, order, schedule, steps, this.training));
        this.student = new SparkComputationGraph(spark, student, master());
    }

    private void requireRoom(long images) {
        onCluster("room on the executors", () -> {
            Preflight.check(spark, settings.cluster().executors(), images);
            return null;
        });
    }

    /** Where the executors compute, as {@code device}, and versions of what they compute with there, by name. */
    public Map<String, String> devices() {
        return devices;
    }

    private TrainingMaster<?, ?> master() {
        return isAveraging() ? new AveragingMaster(plan) : new DistillingMaster(plan);
    }

    private boolean isAveraging() {
        return settings.cluster().synchronisation() == Settings.Cluster.Synchronisation.AVERAGING && settings.cluster().executors() > 1;
    }

    @Override
    public EpochSums train(int epoch, EpochSums before, StepListener listener) {
        latest = epoch;
        long start = System.nanoTime();
        EpochTally tally = new EpochTally();
        onCluster(ofEpoch("training"), () -> {
            tally.register(spark.sc(), Option.apply(EpochTally.NAME), false);
            RunPlugin.training(tally.id(), stop);
            Broadcast<float[]> following = average.movesEveryStep(epoch) ? spark.broadcast(average.values()) : null;
            try {
                int from = (int) before.steps();
                int shards = shards(from);
                watched(tally, before, listener,
                        () -> fit(new EpochStart(epoch, from, shards, before.skippedSteps(), introduce(shards), tally, following)));
            } finally {
                if (following != null && !spark.sc().isStopped()) {
                    following.destroy();
                }
            }
            return null;
        });
        EpochSums now = new EpochSums(tally.value(), (System.nanoTime() - start) / 1e9);
        EpochSums sums = before.plus(now);
        RunGauge.trained(stepsBefore(epoch), now, sums);
        if (sums.steps() != batches() && !stop.made() && !tooManySkipped(sums)) {
            throw new ClusterFailure("only " + sums.steps() + " of " + batches() + " minibatches were trained in epoch " + (epoch + 1),
                    null);
        }
        return sums;
    }

    /** Passes on how far an epoch is, and ends it when it goes no further. */
    private void watched(EpochTally tally, EpochSums before, StepListener listener, Runnable epoch) {
        Settings.Cluster cluster = settings.cluster();
        Duration stall = Duration.ofSeconds(cluster.stallTimeout());
        // A driver that does the work itself has nobody to replace.
        Runnable alarm = () -> watch.fail("no step was reported for " + cluster.stallTimeout() + " s (cluster.stall-timeout)");
        try (StallWatch stalled =
                new StallWatch(stall.plusSeconds(cluster.startTimeout()), stall, spark.sc().isLocal() ? () -> {} : alarm)) {
            StepListener gauged =
                    RunGauge.following(latest + 1, stepsBefore(latest), before.steps(), settings.training().batch(), listener);
            LiveProgress live = new LiveProgress(tally.id(), before, batches(), (done, total, loss) -> {
                stalled.stepped(done);
                gauged.step(done, total, loss);
            });
            spark.sc().addSparkListener(live);
            try {
                epoch.run();
            } finally {
                spark.sc().removeSparkListener(live);
            }
        }
    }

    /**
     * Does something on the executors.
     *
     * @param what it is, for Spark's pages
     * @throws org.mmard.train.ClusterFailure where it fails because
     * of these
     */
    private <T> T onCluster(String what, Callable<T> work) {
        watch.check(latest + 1);
        T result;
        spark.sc().setJobDescription(what);
        try {
            result = work.call();
        } catch (Exception e) {
            throw watch.explain(e, latest + 1);
        }
        watch.check(latest + 1);
        return result;
    }

    private String ofEpoch(String what) {
        return "epoch " + (latest + 1) + " of " + settings.training().epochs() + ": " + what;
    }

    private long stepsBefore(int epoch) {
        return (long) epoch * batches();
    }

    private int batches() {
        return plan.value().batchesPerEpoch();
    }

    /**
     * Among how many executors the batches from {@code from} on are dealt out: what was left of an epoch when it was interrupted may be
     * fewer than there are executors, and one without any could not take part in a round. Those that average meet between windows, with or
     * without batches.
     */
    private int shards(int from) {
        int executors = settings.cluster().executors();
        return isAveraging() ? executors : Math.min(executors, batches() - from);
    }

    /** The first epoch of all executors, or one in which Spark has more to choose from than will take part. */
    private boolean introduce(int shards) {
        boolean known = introduced;
        introduced = shards == settings.cluster().executors();
        return !known || watch.count() != shards;
    }

    private void fit(EpochStart start) {
        if (student.getTrainingMaster() instanceof AveragingMaster averaging) {
            averaging.start(start);
            int window = settings.cluster().averagingFrequency() * settings.cluster().executors();
            for (int from = start.from(); from < batches() && !isEnough(start); from += window) {
                student.fitMultiDataSet(Shards.of(spark, plan, start.epoch(), start.shards(), from, Math.min(from + window, batches())));
            }
        } else {
            DistillingMaster master = (DistillingMaster) student.getTrainingMaster();
            master.start(start);
            student.fitMultiDataSet(Shards.of(spark, plan, start.epoch(), start.shards(), start.from(), batches()));
            if (start.average() != null) {
                average.values(master.average());
            }
        }
    }

    private boolean isEnough(EpochStart start) {
        return stop.made() || start.skipped() + start.tally().sums().skippedSteps() > plan.value().skippable();
    }

    private boolean tooManySkipped(EpochSums sums) {
        return sums.skippedSteps() > plan.value().skippable();
    }

    /** Does something on the executors that has no state to bring back. */
    private <T> T untilStopped(String what, Callable<T> work) {
        try (StopRequest.Promise promise = stop.promise(spark.sc()::cancelAllJobs)) {
            return onCluster(what, work);
        }
    }

    @Override
    public ValidationAccuracy validate(ComputationGraph model) {
        ValidationAccuracy accuracy = untilStopped(ofEpoch("validation"), () -> new Validation(spark, settings, validation).of(model));
        RunGauge.validated(accuracy);
        return accuracy;
    }

    @Override
    public float[] runningStatistics(ComputationGraph model, int epoch) {
        return untilStopped(ofEpoch("running statistics of the average"), () -> RunningStatistics.of(spark, plan, model, epoch));
    }

    /** Lets go of the executors' copies; the Spark context stays its owner's. */
    @Override
    public void close() {
        // Of questions that are still open when the context stops, Scala's thread pools complain in stack traces; lost executors answer
        // none.
        boolean answered = !watch.failed();
        watch.close();
        if (!spark.sc().isStopped()) {
            plan.destroy(answered);
            training.destroy(answered);
            validation.destroy(answered);
        }
    }
}
