package org.mmard.method;

import java.util.List;
import java.util.Optional;
import org.mmard.config.InputError;
import org.mmard.config.Settings;
import org.mmard.loss.Objective;
import org.mmard.loss.Prediction;

/** The registry of methods: any inner objective with any outer loss, by name. */
public final class Methods {
    private Methods() {}

    /**
     * Builds the method of {@code method.*}. Where the inner objective is {@code natural}, x' is x and the outer loss takes S(x) for S(x') and
     * T(x) for T(x'). Where the outer loss reads nothing at x', the attack would change nothing and is left out.
     *
     * @throws InputError naming the key whose value is unknown or out of range
     */
    public static Method of(Settings.Method settings) {
        MethodSettings.check(settings);
        InnerObjective innerName = Choice.of("method.inner", settings.inner(), InnerObjective.values());
        OuterLoss outerName = Choice.of("method.outer", settings.outer(), OuterLoss.values());
        Objective outer = outerName.build(settings);
        Optional<Objective> inner = innerName.build(settings).filter(objective -> outer.reads().stream().anyMatch(Prediction::ofAdversarial));
        Objective trained = inner.isPresent() ? outer : new OnNaturalImages(outer);
        List<Prediction> forwards = inner.isPresent() ? outerName.forwards() : List.of(Prediction.STUDENT_NATURAL);
        return new Method(inner, trained, forwards.stream().filter(trained.reads()::contains).toList());
    }
}
