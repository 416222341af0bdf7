package org.mmard.attack;

import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.mmard.data.ImageShape;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Logits;

/** One run of {@link Fab} over a batch towards one class per example, step by step. */
final class FabRun {
    private static final float FURTHEST_FROM_NATURAL = 0.1f;
    private static final float OVERSHOOT = 1.05f;
    private static final float BACKWARD = 0.9f;
    private static final float SHORTEST = 1e-8f;

    private final Classifier model;
    private final ImageShape shape;
    private final int size;
    private int[] labels;
    private int[] targets;
    private float[] natural;
    private float[] current;
    private float[] nearest;
    private float[] distances;
    private final float[] fromCurrent;
    private final float[] fromNatural;

    /** @param targets class aimed at, per example, not its label */
    FabRun(Classifier model, Examples examples, int[] targets) {
        this.model = model;
        shape = examples.shape();
        size = shape.size();
        fromCurrent = new float[size];
        fromNatural = new float[size];
        labels = examples.labels();
        this.targets = targets;
        natural = LibTorch.values(examples.images());
        current = natural.clone();
        nearest = natural.clone();
        distances = new float[labels.length];
        Arrays.fill(distances, Float.POSITIVE_INFINITY);
    }

    /** One step: towards the linearised boundary, then back towards x where it was crossed. */
    void step() {
        float[] difference = new float[labels.length];
        float[] normal = gradient(difference);
        for (int n = 0; n < labels.length; n++) {
            move(n, normal, difference[n]);
        }
        Logits logits;
        try (PointerScope scope = new PointerScope()) {
            logits = model.logits(LibTorch.images(shape, current));
        }
        for (int n = 0; n < labels.length; n++) {
            if (logits.argMax(n) != labels[n]) {
                crossed(n);
            }
        }
    }

    /** d(z_t - z_y)/dx at the current points; the differences themselves into {@code difference}. */
    private float[] gradient(float[] difference) {
        try (PointerScope scope = new PointerScope()) {
            Classifier.Pass pass = model.forward(LibTorch.images(shape, current));
            Logits logits = pass.logits();
            Logits cotangent = Logits.zeros(logits.examples(), logits.classes());
            for (int n = 0; n < labels.length; n++) {
                difference[n] = (float) (logits.get(n, targets[n]) - logits.get(n, labels[n]));
                cotangent.values()[n * logits.classes() + targets[n]] = 1;
                cotangent.values()[n * logits.classes() + labels[n]] = -1;
            }
            return LibTorch.values(pass.inputGradient(cotangent));
        }
    }

    private void move(int n, float[] normal, float difference) {
        int from = n * size;
        double offset = -difference;
        for (int i = from; i < from + size; i++) {
            offset += (double) normal[i] * current[i];
        }
        float toCurrent = Math.max(BoxProjection.project(current, normal, from, size, offset, fromCurrent), SHORTEST);
        float toNatural = Math.max(BoxProjection.project(natural, normal, from, size, offset, fromNatural), SHORTEST);
        float bias = Math.min(toCurrent / (toCurrent + toNatural), FURTHEST_FROM_NATURAL);
        for (int i = 0; i < size; i++) {
            float moved =
                    (current[from + i] + OVERSHOOT * fromCurrent[i]) * (1 - bias) + (natural[from + i] + OVERSHOOT * fromNatural[i]) * bias;
            current[from + i] = Math.max(0, Math.min(1, moved));
        }
    }

    private void crossed(int n) {
        int from = n * size;
        float distance = 0;
        for (int i = from; i < from + size; i++) {
            distance = Math.max(distance, Math.abs(current[i] - natural[i]));
        }
        if (distance < distances[n]) {
            distances[n] = distance;
            System.arraycopy(current, from, nearest, from, size);
        }
        for (int i = from; i < from + size; i++) {
            current[i] = natural[i] + (current[i] - natural[i]) * BACKWARD;
        }
    }

    /** The least max|x' - x| at which each example was misclassified so far; infinite where none was found. */
    float[] distances() {
        return distances;
    }

    /** The point at that distance, [examples, channels, height, width]; x where none was found. */
    float[] nearest() {
        return nearest;
    }

    /** Goes on with the examples at these rows only. */
    void keep(int[] rows) {
        labels = Indices.of(labels, rows);
        targets = Indices.of(targets, rows);
        natural = images(natural, rows);
        current = images(current, rows);
        nearest = images(nearest, rows);
        float[] all = distances;
        distances = new float[rows.length];
        for (int n = 0; n < rows.length; n++) {
            distances[n] = all[rows[n]];
        }
    }

    private float[] images(float[] all, int[] rows) {
        float[] some = new float[rows.length * size];
        for (int n = 0; n < rows.length; n++) {
            System.arraycopy(all, rows[n] * size, some, n * size, size);
        }
        return some;
    }
}
