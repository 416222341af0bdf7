package org.mmard.run;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.mmard.failure.InputError;

/** A process that takes the lock of a run directory, says how that went, and keeps it until its input ends. */
final class LockingDriver implements AutoCloseable {
    private final Process process;
    private final BufferedReader out;

    LockingDriver(String uri) throws IOException {
        process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                System.getProperty("java.class.path"),
                "-Dlog4j2.configurationFile=org/mmard/log4j2.properties", LockingDriver.class.getName(), uri)
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        out = process.inputReader(StandardCharsets.UTF_8);
    }

    public static void main(String[] args) throws IOException {
        try (RunLock lock = RunDirectory.at(args[0], new Configuration()).lock(line -> {})) {
            System.out.println("taken");
            System.in.read();
        } catch (InputError e) {
            System.out.println(e.getMessage());
        }
    }

    /** {@code taken}, or why not. */
    String answer() throws IOException {
        return out.readLine();
    }

    long pid() {
        return process.pid();
    }

    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Ends it in an orderly way. */
    @Override
    public void close() throws Exception {
        process.getOutputStream().close();
        process.waitFor();
    }
}
