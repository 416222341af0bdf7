package org.mmard.spark;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.mmard.run.EpochSums;
import org.mmard.run.ValidationAccuracy;
import org.mmard.train.StepListener;

/**
 * Where the run that this driver trains stands, as gauges of Spark's metrics system: {@link RunPlugin} registers them, {@link SparkEpochs}
 * sets them, and whatever sink Spark has shows them. A figure that is not known yet is NaN.
 */
enum RunGauge {
    /** The epoch under way, from 1. */
    EPOCH,
    /** Minibatches since the beginning of the run, over all executors. */
    STEP,
    /** Mean outer loss over the epoch's images so far. */
    LOSS,
    /** Of the epoch so far. */
    IMAGES_PER_SECOND,
    /** On the validation part, in [0, 1], when it was last measured. */
    CLEAN_ACCURACY,
    /** Likewise, under PGD. */
    ROBUST_ACCURACY,
    /** Steps that were skipped in epochs that this driver finished. */
    SKIPPED_STEPS,
    /** How often this driver restarted the run after a failure of its cluster. */
    RESTARTS;

    private static @Nullable String run;

    private volatile double value = Double.NaN;

    static void register(MetricRegistry registry) {
        for (RunGauge gauge : values()) {
            registry.register(gauge.name().toLowerCase(Locale.ROOT), (Gauge<Double>) () -> gauge.value);
        }
    }

    /**
     * A run begins, or, where it is the one that this driver trained last, begins again.
     *
     * @param directory its name
     */
    static synchronized void begin(String directory) {
        if (directory.equals(run)) {
            RESTARTS.value = RESTARTS.value + 1;
            return;
        }
        run = directory;
        for (RunGauge gauge : values()) {
            gauge.value = Double.NaN;
        }
        SKIPPED_STEPS.value = 0;
        RESTARTS.value = 0;
    }

    /**
     * Follows an epoch as news of it arrive.
     *
     * @param epoch from 1
     * @param before steps of the run before it
     * @param begun steps of it that were done earlier
     * @param batch images
     *     of a step
     * @param listener whom the news are for
     */
    static StepListener following(int epoch, long before, long begun, int batch, StepListener listener) {
        EPOCH.value = epoch;
        long started = System.nanoTime();
        return (done, total, loss) -> {
            STEP.value = before + done;
            LOSS.value = loss;
            IMAGES_PER_SECOND.value = (done - begun) * batch / ((System.nanoTime() - started) / 1e9);
            listener.step(done, total, loss);
        };
    }

    /**
     * An epoch, or a part of it, is trained.
     *
     * @param before steps of the run before it
     * @param now what was done since it was followed
     * @param all what was done of it altogether
     */
    static synchronized void trained(long before, EpochSums now, EpochSums all) {
        STEP.value = before + all.steps();
        LOSS.value = all.loss();
        IMAGES_PER_SECOND.value = now.images() / now.seconds();
        SKIPPED_STEPS.value = SKIPPED_STEPS.value + now.skippedSteps();
    }

    static void validated(ValidationAccuracy accuracy) {
        CLEAN_ACCURACY.value = accuracy.clean();
        ROBUST_ACCURACY.value = accuracy.robust();
    }
}
