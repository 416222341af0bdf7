package org.mmard.loss;

import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.mmard.engine.Logits;

/** A weighted sum of named terms: an inner objective J or an outer loss L, as a batch mean. Immutable. */
public interface Objective extends Serializable {
    /** Every prediction that must be in the {@link Predictions} handed over. */
    Set<Prediction> reads();

    /** The predictions that the value has a gradient for (a prediction only read is a constant). */
    Set<Prediction> differentiates();

    /** The terms' names, in order. */
    List<String> terms();

    /**
     * Whether some term compares a network's prediction at x' with its own at x. Near x that difference, and with it the term's gradient,
     * is smaller than the rounding of half precision.
     */
    boolean comparesANetworkWithItself();

    Value evaluate(Predictions predictions);

    /** Whether {@link #gradients} can be asked for: every term is one of LibTorch's operations, too. */
    default boolean runsOnDevice() {
        return false;
    }

    /**
     * {@link Value#gradients} of the same predictions on the device: float64, to rounding. Nothing in it waits for the device.
     *
     * @param predictions those of {@link #differentiates()} are constants
     */
    default Map<Prediction, Tensor> gradients(DevicePredictions predictions) {
        throw new UnsupportedOperationException("for the host only: " + this);
    }

    /**
     * @param total the weighted sum
     * @param byTerm each term's own batch mean, before its weight
     * @param gradients d total / d logits for each of {@link #differentiates()}
     */
    record Value(double total, Map<String, Double> byTerm, Map<Prediction, Logits> gradients) {}
}
