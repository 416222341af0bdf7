package org.mmard.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Lets the calling thread's short sleeps be rounded up by Linux, to a millisecond. DL4J's transport looks for messages every microsecond or as
 * often as the kernel wakes it, which by default is some ten thousand times a second: in one measurement, 13 of 70 % of a core. Updates are
 * seconds apart and can wait a millisecond.
 */
final class TimerSlack {
    private static final String NANOSECONDS = "1000000";
    private static final ThreadLocal<Boolean> DONE = ThreadLocal.withInitial(TimerSlack::raise);

    private TimerSlack() {}

    /** Has its effect at a thread's first call. */
    static void raiseForThisThread() {
        DONE.get();
    }

    private static boolean raise() {
        try {
            // A file of every thread, though only the process's own is listed.
            Files.writeString(Path.of("/proc", Path.of("/proc/thread-self").toRealPath().getFileName().toString(), "timerslack_ns"), NANOSECONDS);
            return true;
        } catch (IOException e) {
            // Where the kernel does not offer it, everything works as well, only busier.
            return false;
        }
    }
}
