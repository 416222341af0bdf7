package org.mmard.attack;

import java.io.Serializable;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.mmard.data.ImageSet;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;

/**
 * What a model made of some examples, with or without an attack.
 *
 * @param records ids of the examples
 * @param correct whether the model still gave the label, example by example
 * @param seconds time spent, summed over whoever worked at it
 */
public record Outcome(int[] records, boolean[] correct, double seconds) implements Serializable {
    public Outcome {
        if (records.length != correct.length) {
            throw new IllegalArgumentException(records.length + " records, " + correct.length + " outcomes");
        }
    }

    /**
     * Runs one batch.
     *
     * @param attack null for the natural images
     */
    public static Outcome of(Classifier model, ImageSet images, int[] records, Attack attack, long seed) {
        long started = System.nanoTime();
        float[] pixels = new float[records.length * ImageSet.PIXELS];
        int[] labels = new int[records.length];
        for (int i = 0; i < records.length; i++) {
            images.floats(records[i], pixels, i * ImageSet.PIXELS);
            labels[i] = images.label(records[i]);
        }
        boolean[] correct = new boolean[records.length];
        try (PointerScope scope = new PointerScope()) {
            Tensor natural = LibTorch.images(pixels);
            var logits = model.logits(attack == null ? natural : attack.perturb(model, natural, labels, records, seed));
            for (int i = 0; i < correct.length; i++) {
                correct[i] = logits.argMax(i) == labels[i];
            }
        }
        return new Outcome(records, correct, (System.nanoTime() - started) / 1e9);
    }

    /** The outcome of this and another part, ordered by record id. */
    public Outcome with(Outcome other) {
        int mine = records.length;
        int[] order = IntStream.range(0, mine + other.records.length).boxed()
                .sorted((a, b) -> Integer.compare(record(a, other), record(b, other))).mapToInt(Integer::intValue).toArray();
        int[] ids = Arrays.stream(order).map(i -> record(i, other)).toArray();
        boolean[] outcomes = new boolean[order.length];
        for (int i = 0; i < order.length; i++) {
            outcomes[i] = order[i] < mine ? correct[order[i]] : other.correct[order[i] - mine];
        }
        return new Outcome(ids, outcomes, seconds + other.seconds);
    }

    private int record(int i, Outcome other) {
        return i < records.length ? records[i] : other.records[i - records.length];
    }

    /** Share of examples the model got right, in [0, 1]. */
    public double accuracy() {
        int right = 0;
        for (boolean one : correct) {
            right += one ? 1 : 0;
        }
        return (double) right / correct.length;
    }
}
