package org.mmard.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class GridPaceTest {
    private Instant now = Instant.EPOCH;

    @Test
    void takesTheRestToGoOnAtTheMeanPace() {
        GridPace pace = new GridPace(() -> now, 30);
        assertEquals("", pace.left());
        now = Instant.ofEpochSecond(700);
        pace.done(7);
        assertEquals(", about 0:38:20 left", pace.left());
    }
}
