package org.mmard.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;

class MmardTest {
    @TempDir
    Path folder;

    @Test
    void versionNamesTheCommitAndWhatItIsMadeOf() {
        Outcome version = Outcome.of("--version");
        assertEquals(0, version.exit());
        List<String> lines = version.out().lines().toList();
        assertTrue(lines.get(0).matches("mmard \\d.*"), version.out());
        assertTrue(lines.get(1).matches("commit ([0-9a-f]{40}(\\+changes)?|unknown)"), version.out());
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("spark 3.5")), version.out());
    }

    @Test
    void helpListsTheCommands() {
        String help = Outcome.of("--help").out();
        for (String command : new String[] {"evaluate", "data", "model"}) {
            assertTrue(help.lines().anyMatch(line -> line.strip().startsWith(command + " ")), help);
        }
    }

    @Test
    void usageErrorsAreOneLineAndExitWithTwo() {
        for (String[] args : new String[][] {
            {}, {"fly"}, {"--fly"}, {"data"}, {"model", "describe"}, {"model", "describe", "--classes", "ten", "--architecture", "resnet8"},
            {"model", "describe", "--architecture", "resnet8", "--model", "a.zip"}, {"model", "describe", "--architecture", "resnet9"},
            {"model", "describe", "--model", folder.resolve("absent.zip").toString()},
        }) {
            Outcome outcome = Outcome.of(args);
            assertEquals(2, outcome.exit(), String.join(" ", args));
            assertEquals(1, outcome.err().lines().count(), outcome.err());
            assertTrue(outcome.err().startsWith("mmard: "), outcome.err());
        }
        assertTrue(Outcome.of("fly").err().contains("mmard --help"));
        assertTrue(Outcome.of("model", "describe").err().contains("mmard model describe --help"));
    }

    @Test
    void anythingElseIsOneLineThatNamesTheLogAndExitsWithOne() {
        for (Throwable failure : new Throwable[] {new IllegalStateException("an executor died\nand more"),
            new NoSuchMethodError("no torch")}) {
            Outcome outcome = Outcome.of(() -> Mmard.run(new CommandLine(new Mmard()).addSubcommand(new Broken(failure)), "broken"));
            assertEquals(1, outcome.exit(), outcome.err());
            String message = failure.getMessage().lines().findFirst().orElseThrow();
            assertEquals("mmard: " + message + " (details in " + System.getProperty("mmard.log") + ")", outcome.err().strip());
        }
    }

    @Test
    void ofAJobThatATaskFailedTheTasksOwnCauseIsSaid() {
        Throwable failure = new IllegalStateException("""
                Job aborted due to stage failure: ResultStage 1 has failed. Most recent failure reason: Stage failed because barrier task finished
                java.lang.RuntimeException: the update was not made
                \tat org.mmard.step.DistillationStep.gradient(DistillationStep.java:1)
                Caused by: java.lang.IllegalStateException: term 'mine' was not computed
                \tat org.example.Mine.evaluate(Mine.java:1)

                Driver stacktrace:
                Caused by: java.lang.RuntimeException: of the driver""");
        Outcome outcome = Outcome.of(() -> Mmard.run(new CommandLine(new Mmard()).addSubcommand(new Broken(failure)), "broken"));
        assertEquals("mmard: a task of an executor failed: java.lang.IllegalStateException: term 'mine' was not computed (details in "
                + System.getProperty("mmard.log") + ")", outcome.err().strip());
    }

    @Test
    void whateverANameHoldsAMessageIsOneLineOfPrintableText() {
        String name = "a\nb\u001b[31m\u202e\u0007";
        for (String[] args : new String[][] {{name}, {"report", name}, {"model", "describe", "--model", name}, {"train", "--conf", name},
            {"checkpoints", "list", name},
            {"data", "describe", name}, {"evaluate", "--model", name, "--data", name}, {"train", "--conf", "x", "-D", name},
            {"report", "x", "--examples", name}}) {
            Outcome outcome = Outcome.of(args);
            assertEquals(2, outcome.exit(), outcome.err());
            assertEquals(1, outcome.err().lines().count(), outcome.err());
            assertTrue(outcome.err().strip().chars().noneMatch(c -> Character.isISOControl(c) || c == 0x202e), outcome.err());
        }
    }

    @Test
    void anOutputThatIsFullIsAnError() throws IOException {
        PrintStream out = System.out;
        try (PrintStream full = new PrintStream(new FileOutputStream("/dev/full"), true)) {
            Outcome outcome = Outcome.of(() -> {
                System.setOut(full);
                return Mmard.run("model", "describe", "--architecture", "resnet8");
            });
            assertEquals(1, outcome.exit());
            assertEquals("mmard: standard output cannot be written: it is closed or full", outcome.err().strip());
        } finally {
            System.setOut(out);
        }
    }

    @Test
    void whereLibrariesCannotBeUnpackedIsAMistakeWithAWayOut() {
        Throwable failure = new ExceptionInInitializerError(
                new IllegalStateException("ND4J", new IOException("Could not create the cache: Set the ...")));
        Outcome outcome = Outcome.of(() -> Mmard.run(new CommandLine(new Mmard()).addSubcommand(new Broken(failure)), "broken"));
        assertEquals(2, outcome.exit());
        assertTrue(outcome.err().startsWith("mmard: no folder can be written into which native libraries could be unpacked: ")
                && outcome.err().lines().count() == 1, outcome.err());
    }

    @Command(name = "broken")
    private record Broken(Throwable failure) implements Callable<Integer> {
        @Override
        public Integer call() throws Exception {
            if (failure instanceof Error error) {
                throw error;
            }
            throw (Exception) failure;
        }
    }
}
