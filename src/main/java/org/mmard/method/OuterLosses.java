package org.mmard.method;

import static org.mmard.loss.Prediction.Image.ADVERSARIAL;
import static org.mmard.loss.Prediction.Image.MIRRORED;
import static org.mmard.loss.Prediction.Image.NATURAL;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.mmard.config.Settings;
import org.mmard.failure.InputError;
import org.mmard.loss.Prediction;
import org.mmard.loss.WeightedSum;
import org.mmard.loss.WeightedSum.Weighted;
import org.mmard.registry.Outside;
import org.mmard.registry.Registry;

/**
 * The outer losses L by name, each with the order of its published code's forwards. {@link OuterTerms} has the terms of the built-in ones,
 * docs/method.md their formulas.
 */
final class OuterLosses {
    private static final String KEY = "method.outer";
    private static final String ADDITION = "triangle";
    private static final Registry<OuterLoss> REGISTRY = new Registry<>(OuterLoss.class, "outer loss", List.of(
            new BuiltIn("natural", OuterTerms::natural, NATURAL),
            new BuiltIn("pgd-at", OuterTerms::pgdAt, ADVERSARIAL),
            new BuiltIn("trades", OuterTerms::trades, NATURAL, ADVERSARIAL),
            new BuiltIn("mart", OuterTerms::mart, NATURAL, ADVERSARIAL),
            new BuiltIn("ard", OuterTerms::ard, ADVERSARIAL, NATURAL),
            new BuiltIn("iad", OuterTerms::iad, ADVERSARIAL, NATURAL),
            new BuiltIn("iad-paper", OuterTerms::iadPaper, ADVERSARIAL, NATURAL),
            new BuiltIn("rslad", OuterTerms::rslad, ADVERSARIAL, NATURAL),
            new BuiltIn("adaad", OuterTerms::adaad, NATURAL, ADVERSARIAL),
            new BuiltIn("igdm", OuterTerms::igdm, ADVERSARIAL, MIRRORED),
            new BuiltIn("saad", OuterTerms::saad, ADVERSARIAL, MIRRORED, NATURAL),
            new BuiltIn("equation-4", OuterTerms::equation4, ADVERSARIAL, NATURAL),
            new BuiltIn("mmard", OuterTerms::mmard, ADVERSARIAL, NATURAL)));

    private OuterLosses() {}

    private record BuiltIn(String name, Function<OuterTerms, List<Weighted>> terms, List<Prediction.Image> forwards) implements OuterLoss {
        BuiltIn(String name, Function<OuterTerms, List<Weighted>> terms, Prediction.Image... forwards) {
            this(name, terms, List.of(forwards));
        }

        @Override
        public List<Weighted> terms(Settings.Method settings, TrainingProgress progress) {
            return terms.apply(new OuterTerms(settings, progress, name));
        }
    }

    /**
     * @throws org.mmard.failure.InputError for an unknown name, an addition that adds nothing or a weight that leaves nothing to minimise
     */
    static WeightedSum of(Settings.Method settings, TrainingProgress progress) {
        try {
            return sum(settings, progress);
        } catch (IllegalArgumentException e) {
            // Each key is in its range, but their product is not.
            throw new InputError(KEY + " \"" + settings.outer() + "\" comes to " + e.getMessage()
                    + ": bring method.scale, method.temperature, method.alpha, method.beta or method.b nearer to 1", e);
        }
    }

    private static WeightedSum sum(Settings.Method settings, TrainingProgress progress) {
        Selection<OuterLoss> selection = selection(settings);
        OuterLoss loss = selection.choice();
        List<Weighted> parts = Outside.ask(loss, () -> new ArrayList<>(loss.terms(settings, progress)));
        if (selection.extended()) {
            Weighted triangle = OuterTerms.triangle(settings);
            if (parts.stream().anyMatch(part -> part.term().name().equals(triangle.term().name()))) {
                throw selection.refusal(KEY, ADDITION, selection.choice().name() + " has the triangle already");
            }
            parts.add(triangle);
        }
        return new WeightedSum(
                parts.stream().map(part -> new Weighted(settings.scale() * part.weight(), part.term())).toArray(Weighted[]::new));
    }

    /** The images of the student's forwards in the order in which the published code computes them. */
    static List<Prediction.Image> forwards(Settings.Method settings) {
        OuterLoss loss = selection(settings).choice();
        return Outside.ask(loss, loss::forwards);
    }

    private static Selection<OuterLoss> selection(Settings.Method settings) {
        return Selection.of(KEY, settings.outer(), REGISTRY, ADDITION);
    }
}
