package org.mmard.attack;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Logits;
import org.mmard.loss.CrossEntropy;
import org.mmard.loss.Dlr;
import org.mmard.loss.Prediction;
import org.mmard.loss.TargetedDlr;
import org.mmard.loss.Term;

/**
 * Auto-PGD in the L-infinity ball (Croce and Hein, "Reliable evaluation of adversarial robustness with an ensemble of diverse
 * parameter-free attacks", ICML 2020, arXiv 2003.01690, algorithm 1): projected sign-gradient ascent with momentum, whose step size each
 * example chooses for itself. With P the clipping to the ball and to [0, 1],
 *
 * <pre>
 * x_0     = P(x + epsilon t / max|t|),   t uniform in [-1, 1] per value
 * z_{k+1} = P(x_k + step sign(dJ/dx_k)),                              step = 2 epsilon at first
 * x_{k+1} = P(x_k + a (z_{k+1} - x_k) + (1 - a) (x_k - x_{k-1})),     a = 0.75, in the first step 1
 * </pre>
 *
 * At checkpoints the step is halved, and the search goes on from the best point so far, where J rose in at most three quarters of the steps
 * since the last checkpoint, or where neither the step nor the best J has changed since then. The checkpoints lie 22 % of the steps after
 * the start, then each distance 3 % shorter than the one before, down to 6 %.
 *
 * <p>An example is given up as soon as it is misclassified: the flag is what counts. Targeted, the attack makes one run per target class,
 * the 2nd, 3rd, ... most likely one of the natural image, over the examples that are left.
 *
 * @param name what it is called
 * @param loss J
 * @param epsilon radius, in [0, 1] image units
 * @param steps of each run; 100 in AutoAttack
 * @param restarts runs per target, each from a start of its own; 1 in AutoAttack's standard version
 * @param targets most classes to aim at, of those there are; 9 in AutoAttack; counts for a targeted loss only
 */
public record Apgd(String name, Loss loss, double epsilon, int steps, int restarts, int targets) implements Attack {
    /** What is climbed. */
    public enum Loss {
        CROSS_ENTROPY(2),
        /** Difference of logits ratio. It needs a third class. */
        DLR(3),
        /** The same, towards a target class. It needs a fourth class. */
        TARGETED_DLR(4);

        private final int fewestClasses;

        Loss(int fewestClasses) {
            this.fewestClasses = fewestClasses;
        }

        /** @param targets class aimed at, per example; only the targeted loss looks at it */
        Term term(int[] targets) {
            return switch (this) {
                case CROSS_ENTROPY -> new CrossEntropy(Prediction.STUDENT_ADVERSARIAL);
                case DLR -> new Dlr(Prediction.STUDENT_ADVERSARIAL);
                case TARGETED_DLR -> new TargetedDlr(Prediction.STUDENT_ADVERSARIAL, targets);
            };
        }
    }

    public Apgd {
        if (!(epsilon > 0 && epsilon <= 1) || steps < 1 || restarts < 1 || targets < 1) {
            throw new IllegalArgumentException(
                    "epsilon " + epsilon + ", " + steps + " steps, " + restarts + " restarts, " + targets + " targets");
        }
    }

    @Override
    public int fewestClasses() {
        return loss.fewestClasses;
    }

    @Override
    public Map<String, Object> parameters() {
        return new TreeMap<>(Map.of("steps", steps, "restarts", restarts, "targets", loss == Loss.TARGETED_DLR ? targets : 1));
    }

    @Override
    public Tensor perturb(Classifier model, Examples examples, RandomSource random) {
        Tensor adversarial = examples.images().clone();
        try (PointerScope scope = new PointerScope()) {
            Logits natural = model.logits(examples.images());
            int aims = loss == Loss.TARGETED_DLR ? Math.min(targets, model.classes() - 1) : 1;
            int[] left = IntStream.range(0, examples.count()).toArray();
            for (int number = 0; number < aims * restarts && left.length > 0; number++) {
                left = run(model, examples, TargetClasses.ranked(natural, 2 + number / restarts), number, random, left, adversarial);
            }
        }
        return adversarial;
    }

    /**
     * One run over the examples at the places {@code left}, whose adversarial images it fills in. Returns the places that it did not break.
     */
    private int[] run(Classifier model, Examples all, int[] classes, int number, RandomSource random, int[] left, Tensor adversarial) {
        try (PointerScope scope = new PointerScope()) {
            ApgdRun run =
                    new ApgdRun(this, model, all.at(left), Arrays.stream(left).map(place -> classes[place]).toArray(), number, random);
            int[] places = left;
            for (int step = 0; places.length > 0; step++) {
                int[] broken = run.broken();
                if (broken.length > 0) {
                    adversarial.index_copy_(0, LibTorch.indices(Indices.of(places, broken)),
                            run.adversarial().index_select(0, LibTorch.indices(broken)));
                    int[] kept = Indices.without(places.length, broken);
                    places = Indices.of(places, kept);
                    run.keep(kept);
                }
                if (step == steps || places.length == 0) {
                    break;
                }
                run.step();
            }
            return places;
        }
    }
}
