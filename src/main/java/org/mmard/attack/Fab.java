package org.mmard.attack;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Logits;

/**
 * The fast adaptive boundary attack, targeted, in the L-infinity norm (Croce and Hein, "Minimally distorted adversarial examples with a
 * fast adaptive boundary attack", ICML 2020, arXiv 1907.02044; its targeted form is from arXiv 2003.01690). It looks for the misclassified
 * point nearest to x, whatever epsilon is, and succeeds where that is within epsilon.
 *
 * <p>Each step takes the boundary between label y and target t for the plane on which f = z_t - z_y, linearised at x_k, is 0, and projects
 * both x_k and x onto it within [0, 1] ({@link BoxProjection}), the ways being d and d'. With the overshoot e = 1.05,
 *
 * <pre>
 * bias    = min(max|d| / (max|d| + max|d'|), 0.1)
 * x_{k+1} = clip_[0,1]((1 - bias) (x_k + e d) + bias (x + e d'))
 * </pre>
 *
 * and where x_{k+1} is misclassified, whatever it is taken for, its distance is noted and the search goes on from x + 0.9 (x_{k+1} - x). It
 * starts at x itself: nothing in it is random. One run per target class, the 2nd, 3rd, ... most likely one of x, over the examples that are
 * left; an example is given up as soon as a point within epsilon is found.
 *
 * @param name what it is called
 * @param epsilon radius, in [0, 1] image units
 * @param steps of each run; 100 in AutoAttack
 * @param targets most classes to aim at, of those there are; 9 in AutoAttack
 */
public record Fab(String name, double epsilon, int steps, int targets) implements Attack {
    public Fab {
        if (!(epsilon > 0 && epsilon <= 1) || steps < 1 || targets < 1) {
            throw new IllegalArgumentException("epsilon " + epsilon + ", " + steps + " steps, " + targets + " targets");
        }
    }

    @Override
    public Map<String, Object> parameters() {
        return new TreeMap<>(Map.of("steps", steps, "targets", targets));
    }

    @Override
    public Tensor perturb(Classifier model, Examples examples, RandomSource random) {
        float[] adversarial = LibTorch.values(examples.images());
        try (PointerScope scope = new PointerScope()) {
            Logits natural = model.logits(examples.images());
            int[] left = IntStream.range(0, examples.count()).filter(n -> natural.argMax(n) == examples.labels()[n]).toArray();
            for (int rank = 2; rank <= Math.min(targets, model.classes() - 1) + 1 && left.length > 0; rank++) {
                left = run(model, examples, TargetClasses.ranked(natural, rank), left, adversarial);
            }
        }
        return LibTorch.images(examples.shape(), adversarial);
    }

    /**
     * One run over the examples at the places {@code left}, whose adversarial images it fills in. Returns the places that it did not break.
     */
    private int[] run(Classifier model, Examples all, int[] targets, int[] left, float[] adversarial) {
        try (PointerScope scope = new PointerScope()) {
            FabRun run = new FabRun(model, all.at(left), Indices.of(targets, left));
            int size = all.shape().size();
            int[] places = left;
            for (int step = 0; step < steps && places.length > 0; step++) {
                run.step();
                float[] distances = run.distances();
                int[] broken = IntStream.range(0, places.length).filter(n -> distances[n] <= (float) epsilon).toArray();
                if (broken.length > 0) {
                    for (int n : broken) {
                        System.arraycopy(run.nearest(), n * size, adversarial, places[n] * size, size);
                    }
                    int[] kept = Indices.without(places.length, broken);
                    places = Indices.of(places, kept);
                    run.keep(kept);
                }
            }
            return places;
        }
    }
}
