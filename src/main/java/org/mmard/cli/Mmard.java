package org.mmard.cli;

import org.mmard.config.InputError;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code mmard} command. Exit codes: 0 done; 2 a usage, configuration or input error (one line on stderr); 1 anything else. */
@Command(name = "mmard", mixinStandardHelpOptions = true, description = "Trains compact image classifiers that resist attack.", subcommands = {DataCommand.class})
public final class Mmard {
    public static void main(String[] args) {
        System.exit(run(args));
    }

    /** Runs a command line and returns its exit code. */
    static int run(String... args) {
        CommandLine line = new CommandLine(new Mmard());
        line.setExecutionExceptionHandler((e, command, parsed) -> {
            if (e instanceof InputError) {
                command.getErr().println("mmard: " + e.getMessage());
                return 2;
            }
            throw e;
        });
        return line.execute(args);
    }
}
