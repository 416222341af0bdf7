package org.mmard.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.failure.InputError;
import org.mmard.failure.RunStopped;
import org.mmard.files.ProcessIdentity;

@Timeout(120)
class RunLockTest {
    private static final RunLock.Timing QUICK = new RunLock.Timing(Duration.ofMillis(50), Duration.ofMillis(1500));
    /** A test that waits for patience to end does not end. */
    private static final RunLock.Timing PATIENT = new RunLock.Timing(Duration.ofMillis(50), Duration.ofDays(1));

    @TempDir
    Path folder;

    private final List<String> told = new ArrayList<>();

    private RunDirectory directory() {
        return RunDirectory.at(folder.resolve("run").toUri().toString(), new Configuration());
    }

    private Path file() {
        return folder.resolve("run/run.lock");
    }

    @Test
    void refusesASecondDriverNamingTheFirst() throws Exception {
        try (LockingDriver first = new LockingDriver(directory().uri())) {
            assertEquals("taken", first.answer());
            InputError error = assertThrows(InputError.class, () -> directory().lock(PATIENT, told::add));
            assertTrue(
                    error.getMessage().startsWith(
                            "run.directory " + directory().uri() + ": in use by another driver (process " + first.pid() + " on "),
                    error.getMessage());
            assertEquals(1, error.getMessage().lines().count());
        }
        assertFalse(Files.exists(file()));
        directory().lock(PATIENT, told::add).close();
        assertEquals(List.of(), told);
    }

    @Test
    void takesOverAtOnceFromADriverThatWasKilled() throws Exception {
        LockingDriver first = new LockingDriver(directory().uri());
        assertEquals("taken", first.answer());
        first.kill();
        assertTrue(Files.exists(file()));
        directory().lock(PATIENT, told::add).close();
        assertEquals(1, told.size());
        assertTrue(told.get(0).contains("run.lock: left by a driver that is dead (process " + first.pid() + " on "), told.get(0));
    }

    @Test
    void anotherProcessWithTheSameNumberIsNotTheDriver() throws IOException {
        LockHolder self = LockHolder.self();
        leave(new LockHolder("id", self.host(), self.machine(), new ProcessIdentity(self.process().pid(), self.process().start() - 1),
                self.since(), self.beat()));
        directory().lock(PATIENT, told::add).close();
        assertTrue(told.get(0).contains("that is dead"), told.get(0));
    }

    @Test
    void aDriverOnAnotherMachineIsRefusedForItsHeartbeat() throws Exception {
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            leave(elsewhere());
            Future<?> heart = other.submit((Callable<Void>) () -> {
                while (true) {
                    Thread.sleep(100);
                    directory().write(RunDirectory.LOCK, elsewhere().now());
                }
            });
            InputError error = assertThrows(InputError.class, () -> directory().lock(PATIENT, told::add));
            assertTrue(error.getMessage().contains("in use by another driver (process 12 on elsewhere, since 2026-01-01T00:00:00Z)"),
                    error.getMessage());
            assertFalse(heart.isDone());
        } finally {
            other.shutdownNow();
        }
    }

    @Test
    void aDriverOnAnotherMachineWithoutAHeartbeatIsGivenUp() throws IOException {
        leave(elsewhere());
        directory().lock(QUICK, told::add).close();
        assertEquals(2, told.size(), told.toString());
        assertTrue(told.get(0).contains("held by process 12 on elsewhere, since 2026-01-01T00:00:00Z; waiting 1 s for a sign of life"),
                told.get(0));
        assertTrue(told.get(1).contains("gives no sign of life (process 12 on elsewhere"), told.get(1));
    }

    @Test
    void aLockThatACrashLeftEmptyIsGivenUp() throws IOException {
        Files.createDirectories(folder.resolve("run"));
        Files.createFile(file());
        directory().lock(QUICK, told::add).close();
        assertTrue(told.get(0).contains("does not say who holds it"), told.get(0));
    }

    @Test
    void whatIsNoLockIsTakenOverAndWhatIsNoFileIsRefused() throws Exception {
        for (String content : List.of("null", "{}", "[1]", "x", "{\"id\":\"a\",\"process\":null}",
                "{\"id\":\"a\",\"host\":\"h\",\"process\":{\"pid\":-1,\"start\":1}}",
                "\0".repeat(100_000))) {
            told.clear();
            Files.createDirectories(folder.resolve("run"));
            Files.writeString(file(), content);
            directory().lock(QUICK, told::add).close();
            assertEquals(1, told.size(), content);
            assertTrue(told.get(0).endsWith("run.lock: is not the lock of a driver; taken over"), told.get(0));
        }
        Files.createDirectories(file());
        InputError error = assertThrows(InputError.class, () -> directory().lock(QUICK, told::add));
        assertTrue(error.getMessage().contains("run.lock: a folder, where a file of a run is wanted"), error.getMessage());
        Files.delete(file());
        assertEquals(0, new ProcessBuilder("mkfifo", file().toString()).start().waitFor());
        assertThrows(InputError.class, () -> directory().lock(QUICK, told::add));
    }

    @Test
    void ofManyThatStartAtOnceOneWins() throws Exception {
        assertEquals(1, winners());
    }

    @Test
    void ofManyThatFindAStaleLockAtOnceOneWins() throws Exception {
        for (int round = 0; round < 3; round++) {
            leave(elsewhere());
            assertEquals(1, winners());
        }
    }

    @Test
    void ofTwoProcessesThatStartAtOnceOneWins() throws Exception {
        try (LockingDriver one = new LockingDriver(directory().uri()); LockingDriver two = new LockingDriver(directory().uri())) {
            List<String> answers = List.of(one.answer(), two.answer());
            assertEquals(1, answers.stream().filter("taken"::equals).count(), answers.toString());
            assertEquals(1, answers.stream().filter(answer -> answer.contains("in use by another driver")).count(), answers.toString());
        }
    }

    @Test
    void whoFindsAnotherInItsLockWritesNothingMore() throws IOException {
        RunLock.Timing silent = new RunLock.Timing(Duration.ofDays(1), Duration.ofDays(1));
        try (RunLock lock = directory().lock(silent, told::add)) {
            RunDirectory held = directory().heldBy(lock);
            held.write("metrics.jsonl", "mine".getBytes(StandardCharsets.UTF_8));
            leave(elsewhere());
            RunStopped stopped = assertThrows(RunStopped.class, () -> held.write("metrics.jsonl", "lost".getBytes(StandardCharsets.UTF_8)));
            assertTrue(stopped.getMessage().contains("taken over by another driver (process 12 on elsewhere"), stopped.getMessage());
        }
        assertEquals("mine", Files.readString(folder.resolve("run/metrics.jsonl")));
        assertEquals("another", LockHolder.parse(Files.readAllBytes(file())).orElseThrow().id());
    }

    @Test
    void aLockThatSomebodyRemovedComesBack() throws Exception {
        try (RunLock lock = directory().lock(PATIENT, told::add)) {
            byte[] before = Files.readAllBytes(file());
            Files.delete(file());
            while (!Files.exists(file()) || LockHolder.parse(Files.readAllBytes(file())).isEmpty()) {
                Thread.sleep(10);
            }
            LockHolder after = LockHolder.parse(Files.readAllBytes(file())).orElseThrow();
            assertEquals(LockHolder.parse(before).orElseThrow().id(), after.id());
        }
    }

    @Test
    void aLockThatWasSpoiltIsMended() throws Exception {
        try (RunLock lock = directory().lock(PATIENT, told::add)) {
            byte[] before = Files.readAllBytes(file());
            Files.writeString(file(), "null");
            while (LockHolder.parse(Files.readAllBytes(file())).isEmpty()) {
                Thread.sleep(10);
            }
            assertEquals(LockHolder.parse(before).orElseThrow().id(), LockHolder.parse(Files.readAllBytes(file())).orElseThrow().id());
        }
    }

    @Test
    void aFolderThatWasMadeForTheLockAloneGoesWithIt() throws IOException {
        directory().lock(PATIENT, told::add).close();
        assertFalse(Files.exists(folder.resolve("run")));
        Files.createDirectory(folder.resolve("run"));
        directory().lock(PATIENT, told::add).close();
        assertTrue(Files.exists(folder.resolve("run")));
    }

    private int winners() throws Exception {
        int drivers = 8;
        ExecutorService pool = Executors.newFixedThreadPool(drivers);
        List<RunLock> taken = new ArrayList<>();
        try {
            Callable<RunLock> driver = () -> {
                try {
                    return directory().lock(QUICK, line -> {});
                } catch (InputError e) {
                    assertTrue(e.getMessage().contains("in use by another driver"), e.getMessage());
                    return null;
                }
            };
            for (Future<RunLock> future : pool.invokeAll(java.util.Collections.nCopies(drivers, driver))) {
                if (future.get() != null) {
                    taken.add(future.get());
                }
            }
            return taken.size();
        } finally {
            taken.forEach(RunLock::close);
            pool.shutdownNow();
        }
    }

    private static LockHolder elsewhere() {
        return new LockHolder("another", "elsewhere", "another boot", new ProcessIdentity(12, 34), "2026-01-01T00:00:00Z",
                "2026-01-01T00:00:00Z");
    }

    private void leave(LockHolder holder) throws IOException {
        Files.createDirectories(folder.resolve("run"));
        Files.write(file(), holder.now());
    }
}
