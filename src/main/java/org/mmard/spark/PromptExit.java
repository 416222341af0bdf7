package org.mmard.spark;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Sees to it that an executor which is told to end does. DL4J's transport waits for its own lock as the JVM ends, and a task that waits for the
 * driver's parameter server holds it for ever: where no worker is left to kill the process, it would stay, and keep its memory.
 */
final class PromptExit {
    private static final Duration GRACE = Duration.ofSeconds(10);
    private static boolean armed;

    private PromptExit() {}

    /** From now on this JVM ends at most ten seconds after it has begun to. */
    static synchronized void arm() {
        if (!armed) {
            armed = true;
            Runtime.getRuntime().addShutdownHook(new Thread(PromptExit::begin, "prompt-exit"));
        }
    }

    private static void begin() {
        Thread end = new Thread(() -> {
            for (long deadline = System.nanoTime() + GRACE.toNanos(); System.nanoTime() < deadline; ) {
                LockSupport.parkNanos(deadline - System.nanoTime());
            }
            Runtime.getRuntime().halt(1);
        }, "prompt-exit");
        end.setDaemon(true);
        end.start();
    }
}
