package org.mmard.method;

import static org.mmard.loss.Prediction.STUDENT_ADVERSARIAL;
import static org.mmard.loss.Prediction.STUDENT_NATURAL;
import static org.mmard.loss.Prediction.TEACHER_ADVERSARIAL;
import static org.mmard.loss.Prediction.TEACHER_LINEARISED;
import static org.mmard.loss.Prediction.TEACHER_NATURAL;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.mmard.config.Settings;
import org.mmard.loss.CrossEntropy;
import org.mmard.loss.KlDivergence;
import org.mmard.loss.Objective;
import org.mmard.loss.Term;
import org.mmard.loss.WeightedSum;
import org.mmard.loss.WeightedSum.Weighted;
import org.mmard.registry.Outside;
import org.mmard.registry.Registry;

/** The inner objectives J(x') by name, which the attack climbs. docs/method.md has the formulas of the built-in ones. */
final class InnerObjectives {
    private static final String KEY = "method.inner";
    private static final String ADDITION = "teacher-term";
    private static final Registry<InnerObjective> REGISTRY = new Registry<>(InnerObjective.class, "inner objective", List.of(
            // No attack.
            new BuiltIn("natural", settings -> List.of()),
            // CE(S(x'), y): Madry et al. 2018, eq. 2.1.
            new BuiltIn("pgd-at", InnerObjectives::crossEntropy),
            // KL(S(x) || S(x')), S(x) fixed: Zhang et al. 2019, as its algorithm climbs it.
            new BuiltIn("trades", settings -> one(KlDivergence.of(STUDENT_NATURAL, STUDENT_ADVERSARIAL))),
            // CE: Wang et al. 2020.
            new BuiltIn("mart", InnerObjectives::crossEntropy),
            // CE: Goldblum et al. 2020, as its code has it.
            new BuiltIn("ard", InnerObjectives::crossEntropy),
            // CE: Zhu et al. 2022, as its code has it.
            new BuiltIn("iad", InnerObjectives::crossEntropy),
            // KL(T(x) || S(x')): RSLAD, Zi et al. 2021.
            new BuiltIn("rslad", settings -> one(rslad())),
            // KL(T(x') || S(x')), gradient through the teacher too: AdaAD, Huang et al. 2023.
            new BuiltIn("adaad", InnerObjectives::adaad),
            // As AdaAD: IGDM, Lee et al. 2023, as its code has it.
            new BuiltIn("igdm", InnerObjectives::adaad),
            // KL(T~(x') || S(x')), gradient through the linearised teacher too: SAAD's published code.
            new BuiltIn("saad", settings -> one(KlDivergence.of(TEACHER_LINEARISED, STUDENT_ADVERSARIAL).differentiatingTarget())),
            // KL(T(x) || S(x')) + lambda R(x'): this project's reconstruction of MMARD.
            new BuiltIn("mmard", settings -> List.of(new Weighted(1, rslad()), teacherTerm(settings)))));

    private InnerObjectives() {}

    private record BuiltIn(String name, Function<Settings.Method, List<Weighted>> terms) implements InnerObjective {
        @Override
        public List<Weighted> terms(Settings.Method settings) {
            return terms.apply(settings);
        }
    }

    /**
     * The objective of {@code method.inner}, or empty where there is no attack.
     *
     * @throws org.mmard.failure.InputError for an unknown name or an addition that adds nothing
     */
    static Optional<Objective> of(Settings.Method settings) {
        Selection<InnerObjective> selection = Selection.of(KEY, settings.inner(), REGISTRY, ADDITION);
        InnerObjective objective = selection.choice();
        String name = objective.name();
        List<Weighted> terms = Outside.ask(objective, () -> new ArrayList<>(objective.terms(settings)));
        Weighted addition = teacherTerm(settings);
        if (selection.extended() && terms.isEmpty()) {
            throw selection.refusal(KEY, ADDITION, name + " makes no attack");
        }
        if (selection.extended()) {
            if (terms.stream().anyMatch(part -> part.term().name().equals(addition.term().name()))) {
                throw selection.refusal(KEY, ADDITION, name + " climbs " + addition.term().name() + " already");
            }
            terms.add(addition);
        }
        return terms.isEmpty() ? Optional.empty() : Optional.of(new WeightedSum(terms.toArray(Weighted[]::new)));
    }

    private static List<Weighted> one(Term term) {
        return List.of(new Weighted(1, term));
    }

    private static List<Weighted> crossEntropy(Settings.Method settings) {
        return one(new CrossEntropy(STUDENT_ADVERSARIAL));
    }

    private static Term rslad() {
        return KlDivergence.of(TEACHER_NATURAL, STUDENT_ADVERSARIAL);
    }

    private static List<Weighted> adaad(Settings.Method settings) {
        KlDivergence disagreement = KlDivergence.of(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL);
        return one(settings.teacherGradient() == Settings.Method.TeacherGradient.THROUGH ? disagreement.differentiatingTarget()
                : disagreement);
    }

    /** lambda R(x'), which {@code + teacher-term} adds to any objective. */
    private static Weighted teacherTerm(Settings.Method settings) {
        return new Weighted(settings.lambda(), TeacherTerm.of(settings.teacherTerm()).term());
    }
}
