package org.mmard.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.mmard.data.Npy;
import org.mmard.engine.Logits;
import org.mmard.reference.Reference;

/** Each term against the {@code op.*} vectors. P stands on S(x), Q on S(x'), unless an operation says otherwise. */
class GoldenTermsTest {
    /** Of an array's largest entry: the vectors are float64 results rounded to float32. */
    private static final double ROUNDING = 1e-7;

    @Test
    void crossEntropy() {
        check(new CrossEntropy(Prediction.STUDENT_ADVERSARIAL), "op.ce");
    }

    @Test
    void cwMargin() {
        check(new CwMargin(Prediction.STUDENT_ADVERSARIAL), "op.cw_margin");
    }

    @Test
    void entropy() {
        check(new Entropy(Prediction.STUDENT_ADVERSARIAL), "op.entropy");
    }

    @Test
    void differenceOfLogitsRatios() {
        check(new Dlr(Prediction.STUDENT_ADVERSARIAL), "op.dlr");
        check(new TargetedDlr(Prediction.STUDENT_ADVERSARIAL, Reference.golden("op.targets").ints()), "op.dlr_targeted");
    }

    @Test
    void boostedCrossEntropy() {
        Predictions predictions = new Predictions(Reference.golden("op.labels").ints())
                .with(Prediction.STUDENT_ADVERSARIAL, divided(logits("op.q_logits"), 4));
        int examples = predictions.labels().length;
        Term term = new BoostedCrossEntropy(Prediction.STUDENT_ADVERSARIAL);
        Map<Prediction, Logits> gradients = RandomPredictions.zeroGradients(term, predictions);
        close("op.bce_mart", term.evaluate(predictions, cotangents(examples), gradients), 1);
        close("op.bce_mart.d_q_logits", gradients.get(Prediction.STUDENT_ADVERSARIAL).values(), 0.25);
    }

    @Test
    void klDivergence() {
        check(KlDivergence.of(Prediction.STUDENT_NATURAL, Prediction.STUDENT_ADVERSARIAL).differentiatingTarget(), "op.kl");
    }

    @Test
    void klDivergenceAtTemperature() {
        check(new KlDivergence(Prediction.STUDENT_NATURAL, Prediction.STUDENT_ADVERSARIAL, true, 4), "op.kl_T4");
        check(new KlDivergence(Prediction.STUDENT_NATURAL, Prediction.STUDENT_ADVERSARIAL, true, 30), "op.kl_T30");
    }

    @Test
    void tradesAsWeightedSum() {
        WeightedSum trades = new WeightedSum(
                new WeightedSum.Weighted(1, new CrossEntropy(Prediction.STUDENT_NATURAL)),
                new WeightedSum.Weighted(6, KlDivergence.of(Prediction.STUDENT_NATURAL, Prediction.STUDENT_ADVERSARIAL).differentiatingTarget()));
        Objective.Value value = trades.evaluate(predictions());
        close("op.trades_beta6", new double[] {value.total()}, 1);
        // the vectors' cotangent of a scalar is 0.5
        close("op.trades_beta6.d_p_logits", value.gradients().get(Prediction.STUDENT_NATURAL).values(), 0.5);
        close("op.trades_beta6.d_q_logits", value.gradients().get(Prediction.STUDENT_ADVERSARIAL).values(), 0.5);
    }

    @Test
    void triangle() {
        Logits p = logits("op.p_logits");
        Logits q = logits("op.q_logits");
        Predictions predictions = new Predictions(Reference.golden("op.labels").ints())
                .with(Prediction.STUDENT_NATURAL, divided(q, 4))
                .with(Prediction.STUDENT_ADVERSARIAL, divided(p, 4))
                .with(Prediction.TEACHER_NATURAL, divided(flipped(q), 5))
                .with(Prediction.TEACHER_ADVERSARIAL, divided(flipped(p), 3));
        Objective.Value value = WeightedSum.of(new Triangle(1e-4)).evaluate(predictions);
        close("op.l_tri", new double[] {value.total()}, 1);
        close("op.l_tri.d_q_logits", value.gradients().get(Prediction.STUDENT_NATURAL).values(), 0.5 / 4);
        close("op.l_tri.d_p_logits", value.gradients().get(Prediction.STUDENT_ADVERSARIAL).values(), 0.5 / 4);
    }

    @Test
    void triangleCosines() {
        int[] labels = Reference.golden("op.labels").ints();
        Npy b = Reference.golden("op.tri_b");
        Npy c = Reference.golden("op.tri_c");
        int classes = b.shape()[1];
        double[] cosines = new double[labels.length * 3];
        double[] byB = new double[b.values().length];
        double[] byC = new double[b.values().length];
        double[] cotangents = cotangents(cosines.length);
        TriangleCosines triangle = new TriangleCosines(classes, 1e-4);
        for (int n = 0; n < labels.length; n++) {
            System.arraycopy(triangle.at(labels[n], row(b.values(), n, classes), row(c.values(), n, classes)), 0, cosines, n * 3, 3);
            double[] rowByB = new double[classes];
            double[] rowByC = new double[classes];
            triangle.backward(row(cotangents, n, 3), rowByB, rowByC);
            System.arraycopy(rowByB, 0, byB, n * classes, classes);
            System.arraycopy(rowByC, 0, byC, n * classes, classes);
        }
        close("op.tri_cos", cosines, 1);
        // here the points themselves were rounded to float32, and sides of 1e-4 magnify that
        close("op.tri_cos.d_tri_b", byB, 1, 1e-6);
        close("op.tri_cos.d_tri_c", byC, 1, 1e-6);
    }

    private static void check(Term term, String operation) {
        Predictions predictions = predictions();
        int examples = predictions.labels().length;
        Map<Prediction, Logits> gradients = new EnumMap<>(Prediction.class);
        term.differentiates().forEach(which -> gradients.put(which, Logits.zeros(examples, predictions.get(which).classes())));
        close(operation, term.evaluate(predictions, cotangents(examples), gradients), 1);
        gradients.forEach((which, gradient) ->
                close(operation + (which == Prediction.STUDENT_NATURAL ? ".d_p_logits" : ".d_q_logits"), gradient.values(), 1));
    }

    private static Predictions predictions() {
        return new Predictions(Reference.golden("op.labels").ints())
                .with(Prediction.STUDENT_NATURAL, logits("op.p_logits"))
                .with(Prediction.STUDENT_ADVERSARIAL, logits("op.q_logits"));
    }

    private static void close(String name, double[] found, double factor) {
        close(name, found, factor, ROUNDING);
    }

    private static void close(String name, double[] found, double factor, double tolerance) {
        double[] expected = Reference.golden(name).values();
        assertEquals(expected.length, found.length, name);
        double largest = 0;
        for (double value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], factor * found[i], tolerance * largest, name + "[" + i + "]");
        }
    }

    /** linspace(0.5, 1.5, length): what the vectors were differentiated with. */
    private static double[] cotangents(int length) {
        double[] cotangents = new double[length];
        for (int i = 0; i < length; i++) {
            cotangents[i] = 0.5 + (double) i / (length - 1);
        }
        return cotangents;
    }

    private static Logits logits(String name) {
        Npy array = Reference.golden(name);
        return new Logits(array.values(), array.shape()[0], array.shape()[1]);
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
        for (int n = 0; n < logits.examples(); n++) {
            System.arraycopy(logits.values(), (logits.examples() - 1 - n) * logits.classes(), values, n * logits.classes(), logits.classes());
        }
        return new Logits(values, logits.examples(), logits.classes());
    }

    private static double[] row(double[] values, int n, int columns) {
        return Arrays.copyOfRange(values, n * columns, (n + 1) * columns);
    }
}
