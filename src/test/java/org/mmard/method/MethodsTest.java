package org.mmard.method;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mmard.loss.Prediction.STUDENT_ADVERSARIAL;
import static org.mmard.loss.Prediction.STUDENT_MIRRORED;
import static org.mmard.loss.Prediction.STUDENT_NATURAL;
import static org.mmard.loss.Prediction.TEACHER_ADVERSARIAL;
import static org.mmard.loss.Prediction.TEACHER_LINEARISED;
import static org.mmard.loss.Prediction.TEACHER_MIRRORED;
import static org.mmard.loss.Prediction.TEACHER_NATURAL;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.config.SettingsReader;
import org.mmard.failure.InputError;
import org.mmard.loss.Objective;
import org.mmard.loss.Prediction;
import org.mmard.loss.Predictions;
import org.mmard.loss.RandomPredictions;

/** The registry: what each name reads, differentiates and computes, and what it refuses. */
class MethodsTest {
    private static final List<String> INNER =
            List.of("natural", "pgd-at", "trades", "mart", "ard", "iad", "rslad", "adaad", "igdm", "saad", "mmard",
                    "trades + teacher-term");
    private static final List<String> OUTER =
            List.of("natural", "pgd-at", "trades", "mart", "ard", "iad", "iad-paper", "rslad", "adaad", "igdm", "saad",
                    "equation-4", "mmard", "trades + triangle");
    private static final Set<Prediction> STUDENT = Set.of(STUDENT_NATURAL, STUDENT_ADVERSARIAL);
    private static final Set<Prediction> FOUR = Set.of(STUDENT_NATURAL, STUDENT_ADVERSARIAL, TEACHER_NATURAL, TEACHER_ADVERSARIAL);
    private static final Set<Prediction> MOVED = Set.of(STUDENT_ADVERSARIAL, STUDENT_MIRRORED, TEACHER_ADVERSARIAL, TEACHER_MIRRORED);

    private final Predictions predictions = RandomPredictions.of(31, 7, 10, 3);
    private final PlainFormulas plain = new PlainFormulas(predictions);

    @Test
    void innerObjectivesReadAndDifferentiateWhatTheirFormulaSays() {
        Set<Prediction> student = Set.of(STUDENT_ADVERSARIAL);
        for (String name : new String[] {"pgd-at", "mart", "ard", "iad"}) {
            inner(name, student, student, plain.crossEntropy(STUDENT_ADVERSARIAL));
        }
        inner("trades", STUDENT, student, plain.kl(STUDENT_NATURAL, STUDENT_ADVERSARIAL));
        inner("rslad", Set.of(TEACHER_NATURAL, STUDENT_ADVERSARIAL), student, plain.kl(TEACHER_NATURAL, STUDENT_ADVERSARIAL));
        Set<Prediction> both = Set.of(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL);
        for (String name : new String[] {"adaad", "igdm"}) {
            double disagreement = plain.kl(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL);
            inner(name, both, both, disagreement);
            check(attack(Map.of("method.inner", name, "method.teacher-gradient", "detached")), both, student, disagreement);
        }
        Set<Prediction> linearised = Set.of(TEACHER_LINEARISED, STUDENT_ADVERSARIAL);
        inner("saad", linearised, linearised, plain.kl(TEACHER_LINEARISED, STUDENT_ADVERSARIAL));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mmard", "rslad + teacher-term", "rslad+teacher-term"})
    void mmardsInnerObjectiveHasThreeReadings(String inner) {
        Set<Prediction> reads = Set.of(TEACHER_NATURAL, TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL);
        Set<Prediction> both = Set.of(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL);
        double natural = plain.kl(TEACHER_NATURAL, STUDENT_ADVERSARIAL);
        double disagreement = natural + 0.5 * plain.kl(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL);
        Map<String, String> settings = Map.of("method.inner", inner, "method.lambda", "0.5");
        check(attack(settings), reads, both, disagreement);
        check(attack(with(settings, "method.teacher-term", "detached")), reads, Set.of(STUDENT_ADVERSARIAL), disagreement);
        check(attack(with(settings, "method.teacher-term", "boundary")), reads, both,
                natural + 0.5 * plain.kl(TEACHER_NATURAL, TEACHER_ADVERSARIAL));
    }

    @Test
    void teacherTermGoesOnTopOfAnyAttack() {
        check(attack(Map.of("method.inner", "trades + teacher-term", "method.lambda", "3", "method.teacher-term", "boundary")), FOUR,
                Set.of(STUDENT_ADVERSARIAL, TEACHER_ADVERSARIAL),
                plain.kl(STUDENT_NATURAL, STUDENT_ADVERSARIAL) + 3 * plain.kl(TEACHER_NATURAL, TEACHER_ADVERSARIAL));
        assertEquals(0.5, method(Map.of("method.inner", "saad", "method.lambda", "0.5")).linearisation());
    }

    @Test
    void outerLossesWithoutTeacherComputeTheirFormula() {
        outer("natural", Map.of(), Set.of(STUDENT_NATURAL), Set.of(STUDENT_NATURAL), plain.crossEntropy(STUDENT_NATURAL));
        outer("pgd-at", Map.of(), Set.of(STUDENT_ADVERSARIAL), Set.of(STUDENT_ADVERSARIAL), plain.crossEntropy(STUDENT_ADVERSARIAL));
        double divergence = plain.kl(STUDENT_NATURAL, STUDENT_ADVERSARIAL);
        outer("trades", Map.of(), STUDENT, STUDENT, plain.crossEntropy(STUDENT_NATURAL) + 6 * divergence);
        outer("trades", Map.of("method.beta", "2.5", "method.label-smoothing", "0.1"), STUDENT, STUDENT,
                plain.smoothedCrossEntropy(STUDENT_NATURAL, 0.1) + 2.5 * divergence);
        outer("mart", Map.of(), STUDENT, STUDENT, plain.boosted(STUDENT_ADVERSARIAL) + 6 * plain.mart());
        outer("mart", Map.of("method.beta", "5"), STUDENT, STUDENT, plain.boosted(STUDENT_ADVERSARIAL) + 5 * plain.mart());
    }

    @Test
    void distillingOuterLossesComputeTheirFormula() {
        double natural = plain.kl(TEACHER_NATURAL, STUDENT_NATURAL);
        double robust = plain.kl(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL);
        outer("rslad", Map.of(), Set.of(TEACHER_NATURAL, STUDENT_NATURAL, STUDENT_ADVERSARIAL), STUDENT,
                5 / 6.0 * plain.kl(TEACHER_NATURAL, STUDENT_ADVERSARIAL) + 1 / 6.0 * natural);
        outer("adaad", Map.of("method.alpha", "0.7"), FOUR, STUDENT, 0.7 * robust + 0.3 * natural);
        outer("equation-4", Map.of("method.a", "0.8"), FOUR, STUDENT, 0.8 * robust + 0.2 * natural);
        outer("equation-4", Map.of("method.target", "natural"), Set.of(TEACHER_NATURAL, STUDENT_NATURAL, STUDENT_ADVERSARIAL), STUDENT,
                5 / 6.0 * plain.kl(TEACHER_NATURAL, STUDENT_ADVERSARIAL) + 1 / 6.0 * natural);
        outer("mmard", Map.of("method.target", "natural"), FOUR, STUDENT,
                5 / 6.0 * plain.kl(TEACHER_NATURAL, STUDENT_ADVERSARIAL) + 1 / 6.0 * natural + 0.2 * plain.triangle(0.02));
        outer("mmard", Map.of("method.a", "0.8", "method.b", "0.3"), FOUR, STUDENT,
                0.8 * robust + 0.2 * natural + 0.3 * plain.triangle(0.02));
        outer("equation-4 + triangle", Map.of("method.a", "0.8", "method.b", "0.3"), FOUR, STUDENT,
                0.8 * robust + 0.2 * natural + 0.3 * plain.triangle(0.02));
        outer("trades + triangle", Map.of("method.triangle.smoothing", "0.01"), FOUR, STUDENT,
                plain.crossEntropy(STUDENT_NATURAL) + 6 * plain.kl(STUDENT_NATURAL, STUDENT_ADVERSARIAL) + 0.2 * plain.triangle(0.01));
    }

    @Test
    void ardWeighsItsTermAtATemperatureBySquare() {
        double distillation = 16 * plain.mean(n -> plain.kl(TEACHER_NATURAL, STUDENT_ADVERSARIAL, 4, n));
        outer("ard", Map.of("method.temperature", "4", "method.alpha", "0.7"),
                Set.of(TEACHER_NATURAL, STUDENT_NATURAL, STUDENT_ADVERSARIAL), STUDENT,
                0.7 * distillation + 0.3 * plain.crossEntropy(STUDENT_NATURAL));
        // IAD's target has nothing to do with it
        assertFalse(method(Map.of("method.name", "ard", "method.iad-target", "adversarial")).reads().contains(TEACHER_ADVERSARIAL));
    }

    @Test
    void iadsWeightsAndOwnTargetAreAtTemperatureOne() {
        Map<String, String> settings = Map.of("method.temperature", "4", "method.alpha", "0.7", "method.beta", "0.3");
        double crossEntropy = 0.3 * plain.crossEntropy(STUDENT_NATURAL);
        double introspection =
                0.7 * plain.mean(n -> (1 - plain.reliability(0.3, n)) * plain.kl(STUDENT_NATURAL, STUDENT_ADVERSARIAL, 1, n));
        double distillation = 0.7 * 16 * plain.mean(n -> plain.kl(TEACHER_NATURAL, STUDENT_ADVERSARIAL, 4, n));
        double weighted = 0.7 * 16 * plain.mean(n -> plain.reliability(0.3, n) * plain.kl(TEACHER_NATURAL, STUDENT_ADVERSARIAL, 4, n));
        double ofAdversarial = 0.7 * 16 * plain.mean(n -> plain.kl(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL, 4, n));
        outer("iad", settings, FOUR, STUDENT, distillation + introspection + crossEntropy);
        outer("iad-paper", settings, FOUR, STUDENT, weighted + introspection + crossEntropy);
        outer("iad", with(settings, "method.iad-target", "adversarial"), Set.of(TEACHER_ADVERSARIAL, STUDENT_NATURAL, STUDENT_ADVERSARIAL),
                STUDENT,
                ofAdversarial + introspection + crossEntropy);
    }

    @Test
    void iadDifferentiatesItsOwnTargetOnlyAsTheCodeDoes() {
        assertEquals(STUDENT, method(Map.of("method.outer", "iad")).outer().differentiates());
        assertEquals(Set.of(STUDENT_ADVERSARIAL), method(Map.of("method.outer", "iad-paper")).outer().differentiates());
    }

    @Test
    void iadIsArdUntilItBegins() {
        Map<String, String> settings = Map.of("method.inner", "iad", "method.outer", "iad", "method.begin", "60");
        assertEquals(List.of("KL(T(x)||S(x'))"), at(settings, 1, 200).outer().terms());
        assertEquals(List.of("KL(T(x)||S(x'))"), at(settings, 60, 200).outer().terms());
        assertEquals(List.of("KL(T(x)||S(x'))", "(1-w) KL(S(x)||S(x'))"), at(settings, 61, 200).outer().terms());
        assertEquals(List.of("KL(T(x')||S(x'))"), at(with(settings, "method.iad-target", "adversarial"), 1, 200).outer().terms());
    }

    @Test
    void igdmsTermGrowsWithTheEpochs() {
        double robust = plain.kl(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL);
        double indirect = plain.mean(plain::indirectGradient);
        Map<String, String> settings = Map.of("method.inner", "igdm", "method.outer", "igdm", "method.alpha", "10");
        check(at(settings, 1, 200).outer(), MOVED, Set.of(STUDENT_ADVERSARIAL, STUDENT_MIRRORED), robust + 10 / 200.0 * indirect);
        check(at(settings, 150, 200).outer(), MOVED, Set.of(STUDENT_ADVERSARIAL, STUDENT_MIRRORED), robust + 7.5 * indirect);
        assertEquals(Set.of(STUDENT_ADVERSARIAL, TEACHER_ADVERSARIAL), at(settings, 0, 200).reads());
    }

    @Test
    void saadWeighsExamplesByTheTeachersUncertainty() {
        double[] w = plain.uncertainties();
        double largest = Arrays.stream(w).max().orElseThrow();
        Map<String, String> settings = Map.of("method.inner", "saad", "method.outer", "saad", "method.alpha", "2", "method.beta", "0.4");
        double expected =
                plain.mean(n -> w[n] * (plain.kl(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL, 1, n) + 2 * 0.25 * plain.indirectGradient(n))
                        + 0.4 * (1 - w[n] / largest) * plain.kl(TEACHER_NATURAL, STUDENT_NATURAL, 1, n));
        Set<Prediction> reads = EnumSet.allOf(Prediction.class);
        reads.remove(TEACHER_LINEARISED);
        check(at(settings, 50, 200).outer(), reads, Set.of(STUDENT_NATURAL, STUDENT_ADVERSARIAL, STUDENT_MIRRORED), expected);
        assertEquals(MOVED, method(Map.of("method.outer", "saad")).outer().reads());
    }

    @Test
    void elementMeanDividesDivergencesByTheNumberOfClassesAndNothingElse() {
        Map<String, String> element = Map.of("method.reduction", "element-mean");
        outer("trades", element, STUDENT, STUDENT,
                plain.crossEntropy(STUDENT_NATURAL) + 0.6 * plain.kl(STUDENT_NATURAL, STUDENT_ADVERSARIAL));
        outer("mart", element, STUDENT, STUDENT, plain.boosted(STUDENT_ADVERSARIAL) + 0.6 * plain.mart());
        outer("mmard", with(with(element, "method.a", "0.8"), "method.b", "0.3"), FOUR, STUDENT,
                0.08 * plain.kl(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL) + 0.02 * plain.kl(TEACHER_NATURAL, STUDENT_NATURAL)
                        + 0.3 * plain.triangle(0.02));
        outer("igdm", element, MOVED, Set.of(STUDENT_ADVERSARIAL, STUDENT_MIRRORED),
                (plain.kl(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL) + plain.mean(plain::indirectGradient)) / 10);
    }

    @Test
    void scaleIsAFactorOfTheWholeLoss() {
        outer("trades", Map.of("method.scale", "10"), STUDENT, STUDENT,
                10 * plain.crossEntropy(STUDENT_NATURAL) + 60 * plain.kl(STUDENT_NATURAL, STUDENT_ADVERSARIAL));
    }

    @Test
    void rsladsElementMeanHasItsCodesConstantInTheValueButNotInTheGradient() {
        Method batch = method(Map.of("method.outer", "rslad"));
        Method element = method(Map.of("method.outer", "rslad", "method.reduction", "element-mean"));
        Objective.Value plainValue = batch.outer().evaluate(predictions);
        Objective.Value value = element.outer().evaluate(predictions);
        double offset = value.total() - plainValue.total() / 10;
        // sum over classes of p (log(p + 1e-5) - log p), at most 1e-5 a class, over ten classes
        assertTrue(offset > 5e-6 && offset < 1e-5, "offset " + offset);
        plainValue.gradients().forEach((which, gradient) -> {
            for (int i = 0; i < gradient.values().length; i++) {
                assertEquals(gradient.values()[i] / 10, value.gradients().get(which).values()[i], 1e-16);
            }
        });
    }

    @Test
    void anyInnerGoesWithAnyOuter() {
        for (String inner : INNER) {
            for (String outer : OUTER) {
                Method method = method(Map.of("method.inner", inner, "method.outer", outer));
                method.inner().ifPresent(objective -> assertTrue(Double.isFinite(objective.evaluate(only(objective)).total())));
                assertTrue(Double.isFinite(method.outer().evaluate(only(method.outer())).total()), inner + " with " + outer);
                boolean taught = !List.of("natural", "pgd-at", "trades", "mart").contains(outer);
                boolean taughtAttack =
                        !outer.equals("natural") && !List.of("natural", "pgd-at", "trades", "mart", "ard", "iad").contains(inner);
                assertEquals(taught || taughtAttack, method.needsTeacher(), inner + " with " + outer);
                assertEquals(!inner.equals("natural") && !outer.equals("natural"), method.attacks(), inner + " with " + outer);
            }
        }
    }

    @Test
    void withoutAttackAdversarialPredictionsAreTheNaturalOnes() {
        Method trades = method(Map.of("method.inner", "natural", "method.outer", "trades"));
        assertEquals(Set.of(STUDENT_NATURAL), trades.reads());
        assertEquals(List.of(STUDENT_NATURAL), trades.studentForwards());
        Objective.Value value = trades.outer().evaluate(only(trades.outer()));
        Objective.Value crossEntropy = method(Map.of("method.name", "natural")).outer().evaluate(predictions);
        assertEquals(crossEntropy.total(), value.total(), 1e-15);
        sameGradient(crossEntropy, value);

        Method distillation = method(Map.of("method.inner", "natural", "method.outer", "rslad"));
        assertEquals(Set.of(STUDENT_NATURAL, TEACHER_NATURAL), distillation.reads());
        assertEquals(plain.kl(TEACHER_NATURAL, STUDENT_NATURAL), distillation.outer().evaluate(only(distillation.outer())).total(), 1e-13);
        Method igdm = method(Map.of("method.inner", "natural", "method.outer", "igdm"));
        sameGradient(distillation.outer().evaluate(predictions), igdm.outer().evaluate(predictions));
    }

    @Test
    void attackThatNothingReadsIsLeftOut() {
        Method method = method(Map.of("method.inner", "mmard", "method.outer", "natural"));
        assertFalse(method.attacks());
        assertFalse(method.needsTeacher());
        assertTrue(
                method(Map.of("method.inner", "mmard", "method.outer", "natural", "method.forwards", "[natural, adversarial]")).attacks());
    }

    @ParameterizedTest
    @CsvSource({"pgd-at, ADVERSARIAL", "trades, NATURAL ADVERSARIAL", "mart, NATURAL ADVERSARIAL", "ard, ADVERSARIAL NATURAL",
        "iad, ADVERSARIAL NATURAL",
        "iad-paper, ADVERSARIAL NATURAL", "rslad, ADVERSARIAL NATURAL", "adaad, NATURAL ADVERSARIAL", "igdm, ADVERSARIAL MIRRORED",
        "saad, ADVERSARIAL MIRRORED NATURAL", "equation-4, ADVERSARIAL NATURAL", "mmard, ADVERSARIAL NATURAL",
        "pgd-at + triangle, ADVERSARIAL NATURAL", "igdm + triangle, ADVERSARIAL MIRRORED NATURAL"})
    void forwardsFollowThePublishedOrder(String outer, String images) {
        Map<String, String> settings = new HashMap<>(Map.of("method.inner", "pgd-at", "method.outer", outer, "method.alpha", "0.5"));
        settings.put("method.beta", "1");
        assertEquals(images, forwards(settings));
    }

    @Test
    void forwardsMayRepeatAndGoBeyondWhatTheLossReads() {
        assertEquals("NATURAL ADVERSARIAL NATURAL",
                forwards(Map.of("method.name", "trades", "method.forwards", "[natural, adversarial, natural]")));
        assertEquals("ADVERSARIAL NATURAL", forwards(Map.of("method.name", "pgd-at", "method.forwards", "[adversarial, natural]")));
        assertEquals("NATURAL NATURAL",
                forwards(Map.of("method.inner", "natural", "method.outer", "trades", "method.forwards", "[natural, adversarial]")));
        refuses(Map.of("method.name", "rslad", "method.forwards", "[natural]"),
                "method.forwards is [natural]: outer loss rslad needs adversarial too");
    }

    @Test
    void termsOfWeightZeroNeedNoForward() {
        Method adaad = method(Map.of("method.name", "adaad"));
        assertEquals(Set.of(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL), adaad.reads());
        assertEquals(List.of(STUDENT_ADVERSARIAL), adaad.studentForwards());
        assertFalse(method(Map.of("method.inner", "mmard", "method.outer", "rslad", "method.lambda", "0")).reads()
                .contains(TEACHER_ADVERSARIAL));
    }

    @Test
    void refusesUnknownNamesListingTheKnown() {
        refuses(Map.of("method.inner", "rslad2"),
                "method.inner is \"rslad2\": give one of natural, pgd-at, trades, mart, ard, iad, rslad, adaad, igdm, saad, mmard");
        refuses(Map.of("method.outer", "RSLAD"),
                "method.outer is \"RSLAD\": give one of natural, pgd-at, trades, mart, ard, iad, iad-paper, rslad, "
                        + "adaad, igdm, saad, equation-4, mmard");
        refuses(Map.of("method.outer", "rslad + square"), "method.outer is \"rslad + square\": the only addition is \"rslad + triangle\"");
        refuses(Map.of("method.outer", "rslad + triangle + triangle"),
                "method.outer is \"rslad + triangle + triangle\": the only addition is");
        refuses(Map.of("method.inner", "rslad + triangle"),
                "method.inner is \"rslad + triangle\": the only addition is \"rslad + teacher-term\"");
    }

    @Test
    void refusesWeightsThatOverflowOrVanish() {
        refuses(Map.of("method.name", "ard", "method.temperature", "1e200"),
                "method.outer \"ard\" comes to weight Infinity of KL(T(x)||S(x'))");
        refuses(Map.of("method.name", "ard", "method.temperature", "1e-200"),
                "method.outer \"ard\" comes to no term with a weight: bring method.scale");
        refuses(Map.of("method.name", "trades", "method.beta", "1e308", "method.scale", "1e10"),
                "method.outer \"trades\" comes to weight Infinity of KL(S(x)||S(x'))");
    }

    @Test
    void refusesAdditionsThatAddNothing() {
        refuses(Map.of("method.outer", "mmard + triangle"), "method.outer is \"mmard + triangle\": mmard has the triangle already");
        refuses(Map.of("method.inner", "mmard + teacher-term"), "method.inner is \"mmard + teacher-term\": mmard climbs");
        refuses(Map.of("method.inner", "adaad + teacher-term"),
                "method.inner is \"adaad + teacher-term\": adaad climbs KL(T(x')||S(x')) already");
        refuses(Map.of("method.inner", "natural + teacher-term"), "method.inner is \"natural + teacher-term\": natural makes no attack");
        assertTrue(method(Map.of("method.inner", "adaad + teacher-term", "method.teacher-term", "boundary")).attacks());
    }

    @ParameterizedTest
    @ValueSource(strings = {"ard", "iad", "iad-paper", "adaad"})
    void refusesAlphaAboveOneWhereItIsAShare(String outer) {
        refuses(Map.of("method.outer", outer, "method.alpha", "1.01"),
                "method.alpha is 1.01: outer loss " + outer + " takes a number from 0 to 1");
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1, Double.NaN, Double.POSITIVE_INFINITY})
    void momentsAreFinite(double wrong) {
        assertThrows(IllegalArgumentException.class, () -> new TrainingProgress(wrong, 10));
        assertThrows(IllegalArgumentException.class, () -> new TrainingProgress(1, wrong == Double.POSITIVE_INFINITY ? 0 : wrong));
    }

    private void inner(String name, Set<Prediction> reads, Set<Prediction> differentiates, double expected) {
        check(attack(Map.of("method.inner", name)), reads, differentiates, expected);
    }

    private void outer(String name, Map<String, String> settings, Set<Prediction> reads, Set<Prediction> differentiates, double expected) {
        check(method(with(with(settings, "method.outer", name), "method.inner", "pgd-at")).outer(), reads, differentiates, expected);
    }

    private void check(Objective objective, Set<Prediction> reads, Set<Prediction> differentiates, double expected) {
        assertEquals(reads, objective.reads());
        assertEquals(differentiates, objective.differentiates());
        Objective.Value value = objective.evaluate(only(objective));
        assertEquals(expected, value.total(), 1e-9);
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

    private static Objective attack(Map<String, String> settings) {
        return method(with(settings, "method.outer", "pgd-at")).inner().orElseThrow();
    }

    private static String forwards(Map<String, String> settings) {
        return String.join(" ", method(settings).studentForwards().stream().map(which -> which.image().name()).toList());
    }

    private static Method method(Map<String, String> settings) {
        return at(settings, 1, 1);
    }

    private static Method at(Map<String, String> settings, double epoch, double epochs) {
        return Methods.of(SettingsReader.method(settings, "test"), new TrainingProgress(epoch, epochs));
    }

    private static Map<String, String> with(Map<String, String> settings, String key, String value) {
        Map<String, String> more = new HashMap<>(settings);
        more.put(key, value);
        return more;
    }

    private static void refuses(Map<String, String> settings, String message) {
        String found = assertThrows(InputError.class, () -> method(settings)).getMessage();
        assertTrue(found.startsWith(message), found);
        assertEquals(1, found.lines().count());
    }
}
