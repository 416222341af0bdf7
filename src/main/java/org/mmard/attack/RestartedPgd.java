package org.mmard.attack;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Logits;
import org.mmard.loss.Prediction;
import org.mmard.loss.Predictions;

/**
 * {@link Pgd} against one model, begun anew for the examples that withstood it: an example counts as robust where it is robust from every
 * start. x' is the first misclassified end point, or the last one.
 *
 * @param name what it is called
 * @param pgd objective, radius, step size and steps
 * @param starts where each run begins
 * @param restarts how many runs, at least 1; more than one need a random start
 */
record RestartedPgd(String name, Pgd pgd, Starts starts, int restarts) implements Attack {
    RestartedPgd {
        if (restarts < 1 || (restarts > 1 && starts.kind() == Starts.Kind.NONE)) {
            throw new IllegalArgumentException(restarts + " restarts from start " + starts.kind());
        }
    }

    @Override
    public double epsilon() {
        return pgd.epsilon();
    }

    @Override
    public boolean onlyWhereRight() {
        return false;
    }

    @Override
    public Map<String, Object> parameters() {
        return new TreeMap<>(Map.of("steps", pgd.steps(), "step_size", pgd.stepSize(), "restarts", restarts));
    }

    @Override
    public Tensor perturb(Classifier model, Examples examples, RandomSource random) {
        Tensor adversarial = run(model, examples, 0, random);
        try (PointerScope scope = new PointerScope()) {
            int[] left = IntStream.range(0, examples.count()).toArray();
            for (int restart = 1; restart < restarts; restart++) {
                int[] labels = Indices.of(examples.labels(), left);
                Logits logits = model.logits(adversarial.index_select(0, LibTorch.indices(left)));
                left = Indices.of(left, IntStream.range(0, left.length).filter(n -> logits.argMax(n) == labels[n]).toArray());
                if (left.length == 0) {
                    break;
                }
                adversarial.index_copy_(0, LibTorch.indices(left), run(model, examples.at(left), restart, random));
            }
        }
        return adversarial;
    }

    private Tensor run(Classifier model, Examples examples, int restart, RandomSource random) {
        Tensor start = starts.from(examples.images(), record -> random.stream(record, restart), examples.records());
        return pgd.perturb(Map.of(Prediction.STUDENT_ADVERSARIAL, model), examples.images(), new Predictions(examples.labels()), start);
    }
}
