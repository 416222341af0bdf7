package org.mmard.method;

import static org.mmard.loss.Prediction.STUDENT_ADVERSARIAL;
import static org.mmard.loss.Prediction.STUDENT_MIRRORED;
import static org.mmard.loss.Prediction.STUDENT_NATURAL;
import static org.mmard.loss.Prediction.TEACHER_ADVERSARIAL;
import static org.mmard.loss.Prediction.TEACHER_MIRRORED;
import static org.mmard.loss.Prediction.TEACHER_NATURAL;

import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.mmard.engine.Logits;
import org.mmard.loss.Prediction;
import org.mmard.loss.Predictions;

/** The terms' values once more, written straight from docs/method.md and without regard for rounding: what methods are compared with. */
record PlainFormulas(Predictions predictions) {
    double crossEntropy(Prediction of) {
        return mean(n -> -Math.log(probabilities(of, n)[label(n)]));
    }

    double smoothedCrossEntropy(Prediction of, double smoothing) {
        return mean(n -> {
            double[] p = probabilities(of, n);
            double sum = 0;
            for (int c = 0; c < p.length; c++) {
                sum -= ((c == label(n) ? 1 - smoothing : 0) + smoothing / p.length) * Math.log(p[c]);
            }
            return sum;
        });
    }

    double boosted(Prediction of) {
        return mean(n -> {
            double[] p = probabilities(of, n);
            double label = p[label(n)];
            p[label(n)] = 0;
            return -Math.log(label) - Math.log(1.0001 - Arrays.stream(p).max().orElseThrow() + 1e-12);
        });
    }

    double kl(Prediction target, Prediction of) {
        return mean(n -> kl(target, of, 1, n));
    }

    double mart() {
        return mean(n -> kl(STUDENT_NATURAL, STUDENT_ADVERSARIAL, 1, n) * (1.0000001 - probabilities(STUDENT_NATURAL, n)[label(n)]));
    }

    double reliability(double beta, int n) {
        return Math.pow(probabilities(TEACHER_ADVERSARIAL, n)[label(n)], beta);
    }

    double indirectGradient(int n) {
        return kl(softmax(n, 1, TEACHER_ADVERSARIAL, TEACHER_MIRRORED), softmax(n, 1, STUDENT_ADVERSARIAL, STUDENT_MIRRORED));
    }

    /** w of every example. */
    double[] uncertainties() {
        double[] entropies = IntStream.range(0, examples())
                .mapToDouble(n -> -Arrays.stream(probabilities(TEACHER_ADVERSARIAL, n)).map(p -> p * Math.log(p)).sum()).toArray();
        double least = Arrays.stream(entropies).min().orElseThrow();
        return Arrays.stream(entropies).map(entropy -> 5 * (entropy - least)).toArray();
    }

    double kl(Prediction target, Prediction of, double temperature, int n) {
        return kl(softmax(n, temperature, target), softmax(n, temperature, of));
    }

    double mean(IntToDoubleFunction ofExample) {
        return IntStream.range(0, examples()).mapToDouble(ofExample).average().orElseThrow();
    }

    private static double kl(double[] p, double[] q) {
        return IntStream.range(0, p.length).mapToDouble(c -> p[c] * Math.log(p[c] / q[c])).sum();
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
        return softmax(n, 1, which);
    }

    /** Of one prediction's logits, or of the first one's minus the second one's, over the temperature. */
    private double[] softmax(int n, double temperature, Prediction... which) {
        Logits logits = predictions.get(which[0]);
        double[] exponentials = IntStream.range(0, logits.classes())
                .mapToDouble(
                        c -> Math.exp((logits.get(n, c) - (which.length == 2 ? predictions.get(which[1]).get(n, c) : 0)) / temperature))
                .toArray();
        double sum = Arrays.stream(exponentials).sum();
        return Arrays.stream(exponentials).map(exponential -> exponential / sum).toArray();
    }

    private int examples() {
        return predictions.labels().length;
    }

    private int label(int n) {
        return predictions.labels()[n];
    }
}
