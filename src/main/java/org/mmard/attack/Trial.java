package org.mmard.attack;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mmard.data.ImageSet;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Logits;
import org.mmard.failure.InputError;
import org.mmard.registry.Outside;

/**
 * Puts some examples to the test: an attack, or none, and the model's answers afterwards.
 *
 * @param attack null for the natural images
 * @param seed of its random draws
 * @param keepImages whether adversarial images are wanted
 */
record Trial(@Nullable Attack attack, long seed, boolean keepImages) implements Evaluator.Work<Trial.Part> {
    /** Rounding of float32 at values up to 1. */
    private static final double ROUNDING = 1e-6;

    /** @param images x', [examples, channels, height, width], or null where nobody asked for them */
    public record Part(Outcome outcome, float @Nullable [] images) implements Serializable {}

    @Override
    public Part of(Classifier model, ImageSet images, int[] records) {
        long started = System.nanoTime();
        try (PointerScope scope = new PointerScope()) {
            Examples examples = Examples.of(images, records);
            Tensor tested = attack == null ? examples.images() : perturbed(attack, model, examples);
            Logits logits = model.logits(tested);
            int[] predictions = new int[records.length];
            boolean[] correct = new boolean[records.length];
            for (int i = 0; i < records.length; i++) {
                requireFinite(logits, i, records[i]);
                predictions[i] = logits.argMax(i);
                correct[i] = predictions[i] == examples.labels()[i];
            }
            float @Nullable [] kept = keepImages && attack != null ? LibTorch.values(tested) : null;
            return new Part(new Outcome(records, predictions, correct, (System.nanoTime() - started) / 1e9), kept);
        }
    }

    private Tensor perturbed(Attack by, Classifier model, Examples examples) {
        Tensor tested = Outside.ask(by, () -> Objects.requireNonNull(by.perturb(model, examples, RandomSource.of(seed, by.name())),
                "it gives no images"));
        requireSameKind(by, examples.images(), tested);
        requireInside(by, examples, tested);
        return tested;
    }

    private static void requireSameKind(Attack attack, Tensor natural, Tensor tested) {
        if (!kind(tested).equals(kind(natural))) {
            throw new InputError("attack '" + attack.name() + "' (" + attack.getClass().getName() + ") gives images of " + kind(tested)
                    + ", where " + kind(natural) + " is wanted, as examples.images() has it");
        }
    }

    private static String kind(Tensor tensor) {
        return "shape " + Arrays.toString(tensor.shape()) + " and type " + tensor.scalar_type();
    }

    /** @throws IllegalStateException naming the first record whose x' is outside the ball or [0, 1], or not a number */
    private static void requireInside(Attack attack, Examples examples, Tensor tested) {
        float[] distances = LibTorch.values(tested.sub(examples.images()).abs().amax(Examples.PER_IMAGE, false));
        float[] least = LibTorch.values(tested.amin(Examples.PER_IMAGE, false));
        float[] largest = LibTorch.values(tested.amax(Examples.PER_IMAGE, false));
        for (int i = 0; i < examples.count(); i++) {
            // A comparison with NaN is false.
            boolean inside = distances[i] <= attack.epsilon() + ROUNDING && least[i] >= 0 && largest[i] <= 1;
            if (!inside) {
                throw new IllegalStateException(
                        "attack '" + attack.name() + "' left the ball of radius " + attack.epsilon() + " or [0, 1] at image "
                                + examples.records()[i]);
            }
        }
    }

    private static void requireFinite(Logits logits, int example, int record) {
        for (int c = 0; c < logits.classes(); c++) {
            if (!Double.isFinite(logits.get(example, c))) {
                throw new InputError("the model's logits for image " + record + " are not finite: its weights may be damaged");
            }
        }
    }
}
