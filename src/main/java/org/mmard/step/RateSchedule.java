package org.mmard.step;

import java.io.Serializable;
import org.mmard.config.Settings;
import org.mmard.registry.Named;

/**
 * What {@code training.schedule} names: the learning rate as a function of time. One of your own is a class with a public constructor
 * without parameters, named in {@code META-INF/services/org.mmard.step.RateSchedule} of a jar beside this one:
 *
 * <pre>{@code
 * public final class Linear implements RateSchedule {
 *     public String name() {
 *         return "linear";
 *     }
 *
 *     public double rate(double time, Settings.Training settings) {
 *         return settings.learningRate() * (1 - time / settings.epochs());
 *     }
 * }
 * }</pre>
 *
 * <p>Holds no state: executors get a copy by Java serialization, and a resumed run asks again for rates that it had.
 */
public interface RateSchedule extends Named, Serializable {
    /**
     * The learning rate of a step, without warm-up, which {@link Schedule} puts over every schedule.
     *
     * @param time of the step in epochs: 0 at the first, epoch + batch / batches per epoch, below {@code settings.epochs()}
     * @param settings all of {@code training.*}: base rate, milestones, rates and decay mean what the schedule makes of them
     * @return finite, 0 or above
     */
    double rate(double time, Settings.Training settings);

    /**
     * Checks what it reads of the settings, once, before anything starts; accepts everything by default.
     *
     * @throws org.mmard.failure.InputError in one line that names the key and says what to give
     */
    default void check(Settings.Training settings) {}
}
