package org.mmard.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mmard.loss.Prediction.STUDENT_ADVERSARIAL;
import static org.mmard.loss.Prediction.STUDENT_NATURAL;
import static org.mmard.loss.Prediction.TEACHER_ADVERSARIAL;
import static org.mmard.loss.Prediction.TEACHER_LINEARISED;
import static org.mmard.loss.Prediction.TEACHER_NATURAL;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mmard.engine.Logits;

/** Every term's gradient, for every prediction it differentiates, against central differences of its own value. */
class TermGradientsTest {
    private static final int EXAMPLES = 5;
    private static final double[] COTANGENTS = {0.3, -1.2, 2, 0.7, 1.1};

    static List<Term> terms() {
        return List.of(
                new CrossEntropy(STUDENT_NATURAL),
                new CrossEntropy(STUDENT_ADVERSARIAL),
                new CrossEntropy(STUDENT_ADVERSARIAL, 0.1),
                new BoostedCrossEntropy(STUDENT_ADVERSARIAL),
                new MartDivergence(),
                new Entropy(TEACHER_ADVERSARIAL),
                new IndirectGradient(),
                new ElementMean(new IndirectGradient()),
                new ExampleWeighted(new Reliability(TEACHER_ADVERSARIAL, 0.1), KlDivergence.of(TEACHER_NATURAL, STUDENT_ADVERSARIAL)),
                new ExampleWeighted(new Reliability(TEACHER_ADVERSARIAL, 0.1).complement(),
                        KlDivergence.of(STUDENT_NATURAL, STUDENT_ADVERSARIAL).differentiatingTarget()),
                new ExampleWeighted(new Uncertainty(TEACHER_ADVERSARIAL, false), new IndirectGradient()),
                new ExampleWeighted(new Uncertainty(TEACHER_ADVERSARIAL, true).complement(),
                        KlDivergence.of(TEACHER_NATURAL, STUDENT_NATURAL)),
                KlDivergence.of(TEACHER_LINEARISED, STUDENT_ADVERSARIAL).differentiatingTarget(),
                KlDivergence.of(TEACHER_NATURAL, STUDENT_ADVERSARIAL).floored(1e-5),
                new CwMargin(STUDENT_ADVERSARIAL),
                KlDivergence.of(TEACHER_NATURAL, STUDENT_ADVERSARIAL),
                KlDivergence.of(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL).differentiatingTarget(),
                KlDivergence.of(STUDENT_NATURAL, STUDENT_ADVERSARIAL).differentiatingTarget(),
                new KlDivergence(TEACHER_NATURAL, STUDENT_NATURAL, true, 4),
                new KlDivergence(TEACHER_NATURAL, STUDENT_NATURAL, false, 0.5),
                new Triangle(0.02),
                new Triangle(1e-3),
                new Triangle(0.02, EnumSet.of(Triangle.Corner.LABEL)),
                new Triangle(0.02, EnumSet.of(Triangle.Corner.NATURAL, Triangle.Corner.ADVERSARIAL)));
    }

    /** Those that need four classes, and whose slope grows without bound where logits meet. */
    static List<Term> ratios() {
        return List.of(new Dlr(STUDENT_ADVERSARIAL), new TargetedDlr(STUDENT_ADVERSARIAL, new int[] {3, 1, 0, 2, 3}));
    }

    static Stream<Term> all() {
        return Stream.concat(terms().stream(), ratios().stream());
    }

    @ParameterizedTest
    @MethodSource("ratios")
    void ratiosAgreeWithCentralDifferences(Term term) {
        for (double scale : new double[] {5, 30}) {
            agrees(term, RandomPredictions.of(17, EXAMPLES, 10, scale), 1e-6);
        }
        agrees(term, RandomPredictions.of(18, EXAMPLES, 4, 5), 1e-6);
        agrees(term, RandomPredictions.of(19, EXAMPLES, 100, 30), 1e-6);
        assertThrows(IllegalArgumentException.class, () -> finite(term, RandomPredictions.of(18, EXAMPLES, 2, 3)));
    }

    @ParameterizedTest
    @MethodSource("terms")
    void agreesWithCentralDifferences(Term term) {
        for (double scale : new double[] {0.1, 1, 5, 30}) {
            agrees(term, RandomPredictions.of(17, EXAMPLES, 10, scale), 1e-6);
        }
        agrees(term, RandomPredictions.of(18, EXAMPLES, 2, 3), 1e-6);
        agrees(term, RandomPredictions.of(19, EXAMPLES, 100, 3), 1e-6);
    }

    @Test
    void triangleAgreesWithCentralDifferencesWhereStudentsPredictionsMeet() {
        Predictions predictions = RandomPredictions.of(3, EXAMPLES, 10, 2);
        agrees(new Triangle(0.02), RandomPredictions.replaced(predictions, STUDENT_ADVERSARIAL, predictions.get(STUDENT_NATURAL)), 1e-6);
    }

    @ParameterizedTest
    @MethodSource("all")
    void addsToWhatIsThere(Term term) {
        Predictions predictions = RandomPredictions.of(5, EXAMPLES, 10, 2);
        Map<Prediction, Logits> once = RandomPredictions.zeroGradients(term, predictions);
        Map<Prediction, Logits> twice = RandomPredictions.zeroGradients(term, predictions);
        term.evaluate(predictions, COTANGENTS, once);
        term.evaluate(predictions, COTANGENTS, twice);
        term.evaluate(predictions, COTANGENTS, twice);
        once.forEach((which, gradient) -> {
            for (int i = 0; i < gradient.values().length; i++) {
                assertEquals(2 * gradient.values()[i], twice.get(which).values()[i], 1e-12, term.name() + " " + which);
            }
        });
    }

    @ParameterizedTest
    @MethodSource("all")
    void staysFiniteAtExtremeLogits(Term term) {
        for (double scale : new double[] {1e3, 1e6, 1e300}) {
            finite(term, RandomPredictions.of(23, EXAMPLES, 10, scale));
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void staysFiniteWhereAllPredictionsAreTheSameOneHot(Term term) {
        Predictions predictions = new Predictions(new int[] {0, 1, 2, 3, 4});
        double[] certain = new double[EXAMPLES * 10];
        for (int n = 0; n < EXAMPLES; n++) {
            certain[n * 10 + n] = 1e4;
        }
        for (Prediction which : Prediction.values()) {
            predictions.with(which, new Logits(certain, EXAMPLES, 10));
        }
        finite(term, predictions);
    }

    private static void agrees(Term term, Predictions predictions, double tolerance) {
        Map<Prediction, Logits> gradients = RandomPredictions.zeroGradients(term, predictions);
        term.evaluate(predictions, COTANGENTS, gradients);
        double h = 1e-5;
        for (Prediction which : term.differentiates()) {
            double[] found = gradients.get(which).values();
            for (int i = 0; i < found.length; i++) {
                double above = weighted(term, RandomPredictions.moved(predictions, which, i, h));
                double below = weighted(term, RandomPredictions.moved(predictions, which, i, -h));
                assertEquals((above - below) / (2 * h), found[i], tolerance * Math.max(1, Math.abs(found[i])),
                        term.name() + " by " + which + " logit " + i);
            }
        }
    }

    private static double weighted(Term term, Predictions predictions) {
        double[] values = term.evaluate(predictions, new double[EXAMPLES], RandomPredictions.zeroGradients(term, predictions));
        double sum = 0;
        for (int n = 0; n < values.length; n++) {
            sum += COTANGENTS[n] * values[n];
        }
        return sum;
    }

    private static void finite(Term term, Predictions predictions) {
        Map<Prediction, Logits> gradients = RandomPredictions.zeroGradients(term, predictions);
        double[] values = term.evaluate(predictions, COTANGENTS, gradients);
        Stream.concat(Stream.of(values), gradients.values().stream().map(Logits::values))
                .forEach(numbers -> assertTrue(Arrays.stream(numbers).allMatch(Double::isFinite),
                        () -> term.name() + ": " + Arrays.toString(numbers)));
    }
}
