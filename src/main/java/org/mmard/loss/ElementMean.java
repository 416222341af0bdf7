package org.mmard.loss;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import org.mmard.engine.Logits;

/** A term divided by the number of classes: PyTorch's default reduction of its KL divergence, a mean over all N C elements. */
public record ElementMean(Term term) implements Term {
    @Override
    public String name() {
        return term.name() + "/C";
    }

    @Override
    public Set<Prediction> reads() {
        return term.reads();
    }

    @Override
    public Set<Prediction> differentiates() {
        return term.differentiates();
    }

    @Override
    public double[] evaluate(Predictions predictions, double[] cotangents, Map<Prediction, Logits> gradients) {
        int classes = predictions.get(term.reads().iterator().next()).classes();
        return Arrays.stream(term.evaluate(predictions, Arrays.stream(cotangents).map(one -> one / classes).toArray(), gradients))
                .map(value -> value / classes).toArray();
    }
}
