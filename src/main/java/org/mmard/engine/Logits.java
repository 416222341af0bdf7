package org.mmard.engine;

/**
 * Values of shape [examples, classes] on the host, row by row: logits, or a gradient with respect to logits. Doubles, because what is
 * computed from a few numbers per image costs nothing next to the network and loses nothing this way.
 *
 * @param values {@code examples * classes} numbers, row-major; not copied
 */
public record Logits(double[] values, int examples, int classes) {
    public Logits {
        if (values.length != examples * classes) {
            throw new IllegalArgumentException(values.length + " values for shape [" + examples + ", " + classes + "]");
        }
    }

    /** All zeros. */
    public static Logits zeros(int examples, int classes) {
        return new Logits(new double[examples * classes], examples, classes);
    }

    /** The value of one class for one example. */
    public double get(int example, int c) {
        return values[example * classes + c];
    }

    /** Index of the first largest logit of an example. */
    public int argMax(int example) {
        int best = 0;
        for (int c = 1; c < classes; c++) {
            if (get(example, c) > get(example, best)) {
                best = c;
            }
        }
        return best;
    }

    /** Index of the first largest logit of an example but its label's. */
    public int strongestRival(int example, int label) {
        int rival = label == 0 ? 1 : 0;
        for (int c = rival + 1; c < classes; c++) {
            if (c != label && get(example, c) > get(example, rival)) {
                rival = c;
            }
        }
        return rival;
    }

    /** The label's logit less the largest of the others: above 0 where the label wins, 0 on the decision boundary. */
    public double margin(int example, int label) {
        return get(example, label) - get(example, strongestRival(example, label));
    }

    /** How many examples have their largest logit at their label. */
    public int correct(int[] labels) {
        int correct = 0;
        for (int i = 0; i < examples; i++) {
            if (argMax(i) == labels[i]) {
                correct++;
            }
        }
        return correct;
    }
}
