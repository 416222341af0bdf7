package org.mmard.cli;

import java.util.Optional;
import org.apache.spark.package$;
import org.mmard.config.InputError;
import org.mmard.spark.SparkDriver;
import org.mmard.train.RunStopped;
import org.mmard.train.Versions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;

/** The {@code mmard} command. Exit codes: 0 done; 2 a usage, configuration or input error (one line on stderr); 1 anything else. */
@Command(
        name = "mmard", mixinStandardHelpOptions = true, versionProvider = Mmard.VersionLines.class,
        description = "Trains compact image classifiers that resist attack.",
        subcommands = {
            QuickstartCommand.class,
            TrainCommand.class,
            GridCommand.class,
            EvaluateCommand.class,
            ReportCommand.class,
            CheckpointsCommand.class,
            DataCommand.class,
            ModelCommand.class,
            BenchCommand.class,
            GpuCommand.class,
            VerifyCommand.class,
            NightlyCommand.class,
        })
public final class Mmard {
    private static final int MISTAKE = 2;
    private static final int FAILURE = 1;

    public static void main(String[] args) {
        int exit = run(args);
        // To YARN, an application master that exits by itself has failed, even with 0: it would start another.
        if (exit != 0 || !SparkDriver.isApplicationMaster()) {
            System.exit(exit);
        }
    }

    /** Runs a command line and returns its exit code. */
    static int run(String... args) {
        return run(new CommandLine(new Mmard()), args);
    }

    static int run(CommandLine line, String... args) {
        line.setParameterExceptionHandler((e, given) -> mistake(e));
        line.setExecutionExceptionHandler((e, command, parsed) -> {
            if (e instanceof InputError) {
                return say(command, e.getMessage(), MISTAKE);
            }
            // A run that was stopped says why in its one line.
            return e instanceof RunStopped ? say(command, e.getMessage(), FAILURE) : failure(command, e);
        });
        try {
            return line.execute(args);
        } catch (Error e) {
            Optional<InputError> mistake = InputError.in(e);
            if (mistake.isPresent()) {
                return say(line, mistake.get().getMessage(), MISTAKE);
            }
            if (Nd4jBackends.noneRuns(e)) {
                return say(line, Nd4jBackends.REFUSAL, MISTAKE);
            }
            // Left alone it would end this thread, not the process, where Spark has threads of its own.
            return failure(line, e);
        }
    }

    private static int mistake(ParameterException e) {
        CommandLine command = e.getCommandLine();
        return say(command, firstLine(e).replaceFirst("^Error: ", "") + "; " + command.getCommandSpec().qualifiedName() + " --help says what there is", MISTAKE);
    }

    /** One line for the reader of the screen; the stack trace goes to the log, or after that line where there is none. */
    private static int failure(CommandLine command, Throwable e) {
        Logger log = LoggerFactory.getLogger(Mmard.class);
        String file = System.getProperty("mmard.log");
        say(command, firstLine(e) + (file == null ? "" : " (details in " + file + ")"), FAILURE);
        if (file == null) {
            e.printStackTrace(command.getErr());
        } else {
            // Not as an error: warnings and errors are shown on the screen too, and this one has been.
            log.info("The command failed", e);
        }
        return FAILURE;
    }

    private static int say(CommandLine command, String line, int exitCode) {
        command.getErr().println("mmard: " + line);
        command.getErr().flush();
        return exitCode;
    }

    private static String firstLine(Throwable e) {
        return e.getMessage() == null || e.getMessage().isBlank() ? e.getClass().getName() : e.getMessage().strip().lines().findFirst().orElseThrow();
    }

    /** The program's version and commit, then everything it is made of. */
    static final class VersionLines implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return Versions.collect(package$.MODULE$.SPARK_VERSION()).entrySet().stream()
                    .map(version -> version.getKey() + " " + version.getValue()).toArray(String[]::new);
        }
    }
}
