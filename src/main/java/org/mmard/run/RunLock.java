package org.mmard.run;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.util.ShutdownHookManager;
import org.mmard.failure.InputError;
import org.mmard.failure.RunStopped;
import org.mmard.files.WholeFiles;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a run directory for one driver: the file {@code run.lock}, which says who holds it and is written anew every few seconds. A lock is
 * stale when its process is dead, which can be told on the same machine, or when it was not written for half a minute. No two clocks are
 * compared.
 */
public final class RunLock implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RunLock.class);
    /** After Spark's own hook (40), so that training has ended; before Hadoop closes its filesystems (10). */
    private static final int HOOK_PRIORITY = 20;
    private static final Duration SETTLING = Duration.ofMillis(300);
    private static final long LONGEST_WAIT_AT_THE_END = 5;
    /** Bytes of a lock that is one. */
    private static final int LONGEST = 1 << 14;

    private final WholeFiles files;
    private final Path path;
    private final LockHolder holder;
    private final boolean createdFolder;
    private final ScheduledExecutorService heart = Executors.newSingleThreadScheduledExecutor(RunLock::daemon);
    private final ReentrantLock beating = new ReentrantLock();
    private final Runnable hook = this::release;
    private volatile boolean closed;

    /**
     * @param beat from one heartbeat to the next
     * @param patience without any before a lock on another machine is stale
     */
    public record Timing(Duration beat, Duration patience) {
        static final Timing USUAL = new Timing(Duration.ofSeconds(5), Duration.ofSeconds(30));

        Duration glance() {
            return beat.dividedBy(5);
        }
    }

    private RunLock(WholeFiles files, Path path, LockHolder holder, boolean createdFolder, Timing timing) {
        this.files = files;
        this.path = path;
        this.holder = holder;
        this.createdFolder = createdFolder;
        long beat = timing.beat.toMillis();
        var unused = heart.scheduleWithFixedDelay(this::beat, beat, beat, TimeUnit.MILLISECONDS);
        ShutdownHookManager.get().addShutdownHook(hook, HOOK_PRIORITY);
    }

    /**
     * Takes the lock for this process.
     *
     * @param path of the file; its folder is created where it is missing
     * @param tell told in one line about a lock that is waited for or taken over
     * @throws InputError where a live driver holds it
     */
    static RunLock take(WholeFiles files, Path path, Timing timing, Consumer<String> tell) throws IOException {
        Path folder = path.getParent();
        boolean createsFolder = !files.exists(folder);
        LockHolder self = LockHolder.self();
        files.createFolder(folder);
        boolean contested = false;
        while (!files.create(path, self.now()) || (contested && !settled(files, path, self))) {
            byte[] found = read(files, path).orElse(null);
            if (found == null) {
                continue;
            }
            LockHolder other = LockHolder.parse(found).orElse(null);
            // Of a lock that is just being taken, nothing can be read yet.
            boolean none = other == null && found.length > 0;
            if (other != null && other.id().equals(self.id())) {
                // Put back meanwhile.
                break;
            }
            LockHolder here = other != null && other.onThisMachine() ? other : null;
            boolean alive = here != null ? here.process().isAlive()
                    : none ? changes(files, path, found, timing) : isKept(files, path, found, timing, tell);
            if (none && alive) {
                continue;
            }
            if (alive) {
                throw new InputError(
                        "run.directory " + folder + ": in use by another driver ("
                                + LockHolder.parse(read(files, path).orElse(found)).map(LockHolder::toString)
                                        .orElse("its run.lock does not say which")
                                + "); let it end or stop it, or choose another directory");
            }
            contested = true;
            if (remove(files, path, found)) {
                tell.accept(path + (none ? ": is not the lock of a driver"
                        : ": left by a driver that " + (here != null ? "is dead" : "gives no sign of life")
                                + (other == null ? "" : " (" + other + ")"))
                        + "; taken over");
            }
        }
        return new RunLock(files, path, self, createsFolder, timing);
    }

    /** Whether what is no lock is another file a moment later: half of a lock, on a filesystem that shows such. */
    private static boolean changes(WholeFiles files, Path path, byte[] found, Timing timing) throws IOException {
        sleep(timing.glance());
        return !Arrays.equals(read(files, path).orElse(null), found);
    }

    /** Whether anybody writes the file, or gives it back, before patience is at its end. */
    private static boolean isKept(WholeFiles files, Path path, byte[] found, Timing timing, Consumer<String> tell) throws IOException {
        tell.accept(
                path + ": " + LockHolder.parse(found).map(other -> "held by " + other).orElse("does not say who holds it") + "; waiting "
                        + timing.patience.toSeconds() + " s for a sign of life");
        long end = System.nanoTime() + timing.patience.toNanos();
        while (System.nanoTime() < end) {
            sleep(timing.glance());
            byte[] now = read(files, path).orElse(null);
            if (now == null) {
                return false;
            }
            if (!Arrays.equals(now, found) && LockHolder.parse(now).isPresent()) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether the lock is still this driver's once others who found the same stale one have had time to take this one for it, and to put it
     * back.
     */
    private static boolean settled(WholeFiles files, Path path, LockHolder self) throws IOException {
        sleep(SETTLING);
        return read(files, path).flatMap(LockHolder::parse).filter(now -> now.id().equals(self.id())).isPresent();
    }

    /**
     * Removes a stale lock, but not the one that somebody faster may have put in its place meanwhile.
     *
     * @return whether it was this call that removed it
     */
    private static boolean remove(WholeFiles files, Path path, byte[] stale) throws IOException {
        if (read(files, path).filter(now -> Arrays.equals(now, stale)).isEmpty()) {
            return false;
        }
        Path aside = WholeFiles.temporary(path);
        // Of several who try, one alone finds the file to rename.
        if (!files.rename(path, aside)) {
            return false;
        }
        byte[] removed = read(files, aside).orElse(stale);
        if (!Arrays.equals(removed, stale)) {
            files.create(path, removed);
        }
        files.delete(aside);
        return Arrays.equals(removed, stale);
    }

    /**
     * To be called before anything is written that another driver might write too.
     *
     * @throws RunStopped where another driver has taken over
     */
    void requireHeld() {
        try {
            LockHolder now = read(files, path).flatMap(LockHolder::parse).orElse(holder);
            if (!now.id().equals(holder.id())) {
                throw new RunStopped(path.getParent() + ": taken over by another driver (" + now
                        + "), which this one had given no sign of life; this one stops");
            }
        } catch (IOException e) {
            // A filesystem that is away for a while takes the lock from nobody.
            LOG.info("Cannot read {}", path, e);
        }
    }

    private void beat() {
        beating.lock();
        try {
            if (closed) {
                return;
            }
            Optional<byte[]> now = read(files, path);
            if (now.isEmpty()) {
                files.create(path, holder.now());
            } else if (isOurs(now.get()) || (now.get().length > 0 && LockHolder.parse(now.get()).isEmpty())) {
                files.write(path, out -> out.write(holder.now()), sha256 -> {});
            } else {
                // The next write of the run finds out, too, and ends it.
                heart.shutdown();
            }
        } catch (IOException | RuntimeException e) {
            LOG.info("No heartbeat in {}", path, e);
        } finally {
            beating.unlock();
        }
    }

    private boolean isOurs(byte[] content) {
        return LockHolder.parse(content).filter(now -> now.id().equals(holder.id())).isPresent();
    }

    /** Gives the lock back. A directory that was made for it and holds nothing else goes, too. */
    @Override
    public void close() {
        if (!ShutdownHookManager.get().isShutdownInProgress()) {
            ShutdownHookManager.get().removeShutdownHook(hook);
        }
        release();
    }

    private void release() {
        closed = true;
        heart.shutdown();
        try {
            // A heartbeat that comes after the end would leave a lock behind.
            if (beating.tryLock(LONGEST_WAIT_AT_THE_END, TimeUnit.SECONDS) && read(files, path).filter(this::isOurs).isPresent()) {
                files.delete(path);
                if (createdFolder) {
                    files.deleteIfEmpty(path.getParent());
                }
            }
        } catch (IOException e) {
            LOG.info("{} stays behind", path, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Optional<byte[]> read(WholeFiles files, Path path) throws IOException {
        try {
            return Optional.of(files.read(path, (in, length) -> in.readNBytes(LONGEST)));
        } catch (FileNotFoundException e) {
            return Optional.empty();
        }
    }

    private static void sleep(Duration time) throws IOException {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for a lock", e);
        }
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "run-lock");
        thread.setDaemon(true);
        return thread;
    }
}
