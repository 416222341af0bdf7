package org.mmard.cli;

import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;
import org.mmard.train.StopRequest;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * What becomes of the signals that end a process (Ctrl-C, SIGTERM, a closed terminal). Where somebody has promised to stop, the first one
 * is a request to do so; where nobody has, or it takes too long, the process ends at once, with a message, and so it does at a second
 * signal. The exit code is the signal's in any case. Shutdown hooks would be too late for all that: Spark and Hadoop close everything in
 * theirs, at the same time.
 */
final class Interruption implements AutoCloseable {
    private static final Map<String, Integer> EXIT_CODES = Map.of("HUP", 128 + 1, "INT", 128 + 2, "TERM", 128 + 15);
    /** From the signal until work has stopped. */
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    /** From the signal to the end of the process, whatever happens. */
    private static final Duration LIMIT = Duration.ofSeconds(19);
    /** Ctrl-C reaches every process of a terminal, and some of these pass it on: what comes this soon is the same request. */
    private static final Duration ECHO = Duration.ofSeconds(1);

    private final PrintWriter err;
    private final Runnable before;
    private final UnaryOperator<String> message;
    private final StopRequest stop = new StopRequest();
    private final Map<Signal, SignalHandler> previous = new HashMap<>();
    private final AtomicReference<Long> first = new AtomicReference<>();
    private final AtomicBoolean ending = new AtomicBoolean();

    /**
     * @param before ends whatever else would go on printing
     * @param message of a process that ends at once, from the signal's name
     */
    Interruption(PrintWriter err, Runnable before, UnaryOperator<String> message) {
        this.err = err;
        this.before = before;
        this.message = message;
        for (String name : EXIT_CODES.keySet()) {
            Signal signal = new Signal(name);
            try {
                previous.put(signal, Signal.handle(signal, this::received));
            } catch (IllegalArgumentException e) {
                // Java was told to leave signals alone (-Xrs), so they end the process in their own way.
                previous.remove(signal);
            }
        }
    }

    /** The request that a signal makes. */
    StopRequest stop() {
        return stop;
    }

    /**
     * What a process that a signal has ended says to its parent.
     *
     * @param signal for example SIGTERM
     */
    static int exitCode(String signal) {
        return Objects.requireNonNull(EXIT_CODES.get(signal.substring("SIG".length())), signal);
    }

    private void received(Signal signal) {
        String name = "SIG" + signal.getName();
        Long earlier = first.compareAndExchange(null, System.nanoTime());
        if (earlier == null) {
            Thread clock = new Thread(() -> watch(name), "interruption");
            clock.setDaemon(true);
            clock.start();
            if (!stop.make(name)) {
                end(name, message.apply(name));
            }
        } else if (System.nanoTime() - earlier > ECHO.toNanos()) {
            Runtime.getRuntime().halt(exitCode(name));
        }
    }

    private void watch(String name) {
        pause(PATIENCE);
        if (!stop.heeded()) {
            end(name, "mmard: the current step did not end within " + PATIENCE.toSeconds() + " s" + System.lineSeparator()
                    + message.apply(name));
        }
        pause(LIMIT.minus(PATIENCE));
        Runtime.getRuntime().halt(exitCode(name));
    }

    /**
     * Ends the process. Meanwhile everything else in it comes down: what is logged about that, and errors that reach {@link #silence}, are
     * no news.
     */
    private void end(String name, String words) {
        if (!ending.compareAndSet(false, true)) {
            return;
        }
        before.run();
        err.printf("%n%s%n", words);
        err.flush();
        Configurator.setAllLevels("", Level.OFF);
        // Scala's thread pools complain past any logger.
        System.setErr(new PrintStream(OutputStream.nullOutputStream()));
        new Thread(() -> System.exit(exitCode(name)), "exit").start();
    }

    /** Returns at once, unless the process is being ended: then it waits for that end. */
    void silence() {
        if (ending.get()) {
            pause(Duration.ofDays(1));
        }
    }

    private static void pause(Duration time) {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        silence();
        previous.forEach(Signal::handle);
    }
}
