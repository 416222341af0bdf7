package org.mmard.attack;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleFunction;
import org.bytedeco.pytorch.Tensor;
import org.mmard.config.InputError;
import org.mmard.config.Settings;
import org.mmard.data.RandomStreams;
import org.mmard.engine.Classifier;
import org.mmard.loss.CrossEntropy;
import org.mmard.loss.CwMargin;
import org.mmard.loss.Objective;
import org.mmard.loss.Prediction;
import org.mmard.loss.Predictions;
import org.mmard.loss.Term;
import org.mmard.loss.WeightedSum;

/**
 * The attacks of an evaluation, by name, with the constants of the field (RSLAD's evaluation set, arXiv 2108.07969):
 * {@code fgsm} one step of epsilon from x (Goodfellow et al., arXiv 1412.6572); {@code pgd20} 20 steps of 2/255; {@code pgd-trades} 20 steps of
 * 0.003; {@code cw} 30 steps of 2/255 on the margin max_{j != y} z_j - z_y (the loss of Carlini and Wagner, arXiv 1608.04644, inside the
 * L-infinity ball). All but fgsm start uniformly in the ball, clipped to [0, 1]. Cross-entropy is climbed where nothing else is said.
 * Step sizes are stated for epsilon 8/255 and scale with it.
 */
public final class Attacks {
    /** What {@code clean} stands for: no attack. */
    public static final String CLEAN = "clean";

    /** The usual radius, 8/255. */
    public static final double EPSILON = 8 / 255.0;

    private static final Map<String, DoubleFunction<Attack>> KNOWN = new LinkedHashMap<>();

    static {
        Term crossEntropy = new CrossEntropy(Prediction.STUDENT_ADVERSARIAL);
        KNOWN.put("fgsm", epsilon -> new Steepest("fgsm", new Pgd(WeightedSum.of(crossEntropy), epsilon, epsilon, 1), new Starts(Starts.Kind.NONE, 0, true)));
        KNOWN.put("pgd20", epsilon -> steps("pgd20", crossEntropy, epsilon, 2 / 255.0, 20));
        KNOWN.put("pgd-trades", epsilon -> steps("pgd-trades", crossEntropy, epsilon, 0.003, 20));
        KNOWN.put("cw", epsilon -> steps("cw", new CwMargin(Prediction.STUDENT_ADVERSARIAL), epsilon, 2 / 255.0, 30));
    }

    private Attacks() {}

    /**
     * The attacks of a comma-separated list, in its order. {@code clean} may stand among them and adds nothing: clean accuracy is always taken.
     *
     * @throws InputError for a name that is not known or stands there twice
     */
    public static List<Attack> named(String list, double epsilon) {
        List<Attack> attacks = new ArrayList<>();
        List<String> names = Arrays.stream(list.split(",")).map(String::trim).toList();
        for (String name : names) {
            if (name.equals(CLEAN)) {
                continue;
            }
            DoubleFunction<Attack> known = KNOWN.get(name);
            if (known == null) {
                throw new InputError("unknown attack '" + name + "': there are " + CLEAN + ", " + String.join(", ", KNOWN.keySet()));
            }
            if (attacks.stream().anyMatch(attack -> attack.name().equals(name))) {
                throw new InputError("attack '" + name + "' is named twice");
            }
            attacks.add(known.apply(epsilon));
        }
        return attacks;
    }

    /** PGD on cross-entropy from a uniform start, as {@code pgd20} but with the steps that select a checkpoint. */
    public static Attack validation(Settings.Attack attack, Settings.Validation validation) {
        Objective objective = WeightedSum.of(new CrossEntropy(Prediction.STUDENT_ADVERSARIAL));
        return new Steepest("pgd" + validation.steps(), new Pgd(objective, attack.epsilon(), validation.stepSize(), validation.steps()),
                new Starts(Starts.Kind.UNIFORM, attack.epsilon(), true));
    }

    private static Attack steps(String name, Term term, double epsilon, double stepSize, int steps) {
        return new Steepest(name, new Pgd(WeightedSum.of(term), epsilon, stepSize * epsilon / EPSILON, steps), new Starts(Starts.Kind.UNIFORM, epsilon, true));
    }

    /** PGD from a start, against one model. */
    private record Steepest(String name, Pgd pgd, Starts starts) implements Attack {
        @Override
        public Tensor perturb(Classifier model, Tensor natural, int[] labels, int[] records, long seed) {
            // The name stands where training has the epoch, so that no two attacks share their draws.
            Tensor start = starts.from(natural, RandomStreams.Purpose.EVALUATION, seed, name.hashCode(), records);
            return pgd.perturb(Map.of(Prediction.STUDENT_ADVERSARIAL, model), natural, new Predictions(labels), start);
        }
    }
}
