package org.mmard.loss;

import java.io.Serializable;
import java.util.Map;
import java.util.Set;
import org.mmard.engine.Logits;

/**
 * A function that gives each example of a batch one number. Reductions and weights are not its business: whoever differentiates some
 * weighting sum_n cotangent_n value_n of the numbers (a batch mean has cotangent_n = weight / examples) passes the cotangents in. A term
 * may look at the whole batch. Immutable.
 */
public interface Term extends Serializable {
    /** The formula over {@link Prediction#symbol()}s. Two different terms of one objective have different names. */
    String name();

    /** Every prediction that must be in the {@link Predictions} handed over. */
    Set<Prediction> reads();

    /** The predictions that gradient flows to; the others read are constants. */
    Set<Prediction> differentiates();

    /** As {@link Objective#comparesANetworkWithItself}. */
    default boolean comparesANetworkWithItself() {
        return false;
    }

    /**
     * @param cotangents one factor per example
     * @param gradients zeros, or the sum of earlier terms, for each of {@link #differentiates()}, shape [examples, classes]:
     *     cotangent_n d value_n / d logits is added
     * @return value of each example
     */
    double[] evaluate(Predictions predictions, double[] cotangents, Map<Prediction, Logits> gradients);
}
