package org.mmard.loss;

import java.util.Set;

/** A term that reads one prediction, and is differentiated with respect to it. */
public interface OfOnePrediction extends Term {
    /** The prediction. */
    Prediction of();

    @Override
    default Set<Prediction> reads() {
        return Set.of(of());
    }

    @Override
    default Set<Prediction> differentiates() {
        return Set.of(of());
    }
}
