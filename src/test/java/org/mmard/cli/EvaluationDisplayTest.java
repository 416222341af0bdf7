package org.mmard.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class EvaluationDisplayTest {
    private Instant now = Instant.EPOCH;

    @Test
    void tellsExamplesAccuracyAndTimeLeftInPlainLines() {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try (EvaluationDisplay display = new EvaluationDisplay(new PrintStream(text, true, StandardCharsets.UTF_8), false, () -> now,
                line -> {})) {
            // 20 of the 100 were done by an earlier call: 20 more in 12 seconds leave 60 for 36 seconds.
            display.examples("autoattack/apgd-t", 20, 100, 0.5);
            after(6);
            display.examples("autoattack/apgd-t", 30, 100, 0.48);
            after(6);
            display.examples("autoattack/apgd-t", 40, 100, 0.4625);
            after(1);
            display.examples("autoattack/apgd-t", 100, 100, 0.4);
            display.examples("square", 0, 40, 0.4);
            display.examples("square", 40, 40, 0.4);
        }
        assertEquals("""
                autoattack/apgd-t  40/100 examples, at most 46.25 %, left 0:00:36
                autoattack/apgd-t  100/100 examples, 40.00 %
                square             40/40 examples, 40.00 %
                """, text.toString(StandardCharsets.UTF_8));
    }

    /** Of an evaluation that is being stopped: the signal's thread has closed the display already. */
    @Test
    void newsAfterItsEndAreNotShown() {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try (EvaluationDisplay display = new EvaluationDisplay(new PrintStream(text, true, StandardCharsets.UTF_8), true, () -> now,
                line -> {})) {
            display.examples("square", 10, 40, 0.4);
            display.close();
            int before = text.size();
            display.examples("square", 20, 40, 0.4);
            assertEquals(before, text.size());
        }
    }

    private void after(int seconds) {
        now = now.plusSeconds(seconds);
    }
}
