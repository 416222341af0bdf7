package org.mmard.loss;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.mmard.engine.Logits;

/** weight_n term_n, the weights constants. */
public record ExampleWeighted(ExampleWeights weights, Term term) implements Term {
    @Override
    public String name() {
        return weights.symbol() + " " + term.name();
    }

    @Override
    public Set<Prediction> reads() {
        Set<Prediction> reads = EnumSet.copyOf(term.reads());
        reads.addAll(weights.reads());
        return reads;
    }

    @Override
    public Set<Prediction> differentiates() {
        return term.differentiates();
    }

    @Override
    public double[] evaluate(Predictions predictions, double[] cotangents, Map<Prediction, Logits> gradients) {
        double[] factors = weights.of(predictions);
        double[] weighted = new double[factors.length];
        for (int n = 0; n < factors.length; n++) {
            weighted[n] = factors[n] * cotangents[n];
        }
        double[] values = term.evaluate(predictions, weighted, gradients);
        for (int n = 0; n < factors.length; n++) {
            values[n] *= factors[n];
        }
        return values;
    }
}
