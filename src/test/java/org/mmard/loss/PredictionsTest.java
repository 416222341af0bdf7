package org.mmard.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.mmard.loss.Prediction.STUDENT_NATURAL;
import static org.mmard.loss.Prediction.TEACHER_NATURAL;

import org.junit.jupiter.api.Test;
import org.mmard.engine.Logits;

class PredictionsTest {
    @Test
    void namesWhatWasNotComputed() {
        Predictions predictions = new Predictions(new int[] {0});
        assertEquals("T(x) was not computed",
                assertThrows(IllegalStateException.class, () -> predictions.get(TEACHER_NATURAL)).getMessage());
    }

    @Test
    void replacesAPrediction() {
        Logits second = Logits.zeros(1, 3);
        Predictions predictions = new Predictions(new int[] {0}).with(STUDENT_NATURAL, Logits.zeros(1, 3)).with(STUDENT_NATURAL, second);
        assertSame(second, predictions.get(STUDENT_NATURAL));
    }

    @Test
    void refusesShapesThatDoNotFit() {
        Predictions predictions = new Predictions(new int[] {9, 0}).with(STUDENT_NATURAL, Logits.zeros(2, 10));
        assertThrows(IllegalArgumentException.class, () -> predictions.with(TEACHER_NATURAL, Logits.zeros(3, 10)));
        assertThrows(IllegalArgumentException.class, () -> predictions.with(TEACHER_NATURAL, Logits.zeros(2, 100)));
        assertThrows(IllegalArgumentException.class, () -> new Predictions(new int[] {10}).with(STUDENT_NATURAL, Logits.zeros(1, 10)));
        assertThrows(IllegalArgumentException.class, () -> new Predictions(new int[] {-1}).with(STUDENT_NATURAL, Logits.zeros(1, 10)));
    }
}
