package org.mmard.cli;

import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.Matcher;
import java.util.List;
import org.apache.commons.lang3.exception.ExceptionUtils;
import org.apache.spark.package$;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;
import org.mmard.failure.RunStopped;
import org.mmard.run.Versions;
import org.mmard.spark.SparkDriver;
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
    private static final String ABORTED = "Job aborted";
    private static final Pattern THROWN = Pattern.compile("(?:.*: |Caused by: )?((?:[a-z]\\w*\\.)+[A-Z][\\w$]*: \\S.*)");
    private static final int MISTAKE = 2;
    private static final int FAILURE = 1;
    /** What Java reads where it cannot read a letter. */
    private static final char UNREADABLE = '\ufffd';

    public static void main(String[] args) {
        int exit = unreadable(args) ? MISTAKE : run(args);
        // To YARN, an application master that exits by itself has failed, even with 0: it would start another.
        if (exit != 0 || !SparkDriver.isApplicationMaster()) {
            System.exit(exit);
        }
    }

    /** Java 17 knows the letters of its arguments, and of files' names, by the locale alone. */
    private static boolean unreadable(String[] args) {
        boolean lost = Arrays.stream(args).anyMatch(argument -> argument.indexOf(UNREADABLE) >= 0);
        if (lost) {
            say(new CommandLine(new Mmard()),
                    "letters of the command line are lost in the locale's " + System.getProperty("sun.jnu.encoding")
                            + ": set LC_ALL=C.UTF-8, for this process and for executors");
        }
        return lost;
    }

    /** Runs a command line and returns its exit code. */
    static int run(String... args) {
        return run(new CommandLine(new Mmard()), args);
    }

    static int run(CommandLine line, String... args) {
        line.setParameterExceptionHandler((e, given) -> mistake(e));
        line.setExecutionExceptionHandler((e, command, parsed) -> {
            if (e instanceof InputError mistake) {
                return say(command, mistake.getMessage(), MISTAKE);
            }
            // A run that was stopped says why in its one line.
            return e instanceof RunStopped stopped ? say(command, stopped.getMessage(), FAILURE) : failure(command, e);
        });
        line.setExecutionStrategy(parsed -> {
            Integer help = CommandLine.executeHelpRequest(parsed);
            if (help != null) {
                return help;
            }
            // Help has colours; what commands print holds names from anywhere.
            line.setOut(printable(System.out));
            line.setErr(printable(System.err));
            JarsBeside.warnings(System.getenv("MMARD_JARS")).forEach(warning -> say(line, "warning: " + warning));
            return new CommandLine.RunLast().execute(parsed);
        });
        int exit;
        try {
            exit = line.execute(args);
        } catch (Error e) {
            Optional<InputError> mistake = InputError.in(e);
            if (mistake.isPresent()) {
                return say(line, mistake.get().getMessage(), MISTAKE);
            }
            if (Nd4jBackends.noneRuns(e)) {
                return say(line, Nd4jBackends.REFUSAL, MISTAKE);
            }
            // Left alone it would end this thread, not the process, where Spark has threads of its own.
            exit = failure(line, e);
        }
        line.getOut().flush();
        if (System.out.checkError() && exit == 0) {
            return say(line, "standard output cannot be written: it is closed or full", FAILURE);
        }
        return exit;
    }

    private static PrintWriter printable(PrintStream stream) {
        return new PrintWriter(Printable.writer(new OutputStreamWriter(stream, Charset.defaultCharset())), true);
    }

    private static int mistake(ParameterException e) {
        CommandLine command = e.getCommandLine();
        return say(command,
                firstLine(e).replaceFirst("^Error: ", "") + "; " + command.getCommandSpec().qualifiedName() + " --help says what there is",
                MISTAKE);
    }

    /** One line for the reader of the screen; the stack trace goes to the log, or after that line where there is none. */
    private static int failure(CommandLine command, Throwable e) {
        Logger log = LoggerFactory.getLogger(Mmard.class);
        String file = System.getProperty("mmard.log");
        if (lacksFolder(e)) {
            log.info("No cache for native libraries", e);
            return say(command, "no folder can be written into which native libraries could be unpacked: neither .javacpp in "
                    + System.getProperty("user.home") + " nor "
                    + System.getProperty("java.io.tmpdir") + "; name one by JDK_JAVA_OPTIONS=-Dorg.bytedeco.javacpp.cachedir=FOLDER",
                    MISTAKE);
        }
        say(command, firstLine(e) + (file == null ? "" : " (details in " + file + ")"), FAILURE);
        if (file == null) {
            e.printStackTrace(command.getErr());
        } else {
            // Not as an error: warnings and errors are shown on the screen too, and this one has been.
            log.info("The command failed", e);
        }
        return FAILURE;
    }

    /** Whether it is JavaCPP that found no place: it says so several causes deep, in the failure to load a class. */
    private static boolean lacksFolder(Throwable failure) {
        return ExceptionUtils.getThrowableList(failure).stream()
                .anyMatch(cause -> String.valueOf(cause.getMessage()).contains("Could not create the cache"));
    }

    private static int say(CommandLine command, String line, int exitCode) {
        say(command, line);
        return exitCode;
    }

    /** Prints one line on standard error, whatever is in it. */
    static void say(CommandLine command, String line) {
        command.getErr().println("mmard: " + Printable.escaped(line.strip()));
        command.getErr().flush();
    }

    private static String firstLine(Throwable e) {
        if (e.getMessage() == null || e.getMessage().isBlank()) {
            return e.getClass().getName();
        }
        String first = e.getMessage().strip().lines().findFirst().orElseThrow();
        return first.startsWith(ABORTED) ? ofTask(e.getMessage()).orElse(first) : first;
    }

    /** Why a task failed, out of Spark's account of an aborted job: its innermost cause is what a person can do something about. */
    private static Optional<String> ofTask(String account) {
        List<String> causes = account.lines().takeWhile(line -> !line.startsWith("Driver stacktrace")).map(THROWN::matcher)
                .filter(Matcher::matches).map(line -> line.group(1)).toList();
        return causes.isEmpty() ? Optional.empty() : Optional.of("a task of an executor failed: " + causes.get(causes.size() - 1));
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
