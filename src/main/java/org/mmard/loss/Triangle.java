package org.mmard.loss;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.mmard.engine.Logits;

/**
 * MMARD's triangular relationship, in this project's reconstruction (the paper's equations are not public to us; docs/method.md). For each
 * model the one-hot label, p(x) and p(x') are the corners of a triangle in probability space; the student's angles are drawn to the
 * teacher's: L_n = mean over the chosen corners of (cos angle_S - cos angle_T)^2. The teacher is a constant.
 *
 * <p>Cosines, not angles: the derivative of acos is unbounded.
 *
 * @param smoothing delta of the side lengths sqrt(|v|^2 + delta^2), above 0
 * @param corners which angles are compared, at least one
 */
public record Triangle(double smoothing, Set<Corner> corners) implements Term {
    /** Which point of the triangle, in the order of {@link TriangleCosines}. */
    public enum Corner { LABEL, NATURAL, ADVERSARIAL }

    public Triangle {
        if (!(smoothing > 0 && Double.isFinite(smoothing))) {
            throw new IllegalArgumentException("smoothing " + smoothing);
        }
        if (corners.isEmpty()) {
            throw new IllegalArgumentException("a triangle term without corners");
        }
        corners = Collections.unmodifiableSet(EnumSet.copyOf(corners));
    }

    /** All three angles. */
    public Triangle(double smoothing) {
        this(smoothing, EnumSet.allOf(Corner.class));
    }

    @Override
    public String name() {
        return "triangle";
    }

    @Override
    public Set<Prediction> reads() {
        return EnumSet.of(Prediction.STUDENT_NATURAL, Prediction.STUDENT_ADVERSARIAL, Prediction.TEACHER_NATURAL,
                Prediction.TEACHER_ADVERSARIAL);
    }

    @Override
    public Set<Prediction> differentiates() {
        return EnumSet.of(Prediction.STUDENT_NATURAL, Prediction.STUDENT_ADVERSARIAL);
    }

    @Override
    @SuppressWarnings("EnumOrdinal") // the cosines are in the order of the corners
    public double[] evaluate(Predictions predictions, double[] cotangents, Map<Prediction, Logits> gradients) {
        int classes = predictions.get(Prediction.STUDENT_NATURAL).classes();
        TriangleCosines teacher = new TriangleCosines(classes, smoothing);
        TriangleCosines student = new TriangleCosines(classes, smoothing);
        double[] natural = new double[classes];
        double[] adversarial = new double[classes];
        double[] byNatural = new double[classes];
        double[] byAdversarial = new double[classes];
        double[] byCosine = new double[3];
        double[] values = new double[cotangents.length];
        for (int n = 0; n < values.length; n++) {
            int label = predictions.labels()[n];
            Softmax.probabilities(predictions.get(Prediction.TEACHER_NATURAL), n, natural);
            Softmax.probabilities(predictions.get(Prediction.TEACHER_ADVERSARIAL), n, adversarial);
            double[] wanted = teacher.at(label, natural, adversarial);
            Softmax.probabilities(predictions.get(Prediction.STUDENT_NATURAL), n, natural);
            Softmax.probabilities(predictions.get(Prediction.STUDENT_ADVERSARIAL), n, adversarial);
            double[] found = student.at(label, natural, adversarial);
            for (Corner corner : corners) {
                double difference = found[corner.ordinal()] - wanted[corner.ordinal()];
                values[n] += difference * difference / corners.size();
                byCosine[corner.ordinal()] = 2 * difference / corners.size();
            }
            student.backward(byCosine, byNatural, byAdversarial);
            Softmax.backward(natural, byNatural, cotangents[n], Gradients.of(gradients, Prediction.STUDENT_NATURAL), n);
            Softmax.backward(adversarial, byAdversarial, cotangents[n], Gradients.of(gradients, Prediction.STUDENT_ADVERSARIAL), n);
        }
        return values;
    }
}
