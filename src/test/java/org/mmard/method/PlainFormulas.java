package org.mmard.method;

import static org.mmard.loss.Prediction.STUDENT_ADVERSARIAL;
import static org.mmard.loss.Prediction.STUDENT_NATURAL;
import static org.mmard.loss.Prediction.TEACHER_ADVERSARIAL;
import static org.mmard.loss.Prediction.TEACHER_NATURAL;

import org.mmard.engine.Logits;
import org.mmard.loss.Prediction;
import org.mmard.loss.Predictions;

/** The terms' values once more, written straight from docs/method.md and without regard for rounding: what methods are compared with. */
record PlainFormulas(Predictions predictions) {
    double crossEntropy(Prediction of) {
        double sum = 0;
        for (int n = 0; n < examples(); n++) {
            sum -= Math.log(probabilities(of, n)[label(n)]);
        }
        return sum / examples();
    }

    double kl(Prediction target, Prediction of) {
        double sum = 0;
        for (int n = 0; n < examples(); n++) {
            double[] p = probabilities(target, n);
            double[] q = probabilities(of, n);
            for (int c = 0; c < p.length; c++) {
                sum += p[c] * Math.log(p[c] / q[c]);
            }
        }
        return sum / examples();
    }

    double triangle(double smoothing) {
        double sum = 0;
        for (int n = 0; n < examples(); n++) {
            double[][] student = corners(STUDENT_NATURAL, STUDENT_ADVERSARIAL, n);
            double[][] teacher = corners(TEACHER_NATURAL, TEACHER_ADVERSARIAL, n);
            for (int corner = 0; corner < 3; corner++) {
                sum += Math.pow(cosine(student, corner, smoothing) - cosine(teacher, corner, smoothing), 2) / 3;
            }
        }
        return sum / examples();
    }

    private double[][] corners(Prediction natural, Prediction adversarial, int n) {
        double[] oneHot = new double[predictions.get(natural).classes()];
        oneHot[label(n)] = 1;
        return new double[][] {oneHot, probabilities(natural, n), probabilities(adversarial, n)};
    }

    private static double cosine(double[][] points, int corner, double smoothing) {
        double[] one = points[(corner + 1) % 3];
        double[] other = points[(corner + 2) % 3];
        double product = 0;
        double squaredOne = smoothing * smoothing;
        double squaredOther = smoothing * smoothing;
        for (int i = 0; i < one.length; i++) {
            double u = one[i] - points[corner][i];
            double v = other[i] - points[corner][i];
            product += u * v;
            squaredOne += u * u;
            squaredOther += v * v;
        }
        return product / Math.sqrt(squaredOne) / Math.sqrt(squaredOther);
    }

    private double[] probabilities(Prediction which, int n) {
        Logits logits = predictions.get(which);
        double[] exponentials = new double[logits.classes()];
        double sum = 0;
        for (int c = 0; c < exponentials.length; c++) {
            exponentials[c] = Math.exp(logits.get(n, c));
            sum += exponentials[c];
        }
        for (int c = 0; c < exponentials.length; c++) {
            exponentials[c] /= sum;
        }
        return exponentials;
    }

    private int examples() {
        return predictions.labels().length;
    }

    private int label(int n) {
        return predictions.labels()[n];
    }
}
