package org.mmard.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mmard.loss.Prediction.STUDENT_ADVERSARIAL;
import static org.mmard.loss.Prediction.STUDENT_NATURAL;
import static org.mmard.loss.Prediction.TEACHER_ADVERSARIAL;
import static org.mmard.loss.Prediction.TEACHER_LINEARISED;
import static org.mmard.loss.Prediction.TEACHER_NATURAL;

import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Logits;
import org.mmard.loss.WeightedSum.Weighted;

/** Losses in LibTorch's operations against the host's in double precision. */
class DeviceTermsTest {
    private static final int EXAMPLES = 5;

    static Stream<Objective> objectives() {
        return Stream.concat(TermGradientsTest.terms().stream().filter(DeviceTerm.class::isInstance).map(WeightedSum::of), Stream.of(
                new WeightedSum(new Weighted(1, KlDivergence.of(TEACHER_NATURAL, STUDENT_ADVERSARIAL)),
                        new Weighted(0.7, KlDivergence.of(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL).differentiatingTarget())),
                // T(x') is a constant to one term and a variable to the other.
                new WeightedSum(new Weighted(1, KlDivergence.of(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL)),
                        new Weighted(-2, KlDivergence.of(TEACHER_NATURAL, TEACHER_ADVERSARIAL)))));
    }

    @ParameterizedTest
    @MethodSource("objectives")
    void gradientsAreTheHosts(Objective objective) {
        for (double scale : new double[] {0.1, 1, 5, 30}) {
            agrees(objective, RandomPredictions.of(17, EXAMPLES, 10, scale));
        }
        agrees(objective, RandomPredictions.of(18, EXAMPLES, 2, 3));
        agrees(objective, RandomPredictions.of(19, EXAMPLES, 100, 3));
    }

    @ParameterizedTest
    @MethodSource("objectives")
    void signsAreTheHostsWhereALabelIsAllButCertain(Objective objective) {
        Predictions predictions = RandomPredictions.of(23, EXAMPLES, 10, 1);
        for (Prediction which : new Prediction[] {STUDENT_NATURAL, STUDENT_ADVERSARIAL, TEACHER_ADVERSARIAL, TEACHER_LINEARISED}) {
            for (int n = 0; n < EXAMPLES; n++) {
                predictions.get(which).values()[n * 10 + predictions.labels()[n]] = 60;
            }
        }
        agrees(objective, predictions);
    }

    @Test
    void crossEntropyStillPullsAtALabelWhoseProbabilityRoundsToOne() {
        Predictions predictions = new Predictions(new int[] {1}).with(STUDENT_ADVERSARIAL, new Logits(new double[] {0, 80, 1}, 1, 3));
        try (PointerScope scope = new PointerScope()) {
            double[] gradient = gradients(WeightedSum.of(new CrossEntropy(STUDENT_ADVERSARIAL)), predictions).get(STUDENT_ADVERSARIAL);
            assertEquals(-(Math.exp(-80) + Math.exp(-79)), gradient[1], 1e-40);
        }
    }

    private static void agrees(Objective objective, Predictions predictions) {
        Predictions floats = new Predictions(predictions.labels());
        for (Prediction which : Prediction.values()) {
            double[] values = predictions.get(which).values().clone();
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) values[i];
            }
            floats.with(which, new Logits(values, predictions.get(which).examples(), predictions.get(which).classes()));
        }
        assertTrue(objective.runsOnDevice());
        Map<Prediction, Logits> expected = objective.evaluate(floats).gradients();
        try (PointerScope scope = new PointerScope()) {
            Map<Prediction, double[]> found = gradients(objective, floats);
            assertEquals(expected.keySet(), found.keySet());
            expected.forEach((which, gradient) -> {
                for (int i = 0; i < gradient.values().length; i++) {
                    double value = gradient.values()[i];
                    assertEquals(value, found.get(which)[i], 1e-6 * Math.abs(value) + 1e-12, objective + " by " + which + " logit " + i);
                }
            });
        }
    }

    /** In two parts, since only float32 comes down: what float32 rounds away, too. */
    private static Map<Prediction, double[]> gradients(Objective objective, Predictions predictions) {
        Map<Prediction, double[]> gradients = new java.util.EnumMap<>(Prediction.class);
        objective.gradients(DevicePredictions.of(predictions)).forEach((which, gradient) -> {
            Tensor coarse = gradient.to(ScalarType.Float);
            float[] high = LibTorch.values(coarse);
            float[] low = LibTorch.values(gradient.sub(coarse.to(ScalarType.Double)).to(ScalarType.Float));
            double[] sum = new double[high.length];
            for (int i = 0; i < sum.length; i++) {
                sum[i] = (double) high[i] + low[i];
            }
            gradients.put(which, sum);
        });
        return gradients;
    }
}
