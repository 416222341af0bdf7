package org.mmard.loss;

import java.io.Serializable;
import java.util.Map;
import java.util.Set;
import org.mmard.engine.Logits;

/**
 * A function that gives each example of a batch one number, value_n. Reductions and weights are not its business: whoever differentiates
 * some weighting sum_n cotangent_n value_n of the numbers (a batch mean has cotangent_n = weight / examples) passes the cotangents in. A
 * term may look at the whole batch. Immutable, and called from one thread at a time or from many.
 *
 * <p>Logits have the shape [examples, classes]. The squared distance to the teacher's logits, sum_c (S(x')_c - T(x')_c)^2, with the teacher
 * a constant:
 *
 * <pre>{@code
 * public record SquaredDistance() implements Term {
 *     public String name() {
 *         return "|S(x')-T(x')|^2";
 *     }
 *
 *     public Set<Prediction> reads() {
 *         return Set.of(STUDENT_ADVERSARIAL, TEACHER_ADVERSARIAL);
 *     }
 *
 *     public Set<Prediction> differentiates() {
 *         return Set.of(STUDENT_ADVERSARIAL);
 *     }
 *
 *     public double[] evaluate(Predictions predictions, double[] cotangents, Map<Prediction, Logits> gradients) {
 *         Logits student = predictions.get(STUDENT_ADVERSARIAL);
 *         Logits teacher = predictions.get(TEACHER_ADVERSARIAL);
 *         double[] gradient = gradients.get(STUDENT_ADVERSARIAL).values();
 *         double[] values = new double[student.examples()];
 *         for (int n = 0; n < values.length; n++) {
 *             for (int c = 0; c < student.classes(); c++) {
 *                 double difference = student.get(n, c) - teacher.get(n, c);
 *                 values[n] += difference * difference;
 *                 gradient[n * student.classes() + c] += cotangents[n] * 2 * difference;
 *             }
 *         }
 *         return values;
 *     }
 * }
 * }</pre>
 *
 * <p>{@link Softmax} has probabilities, log-probabilities and the way back to logits; {@link KlDivergence}, {@link CrossEntropy} and
 * {@link CwMargin} are terms to build on, {@link ElementMean} and {@link ExampleWeighted} wrap any other.
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
     * Computes the values, and adds their gradients to what is there.
     *
     * @param predictions one batch: the labels, and logits for each of {@link #reads()} at least; not to be changed
     * @param cotangents one factor per example; not to be changed
     * @param gradients zeros, or the sum of earlier terms, for each of {@link #differentiates()}, shape [examples, classes]:
     *     cotangent_n d value_n / d logits is added to row n
     * @return value of each example, a new array; finite for all finite logits
     */
    double[] evaluate(Predictions predictions, double[] cotangents, Map<Prediction, Logits> gradients);
}
