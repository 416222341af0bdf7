package org.mmard.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.mmard.failure.ShellWords;
import picocli.CommandLine.Model.CommandSpec;

/** The command that this process carries out, and where it was given. */
final class GivenCommand {
    /** How the launcher was called; a submitted jar knows no better than its name. */
    private static final String PROGRAM = System.getProperty("mmard.command", "mmard");

    private GivenCommand() {}

    /** A call of the program, as the shell that started it can find it, to paste. */
    static String of(String... arguments) {
        return ShellWords.quoted(PROGRAM) + " " + ShellWords.quoted(arguments);
    }

    /**
     * The command line ready for a shell.
     *
     * @param more options to add, where they are not there yet
     */
    static String line(CommandSpec spec, String... more) {
        List<String> words = new ArrayList<>(List.of(PROGRAM));
        words.addAll(spec.root().commandLine().getParseResult().originalArgs());
        Arrays.stream(more).filter(option -> !words.contains(option)).forEach(words::add);
        return ShellWords.quoted(words.toArray(String[]::new));
    }

    /** Whether lines that move can be shown. */
    static boolean onTerminal() {
        return System.console() != null && !"dumb".equals(System.getenv("TERM"));
    }
}
