package org.mmard.method;

import static org.mmard.loss.Prediction.STUDENT_ADVERSARIAL;
import static org.mmard.loss.Prediction.STUDENT_NATURAL;
import static org.mmard.loss.Prediction.TEACHER_ADVERSARIAL;
import static org.mmard.loss.Prediction.TEACHER_NATURAL;

import java.util.List;
import org.mmard.config.Settings;
import org.mmard.loss.CrossEntropy;
import org.mmard.loss.KlDivergence;
import org.mmard.loss.Objective;
import org.mmard.loss.Prediction;
import org.mmard.loss.Triangle;
import org.mmard.loss.WeightedSum;
import org.mmard.loss.WeightedSum.Weighted;

/** The named outer losses L, which the student minimises, each with the order of its published code's forwards. docs/method.md has their formulas. */
enum OuterLoss {
    NATURAL("natural", STUDENT_NATURAL) {
        @Override
        Objective build(Settings.Method settings) {
            return WeightedSum.of(new CrossEntropy(STUDENT_NATURAL));
        }
    },
    /** CE(S(x'), y): Madry et al. 2018, eq. 2.1. */
    PGD_AT("pgd-at", STUDENT_ADVERSARIAL) {
        @Override
        Objective build(Settings.Method settings) {
            return WeightedSum.of(new CrossEntropy(STUDENT_ADVERSARIAL));
        }
    },
    /** CE(S(x), y) + beta KL(S(x) || S(x')), gradient through S(x) in both: Zhang et al. 2019, the multi-class objective. */
    TRADES("trades", STUDENT_NATURAL, STUDENT_ADVERSARIAL) {
        @Override
        Objective build(Settings.Method settings) {
            return new WeightedSum(
                    new Weighted(1, new CrossEntropy(STUDENT_NATURAL)),
                    new Weighted(settings.beta(), KlDivergence.of(STUDENT_NATURAL, STUDENT_ADVERSARIAL).differentiatingTarget()));
        }
    },
    /** 5/6 KL(T(x) || S(x')) + 1/6 KL(T(x) || S(x)): RSLAD, Zi et al. 2021. */
    RSLAD("rslad", STUDENT_ADVERSARIAL, STUDENT_NATURAL) {
        @Override
        Objective build(Settings.Method settings) {
            return new WeightedSum(
                    new Weighted(5 / 6.0, KlDivergence.of(TEACHER_NATURAL, STUDENT_ADVERSARIAL)),
                    new Weighted(1 / 6.0, KlDivergence.of(TEACHER_NATURAL, STUDENT_NATURAL)));
        }
    },
    /** alpha KL(T(x') || S(x')) + (1 - alpha) KL(T(x) || S(x)): AdaAD, Huang et al. 2023. */
    ADAAD("adaad", STUDENT_NATURAL, STUDENT_ADVERSARIAL) {
        @Override
        Objective build(Settings.Method settings) {
            return new WeightedSum(
                    new Weighted(settings.alpha(), KlDivergence.of(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL)),
                    new Weighted(1 - settings.alpha(), KlDivergence.of(TEACHER_NATURAL, STUDENT_NATURAL)));
        }
    },
    /** a KL(T(x') || S(x')) + (1 - a) KL(T(x) || S(x)) + b triangle: this project's reconstruction of MMARD. */
    MMARD("mmard", STUDENT_ADVERSARIAL, STUDENT_NATURAL) {
        @Override
        Objective build(Settings.Method settings) {
            return new WeightedSum(
                    new Weighted(settings.a(), KlDivergence.of(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL)),
                    new Weighted(1 - settings.a(), KlDivergence.of(TEACHER_NATURAL, STUDENT_NATURAL)),
                    new Weighted(settings.b(), new Triangle(settings.triangleSmoothing())));
        }
    };

    private final String key;
    private final List<Prediction> forwards;

    OuterLoss(String key, Prediction... forwards) {
        this.key = key;
        this.forwards = List.of(forwards);
    }

    abstract Objective build(Settings.Method settings);

    /** The student's predictions in the order in which the published code computes them. */
    List<Prediction> forwards() {
        return forwards;
    }

    @Override
    public String toString() {
        return key;
    }
}
