package org.mmard.loss;

/** Whose logits, on which image. d = x' - x; the mirrored image x - d lies as far from x as x', on the other side, and is not clipped. */
public enum Prediction {
    STUDENT_NATURAL("S(x)", false, Image.NATURAL),
    STUDENT_ADVERSARIAL("S(x')", false, Image.ADVERSARIAL),
    STUDENT_MIRRORED("S(x-d)", false, Image.MIRRORED),
    TEACHER_NATURAL("T(x)", true, Image.NATURAL),
    TEACHER_ADVERSARIAL("T(x')", true, Image.ADVERSARIAL),
    TEACHER_MIRRORED("T(x-d)", true, Image.MIRRORED),
    /** T(x) with the label's logit carried on to x' by its input gradient, instead of T's own answer there (SAAD). */
    TEACHER_LINEARISED("T~(x')", true, Image.ADVERSARIAL);

    /** x, x' = x + d, or x - d. */
    public enum Image { NATURAL, ADVERSARIAL, MIRRORED }

    private final String symbol;
    private final boolean ofTeacher;
    private final Image image;

    Prediction(String symbol, boolean ofTeacher, Image image) {
        this.symbol = symbol;
        this.ofTeacher = ofTeacher;
        this.image = image;
    }

    /** The student's prediction on an image. */
    public static Prediction ofStudent(Image image) {
        return switch (image) {
            case NATURAL -> STUDENT_NATURAL;
            case ADVERSARIAL -> STUDENT_ADVERSARIAL;
            case MIRRORED -> STUDENT_MIRRORED;
        };
    }

    /** As the formulas write it: {@code S(x)}, {@code T(x')} and so on. Names of terms are made of it. */
    public String symbol() {
        return symbol;
    }

    /** Whether the teacher makes it, not the student. */
    public boolean ofTeacher() {
        return ofTeacher;
    }

    /** What it is a prediction of. */
    public Image image() {
        return image;
    }

    /** Whether it is of x'. */
    public boolean ofAdversarial() {
        return image == Image.ADVERSARIAL;
    }
}
