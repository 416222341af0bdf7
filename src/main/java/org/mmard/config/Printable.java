package org.mmard.config;

/** Text from elsewhere for a terminal, a log or a table: one line that says what it says, whatever is in it. */
public final class Printable {
    /** In characters. A message has a name or two in it; what is longer is a file's content. */
    private static final int LONGEST = 1000;
    private static final int KEPT_AT_THE_END = 200;

    private Printable() {}

    /** The text with an escape in the place of every character that steers a terminal, ends a line or is none, and its middle left out where it is too long to be read. */
    public static String line(String text) {
        StringBuilder line = new StringBuilder();
        String.valueOf(text).codePoints().forEach(character -> {
            if (isShown(character)) {
                line.appendCodePoint(character);
            } else {
                line.append(String.format("\\u%04x", character));
            }
        });
        return line.length() <= LONGEST ? line.toString() : line.substring(0, whole(line, LONGEST - KEPT_AT_THE_END)) + " [...] "
                + line.substring(whole(line, line.length() - KEPT_AT_THE_END));
    }

    /** Whether a text can be printed as it is. */
    public static boolean isLine(String text) {
        return text.codePoints().allMatch(Printable::isShown);
    }

    private static boolean isShown(int character) {
        return switch (Character.getType(character)) {
            // Format characters turn the direction of what follows; a lone surrogate is no character.
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED,
                    Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }

    private static int whole(CharSequence text, int at) {
        return Character.isLowSurrogate(text.charAt(at)) ? at + 1 : at;
    }
}
