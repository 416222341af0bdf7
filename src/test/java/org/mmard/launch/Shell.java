package org.mmard.launch;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs scripts as a user does: as processes, in a working directory, with variables of the environment. */
record Shell(Path folder, Map<String, String> environment) {
    /** The checkout; Maven runs the tests in it. */
    static final Path CHECKOUT = Path.of("").toAbsolutePath();

    /** What a process said and how it ended. */
    record Outcome(int exit, String out, String error) {}

    Shell(Path folder) {
        this(folder, Map.of());
    }

    Shell with(String name, Object value) {
        Map<String, String> more = new HashMap<>(environment);
        more.put(name, value.toString());
        return new Shell(folder, more);
    }

    /** Runs a command to its end. */
    Outcome run(Object command, String... arguments) throws IOException, InterruptedException {
        Path out = Files.createTempFile("out", ".txt");
        Path error = Files.createTempFile("error", ".txt");
        try {
            Process process = start(out.toFile(), error.toFile(), command, arguments);
            boolean ended = process.waitFor(5, TimeUnit.MINUTES);
            process.destroyForcibly();
            assertTrue(ended, () -> command + " did not end");
            return new Outcome(process.exitValue(), Files.readString(out), Files.readString(error));
        } finally {
            Files.delete(out);
            Files.delete(error);
        }
    }

    /** Starts a command whose output goes to two files. */
    Process start(File out, File error, Object command, String... arguments) throws IOException {
        List<String> line = new ArrayList<>(List.of(command.toString()));
        line.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(line).directory(folder.toFile())
                .redirectOutput(out).redirectError(error).redirectInput(new File("/dev/null"));
        // A test says itself which Spark, Java and folders a script sees.
        builder.environment().keySet().removeIf(name -> name.startsWith("MMARD_") || name.startsWith("SPARK_"));
        builder.environment().putAll(environment);
        return builder.start();
    }
}
