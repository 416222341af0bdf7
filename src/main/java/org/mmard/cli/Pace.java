package org.mmard.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;

/** How far a run is and how fast it goes, as one line of text. Safe for any thread. */
final class Pace {
    private final InstantSource clock;
    private final int epochs;
    private final int batch;
    private Instant start = Instant.EPOCH;
    private int firstEpoch;
    private int epoch;
    private Instant epochStart = Instant.EPOCH;
    private long done;
    private long total;
    private double loss;

    /**
     * @param epochs of the whole run
     * @param batch images per step
     */
    Pace(InstantSource clock, int epochs, int batch) {
        this.clock = clock;
        this.epochs = epochs;
        this.batch = batch;
    }

    /** @param epoch counted from 1 */
    synchronized void epochStarts(int epoch) {
        if (firstEpoch == 0) {
            firstEpoch = epoch;
            start = clock.instant();
        }
        this.epoch = epoch;
        epochStart = clock.instant();
        done = 0;
        total = 0;
        loss = Double.NaN;
    }

    /** News from the cluster may overtake one another; only the furthest counts. */
    synchronized void step(long done, long total, double loss) {
        if (done > this.done) {
            this.done = done;
            this.total = total;
            this.loss = loss;
        }
    }

    /** For example {@code epoch  3/30  step 12/79  loss 1.2345    412 images/s  left 0:04:12}. */
    synchronized String line() {
        if (total == 0) {
            return String.format(Locale.ROOT, "%s  starting", epochOf());
        }
        int width = Long.toString(total).length();
        double seconds = seconds(epochStart);
        return String.format(Locale.ROOT, "%s  step %" + width + "d/%d  loss %.4f  %5.0f images/s  left %s",
                epochOf(), done, total, loss, seconds > 0 ? done * batch / seconds : 0, ClockFace.of(Math.round(secondsLeft())));
    }

    synchronized double fractionOfEpoch() {
        return total == 0 ? 0 : (double) done / total;
    }

    private String epochOf() {
        int width = Integer.toString(epochs).length();
        return String.format(Locale.ROOT, "epoch %" + width + "d/%d", epoch, epochs);
    }

    private double secondsLeft() {
        double trained = epoch - firstEpoch + fractionOfEpoch();
        double left = epochs - epoch + 1 - fractionOfEpoch();
        return seconds(start) / trained * left;
    }

    private double seconds(Instant since) {
        return Duration.between(since, clock.instant()).toMillis() / 1000.0;
    }
}
