package org.mmard.method;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mmard.loss.Prediction.STUDENT_ADVERSARIAL;
import static org.mmard.loss.Prediction.STUDENT_NATURAL;
import static org.mmard.loss.Prediction.TEACHER_ADVERSARIAL;
import static org.mmard.loss.Prediction.TEACHER_NATURAL;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.config.InputError;
import org.mmard.config.Settings;
import org.mmard.loss.Objective;
import org.mmard.loss.Prediction;
import org.mmard.loss.Predictions;
import org.mmard.loss.RandomPredictions;

/** The registry: what each name reads, differentiates and computes, and what it refuses. */
class MethodsTest {
    private static final List<String> NAMES = List.of("natural", "pgd-at", "trades", "rslad", "adaad", "mmard");
    private static final double BETA = 6;
    private static final double ALPHA = 0.7;
    private static final double LAMBDA = 0.5;
    private static final double A = 0.8;
    private static final double B = 0.2;
    private static final double SMOOTHING = 0.02;

    private final Predictions predictions = RandomPredictions.of(31, 7, 10, 3);
    private final PlainFormulas plain = new PlainFormulas(predictions);

    @Test
    void innerObjectivesReadAndDifferentiateWhatTheirFormulaSays() {
        inner("pgd-at", Set.of(STUDENT_ADVERSARIAL), Set.of(STUDENT_ADVERSARIAL), plain.crossEntropy(STUDENT_ADVERSARIAL));
        inner("trades", Set.of(STUDENT_NATURAL, STUDENT_ADVERSARIAL), Set.of(STUDENT_ADVERSARIAL), plain.kl(STUDENT_NATURAL, STUDENT_ADVERSARIAL));
        inner("rslad", Set.of(TEACHER_NATURAL, STUDENT_ADVERSARIAL), Set.of(STUDENT_ADVERSARIAL), plain.kl(TEACHER_NATURAL, STUDENT_ADVERSARIAL));
        inner("adaad", Set.of(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL), Set.of(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL),
                plain.kl(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL));
    }

    @Test
    void mmardsInnerObjectiveHasThreeReadings() {
        Set<Prediction> reads = Set.of(TEACHER_NATURAL, TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL);
        Set<Prediction> both = Set.of(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL);
        double natural = plain.kl(TEACHER_NATURAL, STUDENT_ADVERSARIAL);
        double disagreement = natural + LAMBDA * plain.kl(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL);
        check(Methods.of(mmard("disagreement")).inner().orElseThrow(), reads, both, disagreement);
        check(Methods.of(mmard("detached")).inner().orElseThrow(), reads, Set.of(STUDENT_ADVERSARIAL), disagreement);
        check(Methods.of(mmard("boundary")).inner().orElseThrow(), reads, both, natural + LAMBDA * plain.kl(TEACHER_NATURAL, TEACHER_ADVERSARIAL));
    }

    @Test
    void outerLossesReadAndDifferentiateWhatTheirFormulaSays() {
        Set<Prediction> student = Set.of(STUDENT_NATURAL, STUDENT_ADVERSARIAL);
        double naturalDistillation = plain.kl(TEACHER_NATURAL, STUDENT_NATURAL);
        double robustDistillation = plain.kl(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL);
        outer("natural", Set.of(STUDENT_NATURAL), Set.of(STUDENT_NATURAL), plain.crossEntropy(STUDENT_NATURAL));
        outer("pgd-at", Set.of(STUDENT_ADVERSARIAL), Set.of(STUDENT_ADVERSARIAL), plain.crossEntropy(STUDENT_ADVERSARIAL));
        outer("trades", student, student, plain.crossEntropy(STUDENT_NATURAL) + BETA * plain.kl(STUDENT_NATURAL, STUDENT_ADVERSARIAL));
        outer("rslad", Set.of(TEACHER_NATURAL, STUDENT_NATURAL, STUDENT_ADVERSARIAL), student,
                5 / 6.0 * plain.kl(TEACHER_NATURAL, STUDENT_ADVERSARIAL) + 1 / 6.0 * naturalDistillation);
        outer("adaad", Set.of(Prediction.values()), student, ALPHA * robustDistillation + (1 - ALPHA) * naturalDistillation);
        outer("mmard", Set.of(Prediction.values()), student, A * robustDistillation + (1 - A) * naturalDistillation + B * plain.triangle(SMOOTHING));
    }

    @Test
    void anyInnerGoesWithAnyOuter() {
        for (String inner : NAMES) {
            for (String outer : NAMES) {
                Method method = Methods.of(settings(inner, outer));
                method.inner().ifPresent(objective -> assertTrue(Double.isFinite(objective.evaluate(only(objective)).total())));
                assertTrue(Double.isFinite(method.outer().evaluate(only(method.outer())).total()), inner + " with " + outer);
                boolean distils = List.of("rslad", "adaad", "mmard").contains(outer)
                        || !outer.equals("natural") && List.of("rslad", "adaad", "mmard").contains(inner);
                assertEquals(distils, method.needsTeacher(), inner + " with " + outer);
                assertEquals(!inner.equals("natural") && !outer.equals("natural"), method.attacks(), inner + " with " + outer);
            }
        }
    }

    @Test
    void withoutAttackAdversarialPredictionsAreTheNaturalOnes() {
        Method trades = Methods.of(settings("natural", "trades"));
        assertEquals(Set.of(STUDENT_NATURAL), trades.reads());
        assertEquals(List.of(STUDENT_NATURAL), trades.studentForwards());
        Objective.Value value = trades.outer().evaluate(only(trades.outer()));
        Objective.Value crossEntropy = Methods.of(settings("natural", "natural")).outer().evaluate(predictions);
        assertEquals(crossEntropy.total(), value.total(), 1e-15);
        sameGradient(crossEntropy, value);

        Method distillation = Methods.of(settings("natural", "rslad"));
        assertEquals(Set.of(STUDENT_NATURAL, TEACHER_NATURAL), distillation.reads());
        assertEquals(plain.kl(TEACHER_NATURAL, STUDENT_NATURAL), distillation.outer().evaluate(only(distillation.outer())).total(), 1e-13);
        sameGradient(distillation.outer().evaluate(predictions), Methods.of(settings("natural", "adaad")).outer().evaluate(predictions));
    }

    @Test
    void attackThatNothingReadsIsLeftOut() {
        Method method = Methods.of(settings("mmard", "natural"));
        assertFalse(method.attacks());
        assertFalse(method.needsTeacher());
    }

    @Test
    void forwardsFollowThePublishedOrder() {
        assertEquals(List.of(STUDENT_ADVERSARIAL), Methods.of(settings("pgd-at", "pgd-at")).studentForwards());
        assertEquals(List.of(STUDENT_NATURAL, STUDENT_ADVERSARIAL), Methods.of(settings("trades", "trades")).studentForwards());
        assertEquals(List.of(STUDENT_ADVERSARIAL, STUDENT_NATURAL), Methods.of(settings("rslad", "rslad")).studentForwards());
        assertEquals(List.of(STUDENT_NATURAL, STUDENT_ADVERSARIAL), Methods.of(settings("adaad", "adaad")).studentForwards());
        assertEquals(List.of(STUDENT_ADVERSARIAL, STUDENT_NATURAL), Methods.of(settings("mmard", "mmard")).studentForwards());
    }

    @Test
    void termsOfWeightZeroNeedNoForward() {
        Method adaad = Methods.of(new Settings.Method("adaad", "adaad", BETA, 1, LAMBDA, "disagreement", A, B, SMOOTHING));
        assertEquals(Set.of(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL), adaad.reads());
        assertEquals(List.of(STUDENT_ADVERSARIAL), adaad.studentForwards());
        Method mmard = Methods.of(new Settings.Method("mmard", "rslad", BETA, ALPHA, 0, "disagreement", A, B, SMOOTHING));
        assertFalse(mmard.reads().contains(TEACHER_ADVERSARIAL));
    }

    @Test
    void refusesUnknownNamesListingTheKnown() {
        refuses(settings("rslad2", "rslad"), "method.inner is \"rslad2\": give one of natural, pgd-at, trades, rslad, adaad, mmard");
        refuses(settings("rslad", "RSLAD"), "method.outer is \"RSLAD\": give one of natural, pgd-at, trades, rslad, adaad, mmard");
        refuses(mmard("attached"), "method.teacher-term is \"attached\": give one of disagreement, detached, boundary");
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void refusesImpossibleCoefficientsNamingTheKey(double wrong) {
        refuses(new Settings.Method("natural", "natural", wrong, ALPHA, LAMBDA, "detached", A, B, SMOOTHING), "method.beta is " + wrong + ": ");
        refuses(new Settings.Method("natural", "natural", BETA, wrong, LAMBDA, "detached", A, B, SMOOTHING), "method.alpha is " + wrong + ": ");
        refuses(new Settings.Method("natural", "natural", BETA, ALPHA, wrong, "detached", A, B, SMOOTHING), "method.lambda is " + wrong + ": ");
        refuses(new Settings.Method("natural", "natural", BETA, ALPHA, LAMBDA, "detached", wrong, B, SMOOTHING), "method.a is " + wrong + ": ");
        refuses(new Settings.Method("natural", "natural", BETA, ALPHA, LAMBDA, "detached", A, wrong, SMOOTHING), "method.b is " + wrong + ": ");
        refuses(new Settings.Method("natural", "natural", BETA, ALPHA, LAMBDA, "detached", A, B, wrong),
                "method.triangle.smoothing is " + wrong + ": ");
    }

    @ParameterizedTest
    @CsvSource({"1.01, 0.5, 0.02, method.alpha", "0.5, 1.01, 0.02, method.a", "0.5, 0.5, 0, method.triangle.smoothing"})
    void refusesCoefficientsJustOutOfRange(double alpha, double a, double smoothing, String key) {
        refuses(new Settings.Method("mmard", "mmard", BETA, alpha, LAMBDA, "detached", a, B, smoothing), key + " is ");
    }

    private void inner(String name, Set<Prediction> reads, Set<Prediction> differentiates, double expected) {
        check(Methods.of(settings(name, "pgd-at")).inner().orElseThrow(), reads, differentiates, expected);
    }

    private void outer(String name, Set<Prediction> reads, Set<Prediction> differentiates, double expected) {
        check(Methods.of(settings("pgd-at", name)).outer(), reads, differentiates, expected);
    }

    private void check(Objective objective, Set<Prediction> reads, Set<Prediction> differentiates, double expected) {
        assertEquals(reads, objective.reads());
        assertEquals(differentiates, objective.differentiates());
        Objective.Value value = objective.evaluate(only(objective));
        assertEquals(expected, value.total(), 1e-10);
        assertEquals(differentiates, value.gradients().keySet());
    }

    /** Nothing but what the objective says it reads. */
    private Predictions only(Objective objective) {
        Predictions some = new Predictions(predictions.labels());
        objective.reads().forEach(which -> some.with(which, predictions.get(which)));
        return some;
    }

    private static void sameGradient(Objective.Value expected, Objective.Value found) {
        assertEquals(expected.gradients().keySet(), found.gradients().keySet());
        expected.gradients().forEach((which, gradient) -> {
            for (int i = 0; i < gradient.values().length; i++) {
                assertEquals(gradient.values()[i], found.gradients().get(which).values()[i], 1e-15);
            }
        });
    }

    private static Settings.Method settings(String inner, String outer) {
        return new Settings.Method(inner, outer, BETA, ALPHA, LAMBDA, "disagreement", A, B, SMOOTHING);
    }

    private static Settings.Method mmard(String teacherTerm) {
        return new Settings.Method("mmard", "mmard", BETA, ALPHA, LAMBDA, teacherTerm, A, B, SMOOTHING);
    }

    private static void refuses(Settings.Method settings, String message) {
        String found = assertThrows(InputError.class, () -> Methods.of(settings)).getMessage();
        assertTrue(found.startsWith(message), found);
    }
}
