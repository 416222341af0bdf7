package org.mmard.method;

import static org.mmard.loss.Prediction.STUDENT_ADVERSARIAL;
import static org.mmard.loss.Prediction.TEACHER_ADVERSARIAL;
import static org.mmard.loss.Prediction.TEACHER_NATURAL;

import org.mmard.config.Settings;
import org.mmard.loss.KlDivergence;
import org.mmard.loss.Term;

/** Three readings of how the teacher's robust prediction T(x') enters MMARD's attack: the R of J = KL(T(x) || S(x')) + lambda R. */
enum TeacherTerm {
    /** KL(T(x') || S(x')), gradient through both: x' goes where student and teacher disagree. */
    DISAGREEMENT(KlDivergence.of(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL).differentiatingTarget()),
    /** KL(T(x') || S(x')) with T(x') held fixed in each step: it moves with x', but x' does not climb it. */
    DETACHED(KlDivergence.of(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL)),
    /** KL(T(x) || T(x')): x' climbs towards the teacher's own decision boundary. */
    BOUNDARY(KlDivergence.of(TEACHER_NATURAL, TEACHER_ADVERSARIAL));

    private final Term term;

    TeacherTerm(Term term) {
        this.term = term;
    }

    Term term() {
        return term;
    }

    /** That of {@code method.teacher-term}. */
    static TeacherTerm of(Settings.Method.TeacherTerm setting) {
        return valueOf(setting.name());
    }
}
