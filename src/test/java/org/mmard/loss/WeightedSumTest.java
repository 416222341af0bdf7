package org.mmard.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.mmard.loss.Prediction.STUDENT_ADVERSARIAL;
import static org.mmard.loss.Prediction.STUDENT_NATURAL;
import static org.mmard.loss.Prediction.TEACHER_NATURAL;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mmard.engine.Logits;
import org.mmard.loss.WeightedSum.Weighted;

class WeightedSumTest {
    private static final Term NATURAL = new CrossEntropy(STUDENT_NATURAL);
    private static final Term ROBUST = KlDivergence.of(TEACHER_NATURAL, STUDENT_ADVERSARIAL);
    private static final Term THROUGH = KlDivergence.of(STUDENT_NATURAL, STUDENT_ADVERSARIAL).differentiatingTarget();

    @Test
    void readsAsItsFormula() {
        assertEquals("0.5 CE(S(x),y) + 3.0 KL(T(x)||S(x'))",
                new WeightedSum(new Weighted(0.5, NATURAL), new Weighted(3, ROBUST)).toString());
    }

    @Test
    void weighsBatchMeansAndAddsGradients() {
        Predictions predictions = RandomPredictions.of(4, 6, 10, 3);
        Objective.Value value = new WeightedSum(new Weighted(0.5, NATURAL), new Weighted(3, THROUGH)).evaluate(predictions);
        Objective.Value natural = WeightedSum.of(NATURAL).evaluate(predictions);
        Objective.Value through = WeightedSum.of(THROUGH).evaluate(predictions);

        double[] perExample = NATURAL.evaluate(predictions, new double[6], RandomPredictions.zeroGradients(NATURAL, predictions));
        assertEquals((perExample[0] + perExample[1] + perExample[2] + perExample[3] + perExample[4] + perExample[5]) / 6, natural.total(),
                1e-15);
        assertEquals(0.5 * natural.total() + 3 * through.total(), value.total(), 1e-14);
        assertEquals(Map.of("CE(S(x),y)", natural.total(), "KL(S(x)||S(x'))", through.total()), value.byTerm());
        for (int i = 0; i < 60; i++) {
            double expected = 0.5 * gradient(natural, STUDENT_NATURAL, i) + 3 * gradient(through, STUDENT_NATURAL, i);
            assertEquals(expected, gradient(value, STUDENT_NATURAL, i), 1e-15);
            assertEquals(3 * gradient(through, STUDENT_ADVERSARIAL, i), gradient(value, STUDENT_ADVERSARIAL, i), 1e-15);
        }
    }

    @Test
    void aTermThatGivesNotOneValuePerExampleIsRefusedByItsName() {
        Term term = new OneValue();
        Predictions predictions = new Predictions(new int[] {0, 1}).with(STUDENT_NATURAL, Logits.zeros(2, 3));
        assertEquals("term 'one value' gives 1 values for 2 examples: evaluate has to give one value of each",
                assertThrows(IllegalStateException.class, () -> WeightedSum.of(term).evaluate(predictions)).getMessage());
    }

    /** Not as the contract has it. */
    private record OneValue() implements Term {
        @Override
        public String name() {
            return "one value";
        }

        @Override
        public Set<Prediction> reads() {
            return Set.of(STUDENT_NATURAL);
        }

        @Override
        public Set<Prediction> differentiates() {
            return Set.of(STUDENT_NATURAL);
        }

        @Override
        public double[] evaluate(Predictions predictions, double[] cotangents, Map<Prediction, Logits> gradients) {
            return new double[1];
        }
    }

    @Test
    void gradientIsOfTheBatchMean() {
        Predictions predictions = RandomPredictions.of(9, 4, 10, 2);
        WeightedSum sum = new WeightedSum(new Weighted(2, NATURAL), new Weighted(0.25, ROBUST));
        Objective.Value value = sum.evaluate(predictions);
        double h = 1e-5;
        double above = sum.evaluate(RandomPredictions.moved(predictions, STUDENT_NATURAL, 13, h)).total();
        double below = sum.evaluate(RandomPredictions.moved(predictions, STUDENT_NATURAL, 13, -h)).total();
        assertEquals((above - below) / (2 * h), gradient(value, STUDENT_NATURAL, 13), 1e-8);
    }

    @Test
    void asksOnlyForWhatItsTermsRead() {
        WeightedSum sum = new WeightedSum(new Weighted(1, NATURAL), new Weighted(1, ROBUST));
        assertEquals(Set.of(STUDENT_NATURAL, TEACHER_NATURAL, STUDENT_ADVERSARIAL), sum.reads());
        assertEquals(Set.of(STUDENT_NATURAL, STUDENT_ADVERSARIAL), sum.differentiates());
        assertEquals(List.of("CE(S(x),y)", "KL(T(x)||S(x'))"), sum.terms());
        assertEquals(sum.differentiates(), sum.evaluate(RandomPredictions.of(1, 2, 10, 1)).gradients().keySet());
    }

    @Test
    void leavesOutTermsWithoutWeight() {
        WeightedSum sum = new WeightedSum(new Weighted(1, NATURAL), new Weighted(0, ROBUST));
        assertEquals(Set.of(STUDENT_NATURAL), sum.reads());
        Predictions only = new Predictions(new int[] {1}).with(STUDENT_NATURAL, Logits.zeros(1, 10));
        assertEquals(Set.of("CE(S(x),y)"), sum.evaluate(only).byTerm().keySet());
    }

    @Test
    void refusesSumsThatMeanNothing() {
        assertThrows(IllegalArgumentException.class, () -> new WeightedSum(new Weighted(0, NATURAL)));
        assertThrows(IllegalArgumentException.class, () -> new WeightedSum(new Weighted(1, NATURAL), new Weighted(2, NATURAL)));
        assertThrows(IllegalArgumentException.class, () -> new Weighted(Double.NaN, NATURAL));
        assertThrows(IllegalArgumentException.class, () -> new Weighted(Double.POSITIVE_INFINITY, NATURAL));
    }

    private static double gradient(Objective.Value value, Prediction which, int i) {
        return value.gradients().get(which).values()[i];
    }
}
