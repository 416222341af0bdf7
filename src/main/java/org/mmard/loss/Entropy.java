package org.mmard.loss;

import java.util.Map;
import org.mmard.engine.Logits;

/** Shannon entropy H_n = -sum_c p_c log p_c in nats, p = softmax(z); d H_n / dz_c = -p_c (log p_c + H_n). */
public record Entropy(Prediction of) implements OfOnePrediction {
    @Override
    public String name() {
        return "H(" + of.symbol() + ")";
    }

    @Override
    public double[] evaluate(Predictions predictions, double[] cotangents, Map<Prediction, Logits> gradients) {
        Logits logits = predictions.get(of);
        double[] gradient = Gradients.of(gradients, of).values();
        double[] logP = new double[logits.classes()];
        double[] values = new double[logits.examples()];
        for (int n = 0; n < values.length; n++) {
            Softmax.logProbabilities(logits, n, 1, logP);
            values[n] = Softmax.entropy(logP);
            for (int c = 0; c < logP.length; c++) {
                double p = Math.exp(logP[c]);
                if (p > 0) {
                    gradient[n * logP.length + c] -= cotangents[n] * p * (logP[c] + values[n]);
                }
            }
        }
        return values;
    }
}
