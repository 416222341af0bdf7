package org.mmard.loss;

import java.util.Set;

/** A term that reads one prediction, and is differentiated with respect to it. */
interface OfOnePrediction extends Term {
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
