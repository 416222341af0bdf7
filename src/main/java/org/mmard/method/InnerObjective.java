package org.mmard.method;

import static org.mmard.loss.Prediction.STUDENT_ADVERSARIAL;
import static org.mmard.loss.Prediction.STUDENT_NATURAL;
import static org.mmard.loss.Prediction.TEACHER_ADVERSARIAL;
import static org.mmard.loss.Prediction.TEACHER_LINEARISED;
import static org.mmard.loss.Prediction.TEACHER_NATURAL;

import java.util.Optional;
import java.util.function.Function;
import org.mmard.config.Settings;
import org.mmard.loss.CrossEntropy;
import org.mmard.loss.KlDivergence;
import org.mmard.loss.Objective;
import org.mmard.loss.Term;
import org.mmard.loss.WeightedSum;
import org.mmard.loss.WeightedSum.Weighted;

/**
 * The named inner objectives J(x'), which the attack climbs: one term each, and perhaps MMARD's teacher term. docs/method.md has their
 * formulas.
 */
enum InnerObjective {
    /** No attack. */
    NATURAL("natural", settings -> null),
    /** CE(S(x'), y): Madry et al. 2018, eq. 2.1. */
    PGD_AT("pgd-at", settings -> new CrossEntropy(STUDENT_ADVERSARIAL)),
    /** KL(S(x) || S(x')), S(x) fixed: Zhang et al. 2019, as its algorithm climbs it. */
    TRADES("trades", settings -> KlDivergence.of(STUDENT_NATURAL, STUDENT_ADVERSARIAL)),
    /** CE: Wang et al. 2020. */
    MART("mart", PGD_AT.term),
    /** CE: Goldblum et al. 2020, as its code has it. */
    ARD("ard", PGD_AT.term),
    /** CE: Zhu et al. 2022, as its code has it. */
    IAD("iad", PGD_AT.term),
    /** KL(T(x) || S(x')): RSLAD, Zi et al. 2021. */
    RSLAD("rslad", settings -> KlDivergence.of(TEACHER_NATURAL, STUDENT_ADVERSARIAL)),
    /** KL(T(x') || S(x')), gradient through the teacher too: AdaAD, Huang et al. 2023. */
    ADAAD("adaad", settings -> settings.teacherGradient() == Settings.Method.TeacherGradient.THROUGH
            ? KlDivergence.of(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL).differentiatingTarget()
            : KlDivergence.of(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL)),
    /** As AdaAD: IGDM, Lee et al. 2023, as its code has it. */
    IGDM("igdm", ADAAD.term),
    /** KL(T~(x') || S(x')), gradient through the linearised teacher too: SAAD's published code. */
    SAAD("saad", settings -> KlDivergence.of(TEACHER_LINEARISED, STUDENT_ADVERSARIAL).differentiatingTarget()),
    /** KL(T(x) || S(x')) + lambda R(x'): this project's reconstruction of MMARD. */
    MMARD("mmard", RSLAD.term);

    private static final String KEY = "method.inner";
    private static final String ADDITION = "teacher-term";

    private final String key;
    private final Function<Settings.Method, Term> term;

    InnerObjective(String key, Function<Settings.Method, Term> term) {
        this.key = key;
        this.term = term;
    }

    /**
     * The objective of {@code method.inner}, or empty where there is no attack.
     *
     * @throws org.mmard.failure.InputError for an unknown name or an addition that adds nothing
     */
    static Optional<Objective> of(Settings.Method settings) {
        Selection<InnerObjective> selection = Selection.of(KEY, settings.inner(), values(), ADDITION);
        InnerObjective named = selection.choice();
        Term addition = TeacherTerm.of(settings.teacherTerm()).term();
        Term term = named.term.apply(settings);
        if (selection.extended() && term == null) {
            throw selection.refusal(KEY, ADDITION, named + " makes no attack");
        }
        if (selection.extended() && (named == MMARD || term.name().equals(addition.name()))) {
            throw selection.refusal(KEY, ADDITION, named + " climbs " + addition.name() + " already");
        }
        if (term == null) {
            return Optional.empty();
        }
        double weight = named == MMARD || selection.extended() ? settings.lambda() : 0;
        return Optional.of(new WeightedSum(new Weighted(1, term), new Weighted(weight, addition)));
    }

    @Override
    public String toString() {
        return key;
    }
}
