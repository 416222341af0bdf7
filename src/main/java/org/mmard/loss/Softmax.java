package org.mmard.loss;

import org.mmard.engine.Logits;

/** softmax(z / t) of one example, in the log domain, and the way back to logits. Finite for all finite logits. */
public final class Softmax {
    private Softmax() {}

    /**
     * log p_c = z_c/t - log sum_k exp(z_k/t), by the largest logit m: log p_c = (z_c - m)/t - log1p(sum over the other k of exp((z_k -
     * m)/t)). The log1p keeps log p of a nearly certain class exact, far beyond where 1 - p rounds to 0.
     *
     * @param example row of the logits
     * @param temperature t, above 0
     * @param out receives the log-probabilities, one per class
     */
    public static void logProbabilities(Logits logits, int example, double temperature, double[] out) {
        int largest = logits.argMax(example);
        double max = logits.get(example, largest);
        double others = 0;
        for (int c = 0; c < out.length; c++) {
            out[c] = (logits.get(example, c) - max) / temperature;
            if (c != largest) {
                others += Math.exp(out[c]);
            }
        }
        double logSum = Math.log1p(others);
        for (int c = 0; c < out.length; c++) {
            out[c] -= logSum;
        }
    }

    /**
     * p_c of {@link #logProbabilities} at temperature 1.
     *
     * @param out receives the probabilities, one per class
     */
    public static void probabilities(Logits logits, int example, double[] out) {
        logProbabilities(logits, example, 1, out);
        for (int c = 0; c < out.length; c++) {
            out[c] = Math.exp(out[c]);
        }
    }

    /** softmax(z) of one example: a probability for each class. */
    public static double[] probabilities(Logits logits, int example) {
        double[] probabilities = new double[logits.classes()];
        probabilities(logits, example, probabilities);
        return probabilities;
    }

    /** Shannon entropy -sum p log p of log-probabilities, in nats. A class with p = 0 counts nothing. */
    public static double entropy(double[] logProbabilities) {
        double entropy = 0;
        for (double logP : logProbabilities) {
            double p = Math.exp(logP);
            if (p > 0) {
                entropy -= p * logP;
            }
        }
        return entropy;
    }

    /**
     * The way back from probabilities at temperature 1: adds cotangent * df/dz to one row, where df/dz_c = p_c (g_c - sum_k p_k g_k) and g =
     * df/dp.
     *
     * @param probabilities p, one per class
     * @param byProbability g, one per class
     * @param gradient to whose row {@code example} it is added
     */
    public static void backward(double[] probabilities, double[] byProbability, double cotangent, Logits gradient, int example) {
        double mean = 0;
        for (int c = 0; c < probabilities.length; c++) {
            mean += probabilities[c] * byProbability[c];
        }
        int row = example * gradient.classes();
        for (int c = 0; c < probabilities.length; c++) {
            gradient.values()[row + c] += cotangent * probabilities[c] * (byProbability[c] - mean);
        }
    }
}
