package org.mmard.method;

import static org.mmard.loss.Prediction.Image.ADVERSARIAL;
import static org.mmard.loss.Prediction.Image.MIRRORED;
import static org.mmard.loss.Prediction.Image.NATURAL;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.mmard.config.Settings;
import org.mmard.failure.InputError;
import org.mmard.loss.Prediction;
import org.mmard.loss.Triangle;
import org.mmard.loss.WeightedSum;
import org.mmard.loss.WeightedSum.Weighted;

/**
 * The named outer losses L, which the student minimises, each with the order of its published code's forwards. {@link OuterTerms} has their
 * terms, docs/method.md their formulas.
 */
enum OuterLoss {
    PLAIN("natural", OuterTerms::natural, NATURAL),
    PGD_AT("pgd-at", OuterTerms::pgdAt, ADVERSARIAL),
    TRADES("trades", OuterTerms::trades, NATURAL, ADVERSARIAL),
    MART("mart", OuterTerms::mart, NATURAL, ADVERSARIAL),
    ARD("ard", OuterTerms::ard, ADVERSARIAL, NATURAL),
    IAD("iad", OuterTerms::iad, ADVERSARIAL, NATURAL),
    IAD_PAPER("iad-paper", OuterTerms::iadPaper, ADVERSARIAL, NATURAL),
    RSLAD("rslad", OuterTerms::rslad, ADVERSARIAL, NATURAL),
    ADAAD("adaad", OuterTerms::adaad, NATURAL, ADVERSARIAL),
    IGDM("igdm", OuterTerms::igdm, ADVERSARIAL, MIRRORED),
    SAAD("saad", OuterTerms::saad, ADVERSARIAL, MIRRORED, NATURAL),
    EQUATION_4("equation-4", OuterTerms::equation4, ADVERSARIAL, NATURAL),
    /** Equation 4 and the triangle. */
    MMARD("mmard", OuterTerms::equation4, ADVERSARIAL, NATURAL);

    private static final String KEY = "method.outer";
    private static final String ADDITION = "triangle";

    private final String key;
    private final Function<OuterTerms, List<Weighted>> terms;
    private final List<Prediction.Image> forwards;

    OuterLoss(String key, Function<OuterTerms, List<Weighted>> terms, Prediction.Image... forwards) {
        this.key = key;
        this.terms = terms;
        this.forwards = List.of(forwards);
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
        if (selection.extended() && selection.choice() == MMARD) {
            throw selection.refusal(KEY, ADDITION, "mmard has the triangle already");
        }
        List<Weighted> parts = new ArrayList<>(selection.choice().terms.apply(new OuterTerms(settings, progress, selection.choice().key)));
        if (selection.extended() || selection.choice() == MMARD) {
            Set<Triangle.Corner> corners = EnumSet.noneOf(Triangle.Corner.class);
            settings.triangle().corners().forEach(corner -> corners.add(Triangle.Corner.valueOf(corner.name())));
            parts.add(new Weighted(settings.b(), new Triangle(settings.triangle().smoothing(), corners)));
        }
        return new WeightedSum(
                parts.stream().map(part -> new Weighted(settings.scale() * part.weight(), part.term())).toArray(Weighted[]::new));
    }

    /** The images of the student's forwards in the order in which the published code computes them. */
    static List<Prediction.Image> forwards(Settings.Method settings) {
        return selection(settings).choice().forwards;
    }

    private static Selection<OuterLoss> selection(Settings.Method settings) {
        return Selection.of(KEY, settings.outer(), values(), ADDITION);
    }

    @Override
    public String toString() {
        return key;
    }
}
