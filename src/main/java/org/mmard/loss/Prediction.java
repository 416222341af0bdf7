package org.mmard.loss;

/** Whose logits, on which image. */
public enum Prediction {
    /** S(x). */
    STUDENT_NATURAL,
    /** S(x'). */
    STUDENT_ADVERSARIAL,
    /** T(x). */
    TEACHER_NATURAL,
    /** T(x'). */
    TEACHER_ADVERSARIAL;

    public boolean ofTeacher() {
        return this == TEACHER_NATURAL || this == TEACHER_ADVERSARIAL;
    }

    public boolean ofAdversarial() {
        return this == STUDENT_ADVERSARIAL || this == TEACHER_ADVERSARIAL;
    }
}
