package org.mmard.failure;

import java.util.Arrays;
import java.util.stream.Collectors;

/** Commands that a message gives to be pasted into a shell. */
public final class ShellWords {
    private ShellWords() {}

    /** Words as a line to paste into a shell. What no terminal shows is written as Bash's {@code $'...'} writes it. */
    public static String quoted(String... words) {
        return Arrays.stream(words).map(ShellWords::quoted).collect(Collectors.joining(" "));
    }

    private static String quoted(String word) {
        if (word.matches("[\\w@%+=:,./-]+")) {
            return word;
        }
        String shown = Printable.escaped(word.replace("\\", "\\\\"));
        return shown.equals(word.replace("\\", "\\\\")) ? "'" + word.replace("'", "'\\''") + "'" : "$'" + shown.replace("'", "\\'") + "'";
    }
}
