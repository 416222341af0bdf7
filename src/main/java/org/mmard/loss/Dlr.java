package org.mmard.loss;

import java.util.Map;
import org.mmard.engine.Logits;

/**
 * Difference of logits ratio (Croce and Hein, arXiv 2003.01690): DLR_n = -(z_y - max_{i != y} z_i) / (z_1 - z_3 + 1e-12), where z_1 >= z_2
 * >= z_3 are the largest logits. It does not change when logits are scaled or shifted. Unbounded where the first and the third meet. Needs
 * three classes.
 */
public record Dlr(Prediction of) implements OfOnePrediction {
    @Override
    public String name() {
        return "DLR(" + of.symbol() + ",y)";
    }

    /** @throws IllegalArgumentException for fewer than three classes */
    @Override
    public double[] evaluate(Predictions predictions, double[] cotangents, Map<Prediction, Logits> gradients) {
        Logits logits = predictions.get(of);
        int classes = logits.classes();
        if (classes < 3) {
            throw new IllegalArgumentException("DLR for " + classes + " classes");
        }
        double[] gradient = Gradients.of(gradients, of).values();
        double[] values = new double[logits.examples()];
        for (int n = 0; n < values.length; n++) {
            int label = predictions.labels()[n];
            int[] largest = TargetedDlr.largest(logits, n, 3);
            int rival = largest[0] == label ? largest[1] : largest[0];
            double scale = logits.get(n, largest[0]) - logits.get(n, largest[2]) + TargetedDlr.FLOOR;
            values[n] = (logits.get(n, rival) - logits.get(n, label)) / scale;
            double factor = cotangents[n] / scale;
            int row = n * classes;
            gradient[row + rival] += factor;
            gradient[row + label] -= factor;
            gradient[row + largest[0]] -= factor * values[n];
            gradient[row + largest[2]] += factor * values[n];
        }
        return values;
    }
}
