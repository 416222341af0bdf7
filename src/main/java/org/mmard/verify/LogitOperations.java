package org.mmard.verify;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.mmard.engine.Logits;
import org.mmard.failure.InputError;
import org.mmard.files.Npy;
import org.mmard.loss.CrossEntropy;
import org.mmard.loss.KlDivergence;
import org.mmard.loss.Objective;
import org.mmard.loss.Prediction;
import org.mmard.loss.Predictions;
import org.mmard.loss.Term;
import org.mmard.loss.Triangle;
import org.mmard.loss.WeightedSum;

/**
 * Operations on the logits p and q of {@code op.*}, with their derivatives. P stands on S(x), q on S(x'), unless an operation says
 * otherwise. The results are named {@code value}, {@code d_p_logits} and {@code d_q_logits}. An operation's values are weighed by
 * linspace(0.5, 1.5) for the derivative, a single value by 0.5.
 */
final class LogitOperations {
    static final String VALUE = "value";
    private static final double COTANGENT_OF_ONE = 0.5;

    private final Fixture fixture;
    private final Logits p;
    private final Logits q;
    private final int[] labels;

    LogitOperations(Fixture fixture) {
        this.fixture = fixture;
        Npy stored = fixture.array("op.q_logits", Fixture.ANY, Fixture.ANY);
        int examples = stored.shape()[0];
        int classes = stored.shape()[1];
        q = new Logits(stored.values(), examples, classes);
        p = new Logits(fixture.array("op.p_logits", examples, classes).values(), examples, classes);
        labels = fixture.labels("op.labels", examples, classes);
    }

    /** linspace(0.5, 1.5, length), and 0.5 for one. */
    static double[] cotangents(int length) {
        double[] cotangents = new double[length];
        for (int i = 0; i < length; i++) {
            cotangents[i] = COTANGENT_OF_ONE + (length == 1 ? 0 : (double) i / (length - 1));
        }
        return cotangents;
    }

    int[] targets() {
        return fixture.labels("op.targets", q.examples(), q.classes());
    }

    /** @throws InputError where the logits have fewer classes than an operation needs */
    LogitOperations atLeast(int classes, String operation) {
        if (q.classes() < classes) {
            throw new InputError(
                    fixture.file("op." + operation) + ": needs logits of " + classes + " classes or more, op.q_logits has " + q.classes());
        }
        return this;
    }

    /** A term on p and q, both divided by {@code divisor} first. */
    Map<String, double[]> term(Term term, double divisor) {
        Predictions predictions = predictions(divided(p, divisor), divided(q, divisor));
        Map<Prediction, Logits> gradients = new EnumMap<>(Prediction.class);
        term.differentiates().forEach(which -> gradients.put(which, Logits.zeros(q.examples(), q.classes())));
        double[] values = term.evaluate(predictions, cotangents(q.examples()), gradients);
        return results(values, gradients, Prediction.STUDENT_NATURAL, 1 / divisor);
    }

    /** CE(p, y) + beta KL(p || q), batch means. */
    Map<String, double[]> trades(double beta) {
        Objective trades = new WeightedSum(
                new WeightedSum.Weighted(1, new CrossEntropy(Prediction.STUDENT_NATURAL)),
                new WeightedSum.Weighted(beta,
                        KlDivergence.of(Prediction.STUDENT_NATURAL, Prediction.STUDENT_ADVERSARIAL).differentiatingTarget()));
        Objective.Value value = trades.evaluate(predictions(p, q));
        return results(new double[] {value.total()}, value.gradients(), Prediction.STUDENT_NATURAL, COTANGENT_OF_ONE);
    }

    /** The triangle term: S(x) = q/4, S(x') = p/4, T(x) = flip(q)/5, T(x') = flip(p)/3, flipped over the batch. */
    Map<String, double[]> triangle(double smoothing) {
        Predictions predictions = predictions(divided(q, 4), divided(p, 4))
                .with(Prediction.TEACHER_NATURAL, divided(flipped(q), 5))
                .with(Prediction.TEACHER_ADVERSARIAL, divided(flipped(p), 3));
        Objective.Value value = WeightedSum.of(new Triangle(smoothing)).evaluate(predictions);
        return results(new double[] {value.total()}, value.gradients(), Prediction.STUDENT_ADVERSARIAL, COTANGENT_OF_ONE / 4);
    }

    /** The labels' one-hot rows, as cross entropy has them: its gradient is softmax less one-hot, and all logits 0 give softmax 1/C. */
    Map<String, double[]> oneHot() {
        Logits zeros = Logits.zeros(q.examples(), q.classes());
        Logits gradient = Logits.zeros(q.examples(), q.classes());
        double[] ones = new double[q.examples()];
        Arrays.fill(ones, 1);
        new CrossEntropy(Prediction.STUDENT_ADVERSARIAL).evaluate(predictions(zeros, zeros), ones,
                Map.of(Prediction.STUDENT_ADVERSARIAL, gradient));
        double[] oneHot = new double[gradient.values().length];
        for (int i = 0; i < oneHot.length; i++) {
            oneHot[i] = 1.0 / q.classes() - gradient.values()[i];
        }
        return Map.of(VALUE, oneHot);
    }

    private Predictions predictions(Logits natural, Logits adversarial) {
        return new Predictions(labels).with(Prediction.STUDENT_NATURAL, natural).with(Prediction.STUDENT_ADVERSARIAL, adversarial);
    }

    /**
     * @param ofP the prediction that p stands on
     * @param factor of the derivatives
     */
    private static Map<String, double[]> results(double[] values, Map<Prediction, Logits> gradients, Prediction ofP, double factor) {
        Map<String, double[]> results = new LinkedHashMap<>();
        results.put(VALUE, values);
        gradients.forEach(
                (which, gradient) -> results.put(which == ofP ? "d_p_logits" : "d_q_logits", divided(gradient, 1 / factor).values()));
        return results;
    }

    private static Logits divided(Logits logits, double by) {
        double[] values = logits.values().clone();
        for (int i = 0; i < values.length; i++) {
            values[i] /= by;
        }
        return new Logits(values, logits.examples(), logits.classes());
    }

    private static Logits flipped(Logits logits) {
        double[] values = new double[logits.values().length];
        int classes = logits.classes();
        for (int n = 0; n < logits.examples(); n++) {
            System.arraycopy(logits.values(), (logits.examples() - 1 - n) * classes, values, n * classes, classes);
        }
        return new Logits(values, logits.examples(), classes);
    }
}
