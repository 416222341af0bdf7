package org.mmard.failure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.io.Writer;
import org.junit.jupiter.api.Test;

class PrintableTest {
    @Test
    void whatSteersATerminalOrEndsALineIsEscaped() {
        assertEquals("größer als \ud83d\ude00 漢", Printable.line("größer als \ud83d\ude00 漢"));
        assertEquals("a\\u000ab\\u001b[31m", Printable.line("a\nb\u001b[31m"));
        assertEquals("\\u202etxt\\u2028\\u0085\\ud800", Printable.line("\u202etxt\u2028\u0085\ud800"));
        assertTrue(Printable.isLine("a b"));
        assertFalse(Printable.isLine("a\tb"));
    }

    @Test
    void whatJoinsLettersStays() {
        assertEquals("می\u200cخواهم 👩\u200d🔬", Printable.line("می\u200cخواهم 👩\u200d🔬"));
    }

    @Test
    void aWriterLeavesLinesAndTabs() throws IOException {
        StringWriter out = new StringWriter();
        try (Writer writer = Printable.writer(out)) {
            writer.write("a\tb\u001b\n");
            writer.write('\u0007');
            writer.write("xyz".toCharArray(), 1, 1);
        }
        assertEquals("a\tb\\u001b\n\\u0007y", out.toString());
    }

    @Test
    void aFilesContentIsNotQuotedWhole() {
        String line = Printable.line("x".repeat(100_000) + ": damaged");
        assertTrue(line.length() < 1100, line);
        assertTrue(line.endsWith("x: damaged"), line);
    }

    @Test
    void everyMistakeIsOneLine() {
        assertEquals("file\\u000aname: bad", new InputError("file\nname: bad").getMessage());
    }
}
