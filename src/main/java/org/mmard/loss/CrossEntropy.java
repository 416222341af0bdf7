package org.mmard.loss;

import java.util.Map;
import java.util.Set;
import org.mmard.engine.Logits;

/** CE_n = -log p_{n,y}, p = softmax(z); d CE_n / dz_c = p_c - [c = y]. */
public record CrossEntropy(Prediction of) implements Term {
    @Override
    public String name() {
        return "CE(" + of.symbol() + ",y)";
    }

    @Override
    public Set<Prediction> reads() {
        return Set.of(of);
    }

    @Override
    public Set<Prediction> differentiates() {
        return Set.of(of);
    }

    @Override
    public double[] evaluate(Predictions predictions, double[] cotangents, Map<Prediction, Logits> gradients) {
        Logits logits = predictions.get(of);
        double[] gradient = gradients.get(of).values();
        double[] logP = new double[logits.classes()];
        double[] values = new double[logits.examples()];
        for (int n = 0; n < values.length; n++) {
            Softmax.logProbabilities(logits, n, 1, logP);
            int label = predictions.labels()[n];
            values[n] = -logP[label];
            for (int c = 0; c < logP.length; c++) {
                // expm1, because p - 1 rounds to 0 where the label is all but certain, and the attack steps by the sign of what is left
                double byLogit = c == label ? Math.expm1(logP[c]) : Math.exp(logP[c]);
                gradient[n * logP.length + c] += cotangents[n] * byLogit;
            }
        }
        return values;
    }
}
