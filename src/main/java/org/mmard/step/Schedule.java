package org.mmard.step;

import java.io.Serializable;
import org.mmard.config.Settings;
import org.mmard.registry.Outside;

/**
 * The learning rate of every step, computed from the step's place in the run (epoch and batch index) and from nothing else:
 * no counter that could drift between executors or be lost at a resume.
 */
public final class Schedule implements Serializable {
    private static final long serialVersionUID = 1L;

    private final RateSchedule schedule;
    private final Settings.Training settings;
    private final int batchesPerEpoch;

    /**
     * @param batchesPerEpoch minibatches of one epoch over all executors, at least 1
     * @throws org.mmard.failure.InputError as {@link RateSchedules#of}
     */
    public Schedule(Settings.Training settings, int batchesPerEpoch) {
        if (batchesPerEpoch < 1) {
            throw new IllegalArgumentException(batchesPerEpoch + " batches per epoch");
        }
        this.schedule = RateSchedules.of(settings);
        this.settings = settings;
        this.batchesPerEpoch = batchesPerEpoch;
    }

    /**
     * The learning rate of batch {@code batch} of epoch {@code epoch}, both from 0: that of {@code training.schedule} at the time epoch +
     * batch / batches per epoch. During warm-up it rises linearly, reaching its full size with the last batch of the warm-up.
     */
    public double at(int epoch, int batch) {
        double time = epoch + (double) batch / batchesPerEpoch;
        double rate = Outside.ask(schedule, () -> schedule.rate(time, settings));
        double stepsDone = (double) epoch * batchesPerEpoch + batch + 1;
        double warmUpSteps = settings.warmUp() * batchesPerEpoch;
        return stepsDone < warmUpSteps ? rate * stepsDone / warmUpSteps : rate;
    }
}
