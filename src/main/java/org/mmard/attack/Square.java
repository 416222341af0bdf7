package org.mmard.attack;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.mmard.data.ImageShape;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;

/**
 * The Square attack in the L-infinity ball (Andriushchenko, Croce, Flammarion, Hein, "Square Attack: a query-efficient black-box
 * adversarial attack via random search", ECCV 2020, arXiv 1912.00049): random search that sees the model's answers only.
 *
 * <p>It starts at P(x + s), s = +-epsilon at random for each channel and column (vertical stripes). Each query takes a square window at
 * random, sets all of it to P(x + s_c) with s_c = +-epsilon at random for each channel c, and keeps the change where the margin z_y -
 * max_{j != y} z_j becomes smaller. P clips to [0, 1]. The window covers a share p of the image: its side is round(sqrt(p height width)),
 * at least 1 and at most the image's shorter side. p is 0.8 at first, and is halved after the queries 10, 50, 200, 500, 1000, 2000, 4000,
 * 6000 and 8000, counted from 0. An example is done when its margin is not above 0.
 *
 * <p>As in the paper each example has windows of its own; AutoAttack's code shares one window over a batch, which would make an example's
 * result depend on its neighbours.
 *
 * @param name what it is called
 * @param epsilon radius, in [0, 1] image units
 * @param queries per restart, not counting the start; 5000 in AutoAttack
 * @param restarts how many times the search is begun; 1 in AutoAttack's standard version
 */
public record Square(String name, double epsilon, int queries, int restarts) implements Attack {
    private static final double SHARE = 0.8;
    private static final int[] HALVED_AFTER = {10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000};

    public Square {
        if (!(epsilon > 0 && epsilon <= 1) || queries < 1 || restarts < 1) {
            throw new IllegalArgumentException("epsilon " + epsilon + ", " + queries + " queries, " + restarts + " restarts");
        }
    }

    @Override
    public Map<String, Object> parameters() {
        return new TreeMap<>(Map.of("queries", queries, "restarts", restarts));
    }

    @Override
    public Tensor perturb(Classifier model, Examples examples, RandomSource random) {
        float[] adversarial = LibTorch.values(examples.images());
        try (PointerScope scope = new PointerScope()) {
            var natural = model.logits(examples.images());
            int[] left = IntStream.range(0, examples.count()).filter(n -> natural.argMax(n) == examples.labels()[n]).toArray();
            for (int restart = 0; restart < restarts && left.length > 0; restart++) {
                left = run(model, examples, restart, random, left, adversarial);
            }
        }
        return LibTorch.images(examples.shape(), adversarial);
    }

    /**
     * One search over the examples at the places {@code left}, whose adversarial images it fills in. Returns the places that it did not
     * break.
     */
    private int[] run(Classifier model, Examples all, int restart, RandomSource random, int[] left, float[] adversarial) {
        try (PointerScope scope = new PointerScope()) {
            SquareRun run = new SquareRun(model, all.at(left), (float) epsilon, restart, random);
            int[] places = left;
            for (int query = -1; query < queries && places.length > 0; query++) {
                if (query >= 0) {
                    run.query(side(query, all.shape()));
                }
                int[] broken = run.broken();
                if (broken.length > 0) {
                    for (int n : broken) {
                        run.best(n, adversarial, places[n] * all.shape().size());
                    }
                    int[] kept = Indices.without(places.length, broken);
                    places = Indices.of(places, kept);
                    run.keep(kept);
                }
            }
            return places;
        }
    }

    /** Side of the window in a query, in pixels. */
    static int side(int query, ImageShape shape) {
        double share = SHARE;
        for (int after : HALVED_AFTER) {
            share /= query > after ? 2 : 1;
        }
        int side = (int) Math.rint(Math.sqrt(share) * Math.sqrt(shape.plane()));
        return Math.max(Math.min(side, Math.min(shape.height(), shape.width())), 1);
    }
}
