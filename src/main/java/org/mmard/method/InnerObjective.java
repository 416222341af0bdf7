package org.mmard.method;

import static org.mmard.loss.Prediction.STUDENT_ADVERSARIAL;
import static org.mmard.loss.Prediction.STUDENT_NATURAL;
import static org.mmard.loss.Prediction.TEACHER_ADVERSARIAL;
import static org.mmard.loss.Prediction.TEACHER_NATURAL;

import java.util.Optional;
import org.mmard.config.Settings;
import org.mmard.loss.CrossEntropy;
import org.mmard.loss.KlDivergence;
import org.mmard.loss.Objective;
import org.mmard.loss.WeightedSum;
import org.mmard.loss.WeightedSum.Weighted;

/** The named inner objectives J(x'), which the attack climbs. docs/method.md has their formulas. */
enum InnerObjective {
    NATURAL("natural") {
        @Override
        Optional<Objective> build(Settings.Method settings) {
            return Optional.empty();
        }
    },
    /** CE(S(x'), y): Madry et al. 2018, eq. 2.1. */
    PGD_AT("pgd-at") {
        @Override
        Optional<Objective> build(Settings.Method settings) {
            return Optional.of(WeightedSum.of(new CrossEntropy(STUDENT_ADVERSARIAL)));
        }
    },
    /** KL(S(x) || S(x')), S(x) fixed: Zhang et al. 2019, as its algorithm climbs it. */
    TRADES("trades") {
        @Override
        Optional<Objective> build(Settings.Method settings) {
            return Optional.of(WeightedSum.of(KlDivergence.of(STUDENT_NATURAL, STUDENT_ADVERSARIAL)));
        }
    },
    /** KL(T(x) || S(x')): RSLAD, Zi et al. 2021. */
    RSLAD("rslad") {
        @Override
        Optional<Objective> build(Settings.Method settings) {
            return Optional.of(WeightedSum.of(KlDivergence.of(TEACHER_NATURAL, STUDENT_ADVERSARIAL)));
        }
    },
    /** KL(T(x') || S(x')), gradient through the teacher too: AdaAD, Huang et al. 2023. */
    ADAAD("adaad") {
        @Override
        Optional<Objective> build(Settings.Method settings) {
            return Optional.of(WeightedSum.of(KlDivergence.of(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL).differentiatingTarget()));
        }
    },
    /** KL(T(x) || S(x')) + lambda R(x'): this project's reconstruction of MMARD. */
    MMARD("mmard") {
        @Override
        Optional<Objective> build(Settings.Method settings) {
            return Optional.of(new WeightedSum(
                    new Weighted(1, KlDivergence.of(TEACHER_NATURAL, STUDENT_ADVERSARIAL)),
                    new Weighted(settings.lambda(), TeacherTerm.named(settings.teacherTerm()).term())));
        }
    };

    private final String key;

    InnerObjective(String key) {
        this.key = key;
    }

    abstract Optional<Objective> build(Settings.Method settings);

    @Override
    public String toString() {
        return key;
    }
}
