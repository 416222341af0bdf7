package org.mmard.loss;

import java.util.Arrays;
import java.util.Map;
import org.mmard.engine.Logits;

/**
 * Targeted difference of logits ratio (Croce and Hein, arXiv 2003.01690): -(z_y - z_t) / (z_1 - (z_3 + z_4)/2 + 1e-12), where z_1 >= ... >=
 * z_4 are the largest logits and t the target class. Needs four classes.
 *
 * @param targets t of each example of the batch; not copied
 */
public record TargetedDlr(Prediction of, int[] targets) implements OfOnePrediction {
    static final double FLOOR = 1e-12;

    @Override
    public String name() {
        return "DLR(" + of.symbol() + ",y,t)";
    }

    /** @throws IllegalArgumentException for fewer than four classes, or another number of examples than of targets */
    @Override
    public double[] evaluate(Predictions predictions, double[] cotangents, Map<Prediction, Logits> gradients) {
        Logits logits = predictions.get(of);
        int classes = logits.classes();
        if (classes < 4 || targets.length != logits.examples()) {
            throw new IllegalArgumentException(
                    "targeted DLR for " + classes + " classes, " + targets.length + " targets for " + logits.examples() + " examples");
        }
        double[] gradient = Gradients.of(gradients, of).values();
        double[] values = new double[logits.examples()];
        for (int n = 0; n < values.length; n++) {
            int label = predictions.labels()[n];
            int[] largest = largest(logits, n, 4);
            double scale = logits.get(n, largest[0]) - 0.5 * logits.get(n, largest[2]) - 0.5 * logits.get(n, largest[3]) + FLOOR;
            values[n] = (logits.get(n, targets[n]) - logits.get(n, label)) / scale;
            double factor = cotangents[n] / scale;
            int row = n * classes;
            gradient[row + targets[n]] += factor;
            gradient[row + label] -= factor;
            gradient[row + largest[0]] -= factor * values[n];
            gradient[row + largest[2]] += 0.5 * factor * values[n];
            gradient[row + largest[3]] += 0.5 * factor * values[n];
        }
        return values;
    }

    /** Indices of the largest logits of an example, largest first; of equal ones the first. */
    static int[] largest(Logits logits, int example, int count) {
        int[] largest = new int[count];
        Arrays.fill(largest, -1);
        for (int c = 0; c < logits.classes(); c++) {
            int candidate = c;
            for (int i = 0; i < count && candidate >= 0; i++) {
                if (largest[i] < 0 || logits.get(example, candidate) > logits.get(example, largest[i])) {
                    int displaced = largest[i];
                    largest[i] = candidate;
                    candidate = displaced;
                }
            }
        }
        return largest;
    }
}
