package org.mmard.step;

import java.util.List;
import org.mmard.config.Settings;
import org.mmard.failure.InputError;
import org.mmard.registry.Outside;
import org.mmard.registry.Registry;

/** The learning rate schedules, by name: the built-in ones, and those of jars beside this one. */
public final class RateSchedules {
    private static final Registry<RateSchedule> REGISTRY = new Registry<>(RateSchedule.class, "schedule", List.of(
            new BuiltIn("constant", (time, settings) -> settings.learningRate()),
            new BuiltIn("step", (time, settings) -> settings.learningRate()
                    * Math.pow(settings.decay(), (double) settings.milestones().stream().filter(milestone -> milestone <= time).count())),
            new Piecewise(),
            new BuiltIn("cosine",
                    (time, settings) -> settings.learningRate() * (1 + Math.cos(Math.PI * time / settings.epochs())) / 2)));

    private RateSchedules() {}

    /** The rate at a time, in a form that Java serialization takes. */
    private interface Rate extends java.io.Serializable {
        double at(double time, Settings.Training settings);
    }

    private record BuiltIn(String name, Rate rate) implements RateSchedule {
        @Override
        public double rate(double time, Settings.Training settings) {
            return rate.at(time, settings);
        }
    }

    /**
     * The schedule of {@code training.schedule}: {@code constant}, the base rate; {@code step}, base rate * decay^(number of milestones at
     * or before t); {@code piecewise}, linear between the points (milestone, rate), constant outside them; {@code cosine}, base rate * (1 +
     * cos(pi t / epochs)) / 2 (Loshchilov and Hutter, arXiv 1608.03983, without restarts); or one of another jar.
     *
     * @throws InputError in one line that names the key, where the name is not known or its other settings do not fit it
     */
    public static RateSchedule of(Settings.Training settings) {
        RateSchedule found = REGISTRY.find(settings.schedule()).orElseThrow(() -> new InputError(
                "training.schedule is \"" + settings.schedule() + "\": give one of " + REGISTRY.names()));
        Outside.tell(found, () -> found.check(settings));
        return found;
    }
}
