package org.mmard.failure;

import java.io.FilterWriter;
import java.io.IOException;
import java.io.Writer;
import java.util.function.IntPredicate;

/** Text from elsewhere for a terminal, a log or a table: one line that says what it says, whatever is in it. */
public final class Printable {
    /** In characters. A message has a name or two in it; what is longer is a file's content. */
    private static final int LONGEST = 1000;
    private static final int LONGEST_VALUE = 200;
    private static final int KEPT_AT_THE_END = 200;
    /** They join letters in Persian, in Hindi and in emoji, and turn nothing. */
    private static final String JOINERS = "\u200c\u200d";
    private static final String OF_SEVERAL_LINES = "\n\r\t";

    private Printable() {}

    /**
     * The text with an escape in the place of every character that steers a terminal, ends a line or is none, and its middle left out where
     * it is too long to be read.
     */
    public static String line(String text) {
        String line = escaped(text);
        return line.length() <= LONGEST ? line : line.substring(0, whole(line, LONGEST - KEPT_AT_THE_END)) + " [...] "
                + line.substring(whole(line, line.length() - KEPT_AT_THE_END));
    }

    /** The beginning of it, for a value that a message quotes. */
    public static String value(String text) {
        String line = escaped(text);
        return line.length() <= LONGEST_VALUE ? line : line.substring(0, whole(line, LONGEST_VALUE)) + " [...]";
    }

    /** The same as {@link #line}, however long it is. */
    public static String escaped(String text) {
        return escaped(String.valueOf(text), Printable::isShown);
    }

    /** Whether a text can be printed as it is. */
    public static boolean isLine(String text) {
        return text.codePoints().allMatch(Printable::isShown);
    }

    /** Passes text of several lines on, escaped but for its line breaks and tabs. */
    public static Writer writer(Writer out) {
        IntPredicate kept = character -> isShown(character) || OF_SEVERAL_LINES.indexOf(character) >= 0;
        return new FilterWriter(out) {
            @Override
            public void write(int character) throws IOException {
                out.write(escaped(String.valueOf((char) character), kept));
            }

            @Override
            public void write(char[] text, int from, int length) throws IOException {
                out.write(escaped(new String(text, from, length), kept));
            }

            @Override
            public void write(String text, int from, int length) throws IOException {
                out.write(escaped(text.substring(from, from + length), kept));
            }
        };
    }

    private static String escaped(String text, IntPredicate kept) {
        if (text.codePoints().allMatch(kept)) {
            return text;
        }
        StringBuilder line = new StringBuilder();
        text.codePoints().forEach(character -> {
            if (kept.test(character)) {
                line.appendCodePoint(character);
            } else {
                line.append(String.format(Character.isBmpCodePoint(character) ? "\\u%04x" : "\\U%08x", character));
            }
        });
        return line.toString();
    }

    private static boolean isShown(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED, Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                false;
            // They turn the direction of what follows. A lone surrogate is no character.
            case Character.FORMAT -> JOINERS.indexOf(character) >= 0;
            default -> true;
        };
    }

    private static int whole(CharSequence text, int at) {
        return Character.isLowSurrogate(text.charAt(at)) ? at + 1 : at;
    }
}
