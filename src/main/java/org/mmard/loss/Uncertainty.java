package org.mmard.loss;

import java.util.Arrays;
import java.util.Set;
import org.mmard.engine.Logits;

/**
 * SAAD's weights, as its published code has them: the examples on which a prediction is least certain count most. With H_n the Shannon
 * entropy in nats, w_n = 5 (H_n - min H) over the batch; {@code rescaled}, w^_n = (w_n - min w) / (max w - min w + 1e-8), from 0 to 1.
 *
 * @param of usually T(x')
 */
public record Uncertainty(Prediction of, boolean rescaled) implements ExampleWeights {
    private static final double SLOPE = 5;
    private static final double FLOOR = 1e-8;

    @Override
    public String symbol() {
        return rescaled ? "w^" : "w";
    }

    @Override
    public Set<Prediction> reads() {
        return Set.of(of);
    }

    @Override
    public double[] of(Predictions predictions) {
        Logits logits = predictions.get(of);
        double[] logP = new double[logits.classes()];
        double[] entropies = new double[logits.examples()];
        for (int n = 0; n < entropies.length; n++) {
            Softmax.logProbabilities(logits, n, 1, logP);
            entropies[n] = Softmax.entropy(logP);
        }
        double least = Arrays.stream(entropies).min().orElseThrow();
        double largest = SLOPE * (Arrays.stream(entropies).max().orElseThrow() - least);
        return Arrays.stream(entropies).map(entropy -> SLOPE * (entropy - least))
                .map(weight -> rescaled ? weight / (largest + FLOOR) : weight).toArray();
    }
}
