package org.mmard.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A process of this machine, told apart from a later one that got its number.
 *
 * @param pid its number
 * @param start when it began, in clock ticks since the machine did (field 22 of {@code /proc/PID/stat})
 */
public record ProcessIdentity(long pid, long start) {
    private static final int STATE = 0;
    private static final int START = 19;

    /** This process. */
    public static ProcessIdentity self() {
        return of(ProcessHandle.current().pid());
    }

    /** The process with a number; its start is 0 where there is none. */
    public static ProcessIdentity of(long pid) {
        return new ProcessIdentity(pid, start(pid));
    }

    /** The space of process numbers that this process lives in, such as {@code pid:[4026531836]}: a container has one of its own. */
    public static String space() throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString();
    }

    /** Whether it still runs. One that was killed and waits for its parent to take notice does not. */
    public boolean isAlive() {
        return start != 0 && start(pid) == start;
    }

    /** 0 where there is no such process, or it has ended. */
    private static long start(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            // The second field is the command's name in brackets, which may hold anything.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return fields[STATE].matches("[ZX]") ? 0 : Long.parseLong(fields[START]);
        } catch (IOException e) {
            return 0;
        }
    }
}
