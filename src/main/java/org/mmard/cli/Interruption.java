package org.mmard.cli;

import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.concurrent.CountDownLatch;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;

/**
 * Says something when a signal (Ctrl-C, SIGTERM) ends the process. The signal keeps its exit code, 130 or 143; what was being written then is
 * a temporary file. Meanwhile everything else in the process comes down: what is logged about that, and errors that reach {@link #silence}, are
 * no news.
 */
final class Interruption implements AutoCloseable {
    private final Thread hook;
    private volatile boolean happened;

    /** @param before ends whatever else would go on printing */
    Interruption(PrintWriter err, Runnable before, String message) {
        hook = new Thread(() -> {
            happened = true;
            before.run();
            err.printf("%n%s%n", message);
            err.flush();
            Configurator.setAllLevels("", Level.OFF);
            // Scala's thread pools complain past any logger.
            System.setErr(new PrintStream(OutputStream.nullOutputStream()));
        }, "interruption");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Returns at once, unless the process is being ended: then it waits for that end. */
    void silence() {
        if (happened) {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is being ended: the hook has its say.
            silence();
        }
    }
}
