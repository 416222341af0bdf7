package org.mmard.loss;

import java.util.Set;
import org.mmard.engine.Logits;

/**
 * IAD's trust in its teacher (Zhu et al., arXiv 2106.04928): w_n = p_y^beta, the probability that a prediction gives the label.
 *
 * @param of usually T(x')
 * @param beta finite, 0 or above
 */
public record Reliability(Prediction of, double beta) implements ExampleWeights {
    public Reliability {
        if (!(beta >= 0 && Double.isFinite(beta))) {
            throw new IllegalArgumentException("beta " + beta);
        }
    }

    @Override
    public String symbol() {
        return "w";
    }

    @Override
    public Set<Prediction> reads() {
        return Set.of(of);
    }

    @Override
    public double[] of(Predictions predictions) {
        Logits logits = predictions.get(of);
        double[] logP = new double[logits.classes()];
        double[] weights = new double[logits.examples()];
        for (int n = 0; n < weights.length; n++) {
            Softmax.logProbabilities(logits, n, 1, logP);
            weights[n] = Math.exp(beta * logP[predictions.labels()[n]]);
        }
        return weights;
    }
}
