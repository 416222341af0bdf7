package org.mmard.attack;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Logits;
import org.mmard.loss.Prediction;
import org.mmard.loss.Predictions;
import org.mmard.loss.Term;

/** One run of {@link Apgd} over a batch, step by step. Its tensors live in the scope that was the current one when it was made. */
final class ApgdRun {
    private static final double MOMENTUM = 0.75;
    private static final double MUST_RISE_IN = 0.75;

    private final Apgd attack;
    private final Classifier model;
    private List<Search> searches;
    private Ball ball;
    private Tensor current;
    private Tensor previous;
    private Tensor gradient;
    private Tensor best;
    private Tensor bestGradient;
    private Tensor adversarial;
    private Tensor stepSizes;
    private boolean moved;
    private int distance;
    private int sinceCheckpoint;

    /** What the search for one example remembers. */
    private static final class Search {
        final int label;
        final int target;
        float stepSize;
        double bestLoss = Double.NEGATIVE_INFINITY;
        double bestLossAtCheckpoint;
        // As in the official code, the first step counts as a rise where its loss is above 0, not where it is above the start's.
        double lastLoss = 0;
        int rises;
        boolean reduced = true;
        boolean broken;

        Search(int label, int target, double stepSize) {
            this.label = label;
            this.target = target;
            this.stepSize = (float) stepSize;
        }
    }

    /**
     * Takes its place at x_0 and looks at it.
     *
     * @param targets class aimed at, per example
     * @param number of the run, for its draws
     */
    ApgdRun(Apgd attack, Classifier model, Examples examples, int[] targets, int number, RandomSource random) {
        this.attack = attack;
        this.model = model;
        searches = new ArrayList<>();
        for (int i = 0; i < examples.count(); i++) {
            searches.add(new Search(examples.labels()[i], targets[i], 2 * attack.epsilon()));
        }
        ball = Ball.around(examples.images(), attack.epsilon());
        current = ball.project(examples.images().add(LibTorch.images(examples.shape(), noise(examples, number, random))));
        previous = current.clone();
        best = current.clone();
        adversarial = current.clone();
        gradient = current.clone();
        bestGradient = current.clone();
        stepSizes = stepSizes();
        distance = Math.max((int) (0.22 * attack.steps()), 1);
        look();
        searches.forEach(search -> search.bestLossAtCheckpoint = search.bestLoss);
    }

    /** epsilon t / max|t|, t uniform in [-1, 1]. */
    private float[] noise(Examples examples, int number, RandomSource random) {
        int size = examples.shape().size();
        float[] noise = new float[examples.count() * size];
        for (int i = 0; i < examples.count(); i++) {
            RandomGenerator stream = random.stream(examples.records()[i], number);
            int from = i * size;
            float largest = 0;
            for (int at = from; at < from + size; at++) {
                noise[at] = 2 * (float) stream.nextDouble() - 1;
                largest = Math.max(largest, Math.abs(noise[at]));
            }
            for (int at = from; at < from + size; at++) {
                noise[at] = (float) attack.epsilon() * (noise[at] / (largest + 1e-12f));
            }
        }
        return noise;
    }

    /** One step from x_k to x_{k+1}, and a look at it. */
    void step() {
        try (PointerScope scope = new PointerScope()) {
            double weight = moved ? MOMENTUM : 1;
            Tensor straight = ball.project(gradient.sign().mul_(stepSizes).add_(current));
            Tensor next = ball.project(
                    straight.sub_(current).mul_(new Scalar(weight)).add_(current).add_(current.sub(previous), new Scalar(1 - weight)));
            previous.copy_(current);
            current.copy_(next);
        }
        moved = true;
        double[] losses = look();
        for (int n = 0; n < losses.length; n++) {
            Search search = searches.get(n);
            search.rises += losses[n] > search.lastLoss ? 1 : 0;
            search.lastLoss = losses[n];
        }
        if (++sinceCheckpoint == distance) {
            checkpoint();
        }
    }

    /** Computes loss, gradient and answer at x_k, and remembers what is best and what is broken. */
    private double[] look() {
        try (PointerScope scope = new PointerScope()) {
            Classifier.Pass pass = model.forward(current);
            Logits logits = pass.logits();
            Term term = attack.loss().term(searches.stream().mapToInt(search -> search.target).toArray());
            Map<Prediction, Logits> gradients = new EnumMap<>(Prediction.class);
            gradients.put(Prediction.STUDENT_ADVERSARIAL, Logits.zeros(logits.examples(), logits.classes()));
            int[] labels = searches.stream().mapToInt(search -> search.label).toArray();
            double[] ones = new double[labels.length];
            Arrays.fill(ones, 1);
            double[] losses = term.evaluate(new Predictions(labels).with(Prediction.STUDENT_ADVERSARIAL, logits), ones, gradients);
            gradient.copy_(pass.inputGradient(gradients.get(Prediction.STUDENT_ADVERSARIAL)));
            boolean[] wrong = new boolean[labels.length];
            boolean[] better = new boolean[labels.length];
            for (int n = 0; n < labels.length; n++) {
                Search search = searches.get(n);
                wrong[n] = logits.argMax(n) != search.label;
                search.broken |= wrong[n];
                better[n] = losses[n] > search.bestLoss;
                search.bestLoss = better[n] ? losses[n] : search.bestLoss;
            }
            copy(current, adversarial, Indices.where(wrong));
            copy(current, best, Indices.where(better));
            copy(gradient, bestGradient, Indices.where(better));
            return losses;
        }
    }

    private void checkpoint() {
        for (Search search : searches) {
            boolean oscillates = search.rises <= MUST_RISE_IN * distance;
            boolean stalls = !search.reduced && search.bestLossAtCheckpoint >= search.bestLoss;
            search.reduced = oscillates || stalls;
            search.bestLossAtCheckpoint = search.bestLoss;
            search.rises = 0;
            search.stepSize /= search.reduced ? 2 : 1;
        }
        int[] reduced = where(search -> search.reduced);
        copy(best, current, reduced);
        copy(bestGradient, gradient, reduced);
        stepSizes.close();
        stepSizes = stepSizes();
        sinceCheckpoint = 0;
        distance = Math.max(distance - Math.max((int) (0.03 * attack.steps()), 1), Math.max((int) (0.06 * attack.steps()), 1));
    }

    private Tensor stepSizes() {
        float[] sizes = new float[searches.size()];
        for (int n = 0; n < sizes.length; n++) {
            sizes[n] = searches.get(n).stepSize;
        }
        return LibTorch.tensor(sizes, sizes.length, 1, 1, 1);
    }

    /** Which examples were misclassified at some point of the run, rising. */
    int[] broken() {
        return where(search -> search.broken);
    }

    /** The last misclassified point of each broken example; others' rows mean nothing. */
    Tensor adversarial() {
        return adversarial;
    }

    /** The point with the highest loss so far. */
    Tensor best() {
        return best;
    }

    /** That loss, per example. */
    double[] bestLosses() {
        return searches.stream().mapToDouble(search -> search.bestLoss).toArray();
    }

    /** Goes on with the examples at these rows only. */
    void keep(int[] rows) {
        searches = IntStream.of(rows).mapToObj(searches::get).toList();
        if (rows.length == 0) {
            return;
        }
        ball = ball.keep(rows);
        Tensor places = LibTorch.indices(rows);
        current = shrunk(current, places);
        previous = shrunk(previous, places);
        gradient = shrunk(gradient, places);
        best = shrunk(best, places);
        bestGradient = shrunk(bestGradient, places);
        adversarial = shrunk(adversarial, places);
        stepSizes = shrunk(stepSizes, places);
        places.close();
    }

    private static Tensor shrunk(Tensor all, Tensor places) {
        Tensor some = all.index_select(0, places);
        all.close();
        return some;
    }

    private int[] where(Predicate<Search> holds) {
        return IntStream.range(0, searches.size()).filter(n -> holds.test(searches.get(n))).toArray();
    }

    private static void copy(Tensor from, Tensor to, int[] rows) {
        if (rows.length > 0) {
            try (PointerScope scope = new PointerScope()) {
                Tensor places = LibTorch.indices(rows);
                to.index_copy_(0, places, from.index_select(0, places));
            }
        }
    }
}
