package org.mmard.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mmard.loss.Prediction.STUDENT_ADVERSARIAL;
import static org.mmard.loss.Prediction.STUDENT_NATURAL;
import static org.mmard.loss.Prediction.TEACHER_ADVERSARIAL;
import static org.mmard.loss.Prediction.TEACHER_NATURAL;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.engine.Logits;

/** Terms at points where their value is known by hand, and where a careless formula breaks. */
class TermValuesTest {
    @Test
    void crossEntropyOfKnownProbabilities() {
        Predictions predictions = new Predictions(new int[] {1}).with(STUDENT_NATURAL, row(Math.log(1), Math.log(3)));
        Map<Prediction, Logits> gradients = RandomPredictions.zeroGradients(new CrossEntropy(STUDENT_NATURAL), predictions);
        assertEquals(-Math.log(0.75), new CrossEntropy(STUDENT_NATURAL).evaluate(predictions, new double[] {1}, gradients)[0], 1e-15);
        assertArrayEquals(new double[] {0.25, -0.25}, gradients.get(STUDENT_NATURAL).values(), 1e-15);
    }

    @Test
    void crossEntropyKeepsItsGradientWhereTheLabelIsAllButCertain() {
        Predictions predictions = new Predictions(new int[] {0}).with(STUDENT_ADVERSARIAL, row(100, 0, 0));
        Term term = new CrossEntropy(STUDENT_ADVERSARIAL);
        Map<Prediction, Logits> gradients = RandomPredictions.zeroGradients(term, predictions);
        double value = term.evaluate(predictions, new double[] {1}, gradients)[0];
        double rest = 2 * Math.exp(-100);
        assertEquals(1, value / rest, 1e-12);
        assertEquals(-1, gradients.get(STUDENT_ADVERSARIAL).get(0, 0) / rest, 1e-12);
    }

    @Test
    void divergenceOfKnownProbabilities() {
        Predictions predictions = new Predictions(new int[] {0})
                .with(TEACHER_NATURAL, row(Math.log(1), Math.log(3)))
                .with(STUDENT_NATURAL, row(0, 0));
        Term term = KlDivergence.of(TEACHER_NATURAL, STUDENT_NATURAL);
        Map<Prediction, Logits> gradients = RandomPredictions.zeroGradients(term, predictions);
        double value = term.evaluate(predictions, new double[] {1}, gradients)[0];
        assertEquals(0.25 * Math.log(0.5) + 0.75 * Math.log(1.5), value, 1e-15);
        assertArrayEquals(new double[] {0.25, -0.25}, gradients.get(STUDENT_NATURAL).values(), 1e-15);
    }

    @ParameterizedTest
    @ValueSource(doubles = {-2000, -Double.MAX_VALUE, Double.NEGATIVE_INFINITY})
    void classesWhoseTargetProbabilityUnderflowsCountNothing(double low) {
        Predictions predictions = new Predictions(new int[] {0})
                .with(STUDENT_NATURAL, row(-Math.max(low, -Double.MAX_VALUE), low, low))
                .with(STUDENT_ADVERSARIAL, row(0, 0, 0));
        Term term = KlDivergence.of(STUDENT_NATURAL, STUDENT_ADVERSARIAL).differentiatingTarget();
        Map<Prediction, Logits> gradients = RandomPredictions.zeroGradients(term, predictions);
        assertEquals(Math.log(3), term.evaluate(predictions, new double[] {1}, gradients)[0], 1e-15);
        assertArrayEquals(new double[] {1 / 3.0 - 1, 1 / 3.0, 1 / 3.0}, gradients.get(STUDENT_ADVERSARIAL).values(), 1e-15);
        assertArrayEquals(new double[3], gradients.get(STUDENT_NATURAL).values(), 1e-15);
    }

    @Test
    void divergenceOfEqualPredictionsIsExactlyZeroWithItsGradient() {
        Predictions predictions = RandomPredictions.of(1, 4, 10, 5);
        predictions = RandomPredictions.replaced(predictions, STUDENT_ADVERSARIAL, predictions.get(STUDENT_NATURAL));
        Objective.Value value =
                WeightedSum.of(KlDivergence.of(STUDENT_NATURAL, STUDENT_ADVERSARIAL).differentiatingTarget()).evaluate(predictions);
        assertEquals(0, value.total());
        value.gradients().values().forEach(gradient -> assertArrayEquals(new double[40], gradient.values(), 0.0));
    }

    @Test
    void detachedTargetHasNoGradient() {
        assertEquals(Set.of(STUDENT_ADVERSARIAL), KlDivergence.of(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL).differentiates());
        assertEquals(Set.of(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL),
                KlDivergence.of(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL).differentiatingTarget().differentiates());
    }

    @Test
    void marginIsNegativeWhereTheLabelWins() {
        Term term = new CwMargin(STUDENT_ADVERSARIAL);
        Predictions predictions = new Predictions(new int[] {0, 2, 1}).with(STUDENT_ADVERSARIAL, new Logits(new double[] {
            5, 3, 1,
            5, 3, 1,
            7, 4, 7}, 3, 3));
        Map<Prediction, Logits> gradients = RandomPredictions.zeroGradients(term, predictions);
        assertArrayEquals(new double[] {-2, 4, 3}, term.evaluate(predictions, new double[] {1, 1, 1}, gradients));
        assertArrayEquals(new double[] {
            -1, 1, 0,
            1, 0, -1,
            1, -1, 0}, gradients.get(STUDENT_ADVERSARIAL).values());
    }

    @Test
    void triangleOfStudentLikeTeacherIsZeroWithItsGradient() {
        Predictions predictions = RandomPredictions.of(2, 4, 10, 3);
        predictions = RandomPredictions.replaced(predictions, STUDENT_NATURAL, predictions.get(TEACHER_NATURAL));
        predictions = RandomPredictions.replaced(predictions, STUDENT_ADVERSARIAL, predictions.get(TEACHER_ADVERSARIAL));
        Objective.Value value = WeightedSum.of(new Triangle(0.02)).evaluate(predictions);
        assertEquals(0, value.total());
        value.gradients().values().forEach(gradient -> assertArrayEquals(new double[40], gradient.values(), 0.0));
    }

    @Test
    void cosinesOfTheSidesThreeFourFive() {
        // a = (1, 0, 0), b = a + (0, 3, 0), c = a + (0, 0, 4): a right angle at a, cosines 3/5 and 4/5 at b and c
        double[] cosines = new TriangleCosines(3, 1e-9).at(0, new double[] {1, 3, 0}, new double[] {1, 0, 4});
        assertArrayEquals(new double[] {0, 0.6, 0.8}, cosines, 1e-12);
    }

    @Test
    void chosenCornersAverageToTheWhole() {
        Predictions predictions = RandomPredictions.of(8, 3, 10, 2);
        double sum = 0;
        for (Triangle.Corner corner : Triangle.Corner.values()) {
            double value = WeightedSum.of(new Triangle(0.02, Set.of(corner))).evaluate(predictions).total();
            assertTrue(value > 0, corner.toString());
            sum += value;
        }
        assertEquals(sum / 3, WeightedSum.of(new Triangle(0.02)).evaluate(predictions).total(), 1e-15);
    }

    @Test
    void refusesImpossibleParameters() {
        for (double wrong : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThrows(IllegalArgumentException.class, () -> new Triangle(wrong));
            assertThrows(IllegalArgumentException.class, () -> new KlDivergence(STUDENT_NATURAL, STUDENT_ADVERSARIAL, false, wrong));
        }
        assertThrows(IllegalArgumentException.class, () -> new Triangle(0.02, Set.of()));
        assertThrows(IllegalArgumentException.class, () -> KlDivergence.of(STUDENT_NATURAL, STUDENT_NATURAL));
    }

    private static Logits row(double... values) {
        return new Logits(values, 1, values.length);
    }
}
