package org.mmard.method;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.mmard.loss.Prediction.STUDENT_ADVERSARIAL;
import static org.mmard.loss.Prediction.STUDENT_NATURAL;
import static org.mmard.loss.Prediction.TEACHER_NATURAL;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mmard.loss.CrossEntropy;
import org.mmard.loss.KlDivergence;
import org.mmard.loss.Objective;
import org.mmard.loss.WeightedSum;

class MethodTest {
    private static final Objective ROBUST = WeightedSum.of(new CrossEntropy(STUDENT_ADVERSARIAL));
    private static final Objective NATURAL = WeightedSum.of(new CrossEntropy(STUDENT_NATURAL));

    @Test
    void attackHasNoGradientAtTheNaturalImage() {
        Objective through = WeightedSum.of(KlDivergence.of(STUDENT_NATURAL, STUDENT_ADVERSARIAL).differentiatingTarget());
        assertThrows(IllegalArgumentException.class, () -> new Method(Optional.of(through), ROBUST, List.of(STUDENT_ADVERSARIAL), 1));
    }

    @Test
    void outerLossNeverTrainsTheTeacher() {
        Objective through = WeightedSum.of(KlDivergence.of(TEACHER_NATURAL, STUDENT_ADVERSARIAL).differentiatingTarget());
        assertThrows(IllegalArgumentException.class, () -> new Method(Optional.of(ROBUST), through, List.of(STUDENT_ADVERSARIAL), 1));
    }

    @Test
    void withoutAttackNothingIsReadAtTheAdversarialImage() {
        assertThrows(IllegalArgumentException.class, () -> new Method(Optional.empty(), ROBUST, List.of(STUDENT_ADVERSARIAL), 1));
    }

    @Test
    void forwardsAreWhatTheOuterLossReads() {
        assertThrows(IllegalArgumentException.class, () -> new Method(Optional.empty(), NATURAL, List.of(), 1));
        assertThrows(IllegalArgumentException.class,
                () -> new Method(Optional.empty(), NATURAL, List.of(STUDENT_NATURAL, STUDENT_ADVERSARIAL), 1));
        assertThrows(IllegalArgumentException.class, () -> new Method(Optional.of(ROBUST), ROBUST, List.of(STUDENT_NATURAL), 1));
    }
}
