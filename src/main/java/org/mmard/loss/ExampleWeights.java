package org.mmard.loss;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Set;

/** A weight for each example of a batch, computed from predictions and constant in every gradient. Immutable. */
public interface ExampleWeights extends Serializable {
    /** As a formula writes it. */
    String symbol();

    /** Every prediction that must be in the {@link Predictions} handed over. */
    Set<Prediction> reads();

    /** The weight of each example, a new array. */
    double[] of(Predictions predictions);

    /** 1 minus these weights. */
    default ExampleWeights complement() {
        return new Complement(this);
    }

    /** 1 - w. */
    record Complement(ExampleWeights weights) implements ExampleWeights {
        @Override
        public String symbol() {
            return "(1-" + weights.symbol() + ")";
        }

        @Override
        public Set<Prediction> reads() {
            return weights.reads();
        }

        @Override
        public double[] of(Predictions predictions) {
            return Arrays.stream(weights.of(predictions)).map(weight -> 1 - weight).toArray();
        }
    }
}
