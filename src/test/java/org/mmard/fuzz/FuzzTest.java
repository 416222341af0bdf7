package org.mmard.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.failure.InputError;

/**
 * Mutated inputs for every reader: each has to be accepted, or refused with one printable line. {@code ./mmard test --fuzz MINUTES} goes on
 * with fresh seeds for as long; {@code -Dmmard.fuzz.readers=NAME,NAME} takes these alone, {@code -Dmmard.fuzz.seed=SEED} begins where an
 * earlier run began.
 */
class FuzzTest {
    /** Of each reader, with fixed seeds. */
    private static final int INPUTS = 80;
    private static final double MINUTES = Double.parseDouble(System.getProperty("mmard.fuzz.minutes", "0"));
    private static final long FIRST = Long.getLong("mmard.fuzz.seed", MINUTES == 0 ? 0 : System.currentTimeMillis() << 20);
    /** An input takes milliseconds, the first one of a process a few seconds, and a busy machine ten times as long. */
    private static final int SECONDS = 60;
    /** What takes longer is no fault yet, but said. */
    private static final int SLOW = 5;
    /** So many faults are enough to be busy with. */
    private static final int MOST_FAULTS = 50;

    @Test
    void everyInputIsAcceptedOrRefusedInOneLine() throws IOException, InterruptedException {
        List<FuzzedReader> readers = FuzzedReaders.named(System.getProperty("mmard.fuzz.readers"));
        Tally tally = new Tally(readers);
        List<String> faults = new ArrayList<>();
        long end = System.nanoTime() + (long) (MINUTES * TimeUnit.MINUTES.toNanos(1));
        Path folder = folder();
        try (Watchdog watchdog = new Watchdog(folder, openings(), SECONDS)) {
            for (long i = 0; (MINUTES == 0 ? i < INPUTS : System.nanoTime() < end) && faults.size() < MOST_FAULTS; i++) {
                for (FuzzedReader reader : readers) {
                    Verdict verdict = watchdog.read(reader, FIRST + i);
                    tally.add(reader, verdict);
                    if (verdict.millis() > 1000 * SLOW) {
                        System.out.println("slow: seed " + (FIRST + i) + " of " + reader.name() + " took " + verdict.millis() / 1000
                                + " s: " + verdict.line());
                    }
                    if (verdict.kind() == Verdict.Kind.FAULT) {
                        faults.add(watchdog.folder(reader, FIRST + i) + ": " + verdict.line());
                    }
                }
            }
        }
        System.out.println("Seeds from " + FIRST + " on:\n" + tally.table());
        Files.writeString(folder.resolve("table.md"), tally.table());
        assertTrue(faults.isEmpty(), () -> faults.size() + " faults:\n" + String.join("\n", faults));
        if (MINUTES == 0) {
            // A reader that takes all or nothing was not tried.
            readers.forEach(reader -> assertTrue(
                    tally.count(reader, Verdict.Kind.REFUSED) >= INPUTS / 10 && tally.count(reader, Verdict.Kind.ACCEPTED) > 0,
                    () -> reader.name() + "\n" + tally.table()));
        }
    }

    @Test
    void aCrashAHangHungerAndALineThatIsNoneAreFaults(@TempDir Path folder) throws IOException, InterruptedException {
        try (Watchdog watchdog = new Watchdog(folder, openings(), 5)) {
            for (FuzzedReader bad : List.of(new Crash(), new Hang(), new Hunger(), new Silence(), new Surprise())) {
                assertEquals(Verdict.Kind.FAULT, watchdog.read(bad, 1).kind(), bad.name());
                // A process that died has a successor.
                assertEquals(Verdict.Kind.REFUSED, watchdog.read(new Refusal(), 1).kind());
            }
        }
    }

    @Test
    void aMessageIsOneLineThatEveryTerminalShows() {
        assertTrue(FuzzedProcess.isOnePrintableLine("größer als 1 漢"));
        for (String bad : List.of("", " ", "two\nlines", "\u001b[31mred", "turned\u202e", "lone\ud800", "x".repeat(3000))) {
            assertFalse(FuzzedProcess.isOnePrintableLine(bad));
        }
    }

    /** A reader of nothing. */
    public abstract static class Toy implements FuzzedReader {
        @Override
        public String name() {
            return getClass().getSimpleName();
        }

        @Override
        public void write(Path folder, SplittableRandom random) {}
    }

    public static final class Crash extends Toy {
        @Override
        public void read(Path folder) {
            Runtime.getRuntime().halt(134);
        }
    }

    public static final class Hang extends Toy {
        @Override
        public void read(Path folder) throws InterruptedException {
            Thread.sleep(Long.MAX_VALUE);
        }
    }

    public static final class Hunger extends Toy {
        @Override
        public void read(Path folder) {
            List<long[]> kept = new ArrayList<>();
            while (true) {
                kept.add(new long[1 << 20]);
            }
        }
    }

    public static final class Silence extends Toy {
        @Override
        public void read(Path folder) {
            throw new InputError("");
        }
    }

    public static final class Surprise extends Toy {
        @Override
        public void read(Path folder) {
            throw new IllegalStateException("none of the reader's");
        }
    }

    public static final class Refusal extends Toy {
        @Override
        public void read(Path folder) {
            throw new InputError("no");
        }
    }

    /** What Surefire opens for this JVM, the readers' process needs, too. */
    private static List<String> openings() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream().filter(each -> each.startsWith("--add-")).toList();
    }

    private static Path folder() throws IOException {
        Path folder = Path.of("target", "fuzz").toAbsolutePath();
        if (Files.exists(folder)) {
            FuzzedProcess.delete(folder);
        }
        return Files.createDirectories(folder);
    }
}
