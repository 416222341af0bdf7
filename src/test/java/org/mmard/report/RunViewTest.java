package org.mmard.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class RunViewTest {
    @Test
    void theEndingOfAPathIsItsLastParts() {
        assertEquals("c", RunView.ending("a/b/c", 1));
        assertEquals("b/c", RunView.ending("hdfs://a/b/c//", 2));
        assertEquals("c", RunView.ending("c", 2));
        assertEquals("", RunView.ending("/", 1));
    }

    /** Names come from files of strangers, and have the length that those like. */
    @Test
    @Timeout(60)
    void aLongNameTakesNoTime() {
        String name = "a".repeat(4_000_000);
        assertEquals(name, RunView.ending(name, 1));
        assertEquals("a", RunView.ending("/".repeat(4_000_000) + "a", 1));
    }
}
