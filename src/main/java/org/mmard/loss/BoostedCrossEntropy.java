package org.mmard.loss;

import java.util.Map;
import org.mmard.engine.Logits;

/**
 * MART's boosted cross entropy (Wang et al., ICLR 2020, with the constants of its published code): BCE_n = CE_n - log(1.0001 - p_r +
 * 1e-12), where r is the likeliest class but the label. It asks for a margin, too. d/dp_r of the second part is 1 / (1.0001 - p_r + 1e-12).
 */
public record BoostedCrossEntropy(Prediction of) implements OfOnePrediction {
    private static final double CERTAIN = 1.0001 + 1e-12;

    @Override
    public String name() {
        return "BCE(" + of.symbol() + ",y)";
    }

    @Override
    public double[] evaluate(Predictions predictions, double[] cotangents, Map<Prediction, Logits> gradients) {
        double[] values = new CrossEntropy(of).evaluate(predictions, cotangents, gradients);
        Logits logits = predictions.get(of);
        double[] p = new double[logits.classes()];
        double[] byProbability = new double[p.length];
        for (int n = 0; n < values.length; n++) {
            int rival = logits.strongestRival(n, predictions.labels()[n]);
            Softmax.probabilities(logits, n, p);
            values[n] -= Math.log(CERTAIN - p[rival]);
            byProbability[rival] = 1 / (CERTAIN - p[rival]);
            Softmax.backward(p, byProbability, cotangents[n], Gradients.of(gradients, of), n);
            byProbability[rival] = 0;
        }
        return values;
    }
}
