package org.mmard.loss;

/** Whose logits, on which image. */
public enum Prediction {
    STUDENT_NATURAL("S(x)"),
    STUDENT_ADVERSARIAL("S(x')"),
    TEACHER_NATURAL("T(x)"),
    TEACHER_ADVERSARIAL("T(x')");

    private final String symbol;

    Prediction(String symbol) {
        this.symbol = symbol;
    }

    /** As the formulas write it: {@code S(x)}, {@code S(x')}, {@code T(x)} or {@code T(x')}. Names of terms are made of it. */
    public String symbol() {
        return symbol;
    }

    public boolean ofTeacher() {
        return this == TEACHER_NATURAL || this == TEACHER_ADVERSARIAL;
    }

    public boolean ofAdversarial() {
        return this == STUDENT_ADVERSARIAL || this == TEACHER_ADVERSARIAL;
    }
}
