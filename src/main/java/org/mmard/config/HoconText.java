package org.mmard.config;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.mmard.failure.InputError;

/**
 * HOCON before anything is made of it. Its parser goes as deep as a text is nested, on the thread's stack, and takes the square or the cube
 * of what is set over substitutions: how deep and how much that is, is found out here, by counting outside of quotes and comments.
 */
final class HoconText {
    /** Bytes of a file. The longest configuration that comes with this program has 11,000. */
    static final int LARGEST = 1 << 18;

    private static final int DEEPEST = 50;
    /**
     * The library puts off what is set over a substitution, and goes through all of that anew for each: 600 over one another take it five
     * seconds, 1,800 minutes.
     */
    private static final int MOST_SUBSTITUTIONS = 100;
    private static final int MOST_VALUES = 2_000;

    /** How much there is in the files of a configuration that were looked at so far. */
    record Contents(int substitutions, int values) {
        static final Contents NONE = new Contents(0, 0);
    }

    private HoconText() {}

    /** The text of a file: UTF-8, or UTF-16 that begins with its byte order mark, as Windows calls "Unicode". */
    static String of(byte[] content) {
        Charset charset = begins(content, 0xff, 0xfe) ? StandardCharsets.UTF_16LE
                : begins(content, 0xfe, 0xff) ? StandardCharsets.UTF_16BE : StandardCharsets.UTF_8;
        String text = new String(content, charset);
        return text.startsWith("\ufeff") ? text.substring(1) : text;
    }

    private static boolean begins(byte[] content, int first, int second) {
        return content.length >= 2 && (content[0] & 0xff) == first && (content[1] & 0xff) == second;
    }

    /**
     * @param origin of the text, for the complaint
     * @param before what the files had that belong to the same configuration
     * @return that and what this text has
     * @throws InputError naming the line in which lists, sections or the parts of a key are nested too deeply, or in which there is too
     *     much
     */
    static Contents requireReadable(String text, String origin, Contents before) {
        int substitutions = before.substitutions;
        int values = before.values;
        int depth = 0;
        int dots = 0;
        int line = 1;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"') {
                int end = endOfQuotes(text, i);
                line += (int) text.substring(i, end).chars().filter(in -> in == '\n').count();
                i = end - 1;
            } else if (c == '#' || text.startsWith("//", i)) {
                while (i + 1 < text.length() && text.charAt(i + 1) != '\n') {
                    i++;
                }
            } else {
                depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
                dots = c == '.' ? dots + 1 : "=:,{}[]\n".indexOf(c) >= 0 ? 0 : dots;
                line += c == '\n' ? 1 : 0;
                substitutions += c == '$' ? 1 : 0;
                values += "=:{".indexOf(c) >= 0 ? 1 : 0;
            }
            if (depth > DEEPEST || dots > DEEPEST) {
                throw new InputError(origin + ": " + line + ": more than " + DEEPEST + " levels deep; no configuration is");
            }
            if (substitutions > MOST_SUBSTITUTIONS || values > MOST_VALUES) {
                throw new InputError(origin + ": " + line + ": more than "
                        + (values > MOST_VALUES ? MOST_VALUES + " values" : MOST_SUBSTITUTIONS + " substitutions")
                        + " with what it includes; no configuration has as many");
            }
        }
        return new Contents(substitutions, values);
    }

    /** Where the quoted text that begins at {@code from} is over, at the latest at its line's end: only three quotes go on over that. */
    private static int endOfQuotes(String text, int from) {
        if (text.startsWith("\"\"\"", from)) {
            int end = text.indexOf("\"\"\"", from + 3);
            while (end >= 0 && end + 3 < text.length() && text.charAt(end + 3) == '"') {
                end++;
            }
            return end < 0 ? text.length() : end + 3;
        }
        for (int i = from + 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\n') {
                return c == '"' ? i + 1 : i;
            }
            if (c == '\\') {
                i++;
            }
        }
        return text.length();
    }
}
