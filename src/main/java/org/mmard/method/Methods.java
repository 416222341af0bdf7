package org.mmard.method;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.mmard.config.Settings;
import org.mmard.failure.InputError;
import org.mmard.loss.Objective;
import org.mmard.loss.Prediction;

/** The registry of methods: any inner objective with any outer loss, by name. */
public final class Methods {
    private Methods() {}

    /**
     * Builds the method of {@code method.*} as it is at a point of the training. Where the inner objective is {@code natural}, x' is x and
     * the outer loss takes S(x) for S(x') and T(x) for T(x'). Where neither the outer loss nor a forward is of x', the attack would change
     * nothing and is left out.
     *
     * @throws InputError naming the key whose value is unknown or does not fit the others
     */
    public static Method of(Settings.Method settings, TrainingProgress progress) {
        Objective outer = OuterLosses.of(settings, progress);
        List<Prediction> forwards =
                settings.forwards() == null ? usual(outer, settings) : asked(outer, settings.outer(), settings.forwards());
        Optional<Objective> inner =
                InnerObjectives.of(settings).filter(attack -> Method.leavesNatural(outer.reads()) || Method.leavesNatural(forwards));
        if (inner.isPresent()) {
            return new Method(inner, outer, forwards, settings.lambda());
        }
        List<Prediction> onNatural = forwards.stream().map(OnNaturalImages::natural).toList();
        return new Method(inner, new OnNaturalImages(outer), settings.forwards() == null ? onNatural.subList(0, 1) : onNatural,
                settings.lambda());
    }

    /**
     * The inner objective of {@code method.inner} alone, or empty where it makes no attack.
     *
     * @throws InputError where its value is unknown or adds nothing
     */
    public static Optional<Objective> inner(Settings.Method settings) {
        return InnerObjectives.of(settings);
    }

    /** What the outer loss reads, in the order of its published code; what an addition reads besides comes last. */
    private static List<Prediction> usual(Objective outer, Settings.Method settings) {
        List<Prediction> forwards = new ArrayList<>(OuterLosses.forwards(settings).stream().map(Prediction::ofStudent).toList());
        outer.reads().stream().filter(which -> !which.ofTeacher() && !forwards.contains(which)).forEach(forwards::add);
        forwards.retainAll(outer.reads());
        return forwards;
    }

    private static List<Prediction> asked(Objective outer, String name, List<Settings.Method.Forward> images) {
        List<Prediction> forwards = images.stream()
                .map(image -> Prediction.ofStudent(Prediction.Image.valueOf(image.name()))).toList();
        String missing = outer.reads().stream().filter(which -> !which.ofTeacher() && !forwards.contains(which))
                .map(which -> which.image().name().toLowerCase(Locale.ROOT)).collect(Collectors.joining(", "));
        if (!missing.isEmpty()) {
            throw new InputError(
                    "method.forwards is " + images + ": outer loss " + name + " needs " + missing + " too");
        }
        return forwards;
    }
}
