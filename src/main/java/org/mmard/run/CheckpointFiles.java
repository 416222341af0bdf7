package org.mmard.run;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.InputError;
import org.mmard.failure.Reason;
import org.mmard.files.Folder;
import org.mmard.files.Sha256;
import org.mmard.model.ModelFile;

/**
 * The checkpoints of a run as files, for whoever did not write them: what there is, copies of it, whether it is whole, and room. For
 * example, in a notebook:
 * {@code CheckpointFiles.at("hdfs://host/runs/first", hadoop).fetch(RunDirectory.BEST, Path.of("student.zip"), true)}.
 */
public final class CheckpointFiles {
    private static final int TRIES = 3;
    private static final long BETWEEN_TRIES = 1000;
    private static final String NONE_FINISHED = "no epoch is finished yet";

    private final RunDirectory directory;

    private CheckpointFiles(RunDirectory directory) {
        this.directory = directory;
    }

    /**
     * One checkpoint.
     *
     * @param epoch from 1, or 0 where the file does not say ({@code interrupted.zip})
     * @param name within the run directory
     * @param bytes
     *     its size
     * @param time when the epoch ended
     * @param accuracy on the validation part, or null where the epoch was not validated
     * @param best whether it is the best epoch's
     * @param last whether it is the newest epoch's
     */
    public record Checkpoint(int epoch, String name, long bytes, Instant time, @Nullable ValidationAccuracy accuracy, boolean best,
            boolean last) {}

    /** How far a transfer is. */
    @FunctionalInterface
    public interface Progress {
        Progress NONE = (done, total) -> {};

        void bytes(long done, long total);
    }

    /**
     * A copy that was made.
     *
     * @param sha256 of its bytes, in hexadecimal
     * @param recorded whether that is what was recorded when they were
     * written
     */
    public record Copy(Path file, long bytes, String sha256, boolean recorded) {}

    /**
     * What became of the check of a file.
     *
     * @param damage what is wrong with it, in one line, or null
     * @param recorded whether its checksum
     * was recorded
     */
    public record Verdict(String name, @Nullable String damage, boolean recorded) {}

    /**
     * What was removed.
     *
     * @param bytes that were freed
     */
    public record Pruned(List<Checkpoint> removed, long bytes) {}

    /** @throws InputError where there is no run at that URI */
    public static CheckpointFiles at(String uri, org.apache.hadoop.conf.Configuration hadoop) {
        return of(RunDirectory.at(uri, hadoop));
    }

    /** @throws InputError where the directory holds no run */
    public static CheckpointFiles of(RunDirectory directory) {
        try {
            if (!directory.exists()) {
                throw new InputError(directory.uri() + ": there is no such folder");
            }
            if (!directory.holdsRun()) {
                throw new InputError(directory.uri() + ": holds no run: neither " + RunDirectory.CONFIGURATION + " nor checkpoints");
            }
        } catch (UncheckedIOException e) {
            throw new InputError(Reason.of(e), e);
        }
        return new CheckpointFiles(directory);
    }

    /** The qualified URI of the run directory. */
    public String uri() {
        return directory.uri();
    }

    /**
     * All checkpoints by their epochs, rising; {@code interrupted.zip} comes last. Reads no checkpoint: what there is to know stands in
     * metrics.jsonl and the checksums.
     */
    public List<Checkpoint> list() {
        return list(line -> {});
    }

    /**
     * The same.
     *
     * @param warn told in one line about each that has the name of a checkpoint and is no file
     */
    public List<Checkpoint> list(Consumer<String> warn) {
        Map<Integer, EpochMetrics> metrics =
                EpochMetrics.read(directory).stream().collect(Collectors.toMap(EpochMetrics::epoch, line -> line, (one, other) -> other));
        SortedSet<Integer> epochs = directory.checkpoints();
        int last = epochs.isEmpty() ? 0 : epochs.last();
        int best = best(epochs, metrics.values().stream().filter(line -> line.best() && line.epoch() <= last).mapToInt(EpochMetrics::epoch)
                .max().orElse(0));
        Map<String, Folder.Entry> files = new TreeMap<>();
        for (Folder.Entry file : directory.zips()) {
            if (file.isFile()) {
                files.put(file.name(), file);
            } else {
                warn.accept(directory.uri(file.name()) + ": a folder, where a checkpoint is wanted");
            }
        }
        Map<Integer, Checkpoint> found = new TreeMap<>();
        for (int epoch : epochs) {
            Optional.ofNullable(files.get(RunDirectory.checkpoint(epoch)))
                    .ifPresent(file -> found.put(epoch, checkpoint(epoch, file, metrics.get(epoch), epoch == best, epoch == last)));
        }
        // The best epoch's own file may be gone, as those of others.
        if (best > 0 && !found.containsKey(best) && files.containsKey(RunDirectory.BEST)) {
            found.put(best, checkpoint(best, files.get(RunDirectory.BEST), metrics.get(best), true, false));
        }
        List<Checkpoint> all = new ArrayList<>(found.values());
        Optional.ofNullable(files.get(RunDirectory.INTERRUPTED)).ifPresent(file -> all.add(checkpoint(0, file, null, false, false)));
        return all;
    }

    /**
     * The epoch that {@code best.zip} is a copy of, by the checksums: where the best epoch was lost, that is another than metrics.jsonl
     * says.
     *
     * @param recorded the best epoch by metrics.jsonl, which counts where no checksum says otherwise; 0 for none
     */
    private int best(SortedSet<Integer> epochs, int recorded) {
        Optional<String> copied = directory.readSha256(RunDirectory.BEST);
        if (copied.isEmpty() || (recorded > 0 && directory.readSha256(RunDirectory.checkpoint(recorded)).equals(copied))) {
            return recorded;
        }
        return epochs.stream().filter(epoch -> directory.readSha256(RunDirectory.checkpoint(epoch)).equals(copied)).findFirst()
                .orElse(recorded);
    }

    private static Checkpoint checkpoint(int epoch, Folder.Entry file, @Nullable EpochMetrics line, boolean best, boolean last) {
        return new Checkpoint(epoch, file.name(), file.bytes(), line == null ? file.time() : line.time(),
                line == null ? null : line.accuracy(), best, last);
    }

    /**
     * The name of an epoch's checkpoint within the run directory.
     *
     * @throws InputError where it has none, naming the epochs that have
     */
    public String ofEpoch(int epoch) {
        SortedSet<Integer> epochs = directory.checkpoints();
        if (!epochs.contains(epoch)) {
            throw new InputError(directory.uri() + ": no checkpoint of epoch " + epoch + "; "
                    + (epochs.isEmpty() ? NONE_FINISHED : "there are those of " + ranges(epochs)));
        }
        return RunDirectory.checkpoint(epoch);
    }

    /** For example {@code 1-3, 7}. */
    private static String ranges(SortedSet<Integer> epochs) {
        List<int[]> ranges = new ArrayList<>();
        for (int epoch : epochs) {
            int[] open = ranges.isEmpty() ? null : ranges.get(ranges.size() - 1);
            if (open != null && open[1] == epoch - 1) {
                open[1] = epoch;
            } else {
                ranges.add(new int[] {epoch, epoch});
            }
        }
        return ranges.stream().map(range -> range[0] == range[1] ? "" + range[0] : range[0] + "-" + range[1])
                .collect(Collectors.joining(", "));
    }

    /**
     * Copies a file of the run to the local disk: under a temporary name first, and under its own when its checksum is right.
     *
     * @param name within the run directory, such as {@link RunDirectory#BEST}
     * @param to a file, or a folder that is there
     * @param replace whether a file that is there already may be replaced
     * @throws InputError where the file is missing or damaged, or the copy must not or cannot be written
     */
    public Copy fetch(String name, Path to, boolean replace, Progress progress) {
        Path target = Files.isDirectory(to) ? to.resolve(Path.of(name).getFileName()) : to;
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS) && !(replace && Files.isRegularFile(target))) {
            throw new InputError(target + ": is there already; choose another name" + (Files.isDirectory(target) ? "" : ", or --force"));
        }
        Path folder = target.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new InputError(target + ": there is no folder " + folder + "; create it, or choose another");
        }
        if (!directory.exists(name)) {
            throw new InputError(directory.uri(name) + ": there is no such file" + (directory.checkpoints().isEmpty() ? "; " + NONE_FINISHED
                    : name.equals(RunDirectory.BEST) ? "; no epoch was validated" : ""));
        }
        Path temporary = target.resolveSibling(".writing-" + target.getFileName() + "-" + UUID.randomUUID());
        try {
            Copy copy = copy(name, temporary, progress);
            if (replace) {
                Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
            } else {
                Files.move(temporary, target);
            }
            return new Copy(target, copy.bytes, copy.sha256, copy.recorded);
        } catch (LocalFailure e) {
            throw new InputError(target + ": cannot be written (" + Reason.of(e.failure) + ")", e.failure);
        } catch (IOException e) {
            throw new InputError(target + ": cannot be written (" + Reason.of(e) + ")", e);
        } finally {
            deleteQuietly(temporary);
        }
    }

    private Copy copy(String name, Path to, Progress progress) throws IOException {
        for (int attempt = 1;; attempt++) {
            Optional<String> recorded = directory.recordedSha256(name);
            MessageDigest digest = Sha256.digest();
            Copy copy;
            // Outside of the reading, which would blame the run for a local file that cannot be opened.
            try (OutputStream out = new DigestOutputStream(Files.newOutputStream(to), digest)) {
                long bytes = directory.reading(name, (in, length) -> transfer(in, length, out, progress));
                copy = new Copy(to, bytes, Sha256.hex(digest), recorded.isPresent());
            }
            if (recorded.orElse(copy.sha256).equals(copy.sha256)) {
                return copy;
            }
            // A run that goes on may have replaced best.zip just now.
            if (attempt == TRIES) {
                throw directory.damaged(name, copy.sha256, recorded.get());
            }
            pause();
        }
    }

    private static long transfer(InputStream in, long length, OutputStream out, Progress progress) throws IOException {
        byte[] buffer = new byte[1 << 16];
        long done = 0;
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            try {
                out.write(buffer, 0, read);
            } catch (IOException e) {
                throw new LocalFailure(e);
            }
            done += read;
            progress.bytes(done, length);
        }
        return done;
    }

    /** That the copy cannot be written, told apart from that the run cannot be read. */
    private static final class LocalFailure extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final IOException failure;

        LocalFailure(IOException failure) {
            super(failure);
            this.failure = failure;
        }
    }

    /**
     * Checks every zip of the run against its recorded checksum and as a zip file. One that seems damaged is looked at again before that is
     * said: a run that goes on may have replaced it, or removed it, between the reading of its record and its own. One that is gone then
     * does not count.
     *
     * @param each told of each as it is checked
     */
    public void verify(Consumer<Verdict> each) {
        for (Folder.Entry file : directory.zips()) {
            Verdict verdict = verdict(file.name());
            if (verdict.damage != null) {
                pause();
                if (!directory.exists(file.name())) {
                    continue;
                }
                verdict = verdict(file.name());
            }
            each.accept(verdict);
        }
    }

    private Verdict verdict(String name) {
        boolean recorded = false;
        try {
            recorded = directory.recordedSha256(name).isPresent();
            directory.readChecked(name, (in, length) -> {
                ModelFile.requireWhole(directory.uri(name), in, length);
                return name;
            });
            return new Verdict(name, null, recorded);
        } catch (InputError | UncheckedIOException e) {
            return new Verdict(name, e.getMessage(), recorded);
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            return new Verdict(name, directory.uri(name) + ": damaged (" + e + ")", recorded);
        }
    }

    /**
     * Removes the checkpoints of epochs that are neither the best, nor among the newest {@code keepLast}, nor multiples of
     * {@code keepEvery}. The newest always stays, as do {@code best.zip}, {@code last.zip} and {@code interrupted.zip}.
     *
     * What is not as its checksum was recorded stays too: it may be damaged, or somebody else's.
     *
     * @param keepLast 0 or above
     * @param keepEvery 0 for no multiples
     * @param dryRun whether to find out only
     * @param tell told in one line about a lock that is waited for or taken over, and about each file that is left alone
     * @throws InputError where a live driver trains there, or metrics.jsonl is missing, without which nothing says which epoch is the best
     */
    public Pruned prune(int keepLast, int keepEvery, boolean dryRun, Consumer<String> tell) {
        if (dryRun) {
            return pruned(keepLast, keepEvery, tell);
        }
        try (RunLock lock = directory.lock(tell)) {
            RunDirectory held = directory.heldBy(lock);
            Pruned pruned = pruned(keepLast, keepEvery, tell);
            pruned.removed.forEach(checkpoint -> held.delete(checkpoint.name));
            return pruned;
        }
    }

    private Pruned pruned(int keepLast, int keepEvery, Consumer<String> tell) {
        if (directory.checkpoints().isEmpty()) {
            return new Pruned(List.of(), 0);
        }
        if (!directory.exists(RunDirectory.METRICS)) {
            throw new InputError(
                    directory.uri(RunDirectory.METRICS) + ": missing, so nothing says which epoch is the best; put the file back");
        }
        List<Checkpoint> own =
                list(tell).stream().filter(checkpoint -> checkpoint.epoch > 0 && !checkpoint.name.equals(RunDirectory.BEST)).toList();
        List<Checkpoint> removed = new ArrayList<>();
        int newest = 0;
        for (int i = own.size() - 1; i >= 0; i--) {
            Checkpoint checkpoint = own.get(i);
            Optional<String> damage = directory.notAsRecorded(checkpoint.name);
            // One that nobody can go on from does not count among the newest.
            boolean isNew = damage.isEmpty() && newest++ < Math.max(1, keepLast);
            boolean isMultiple = keepEvery > 0 && checkpoint.epoch % keepEvery == 0;
            if (damage.isPresent()) {
                tell.accept(damage.get() + "; it is left alone");
            } else if (!isNew && !isMultiple && !checkpoint.best) {
                removed.add(0, checkpoint);
            }
        }
        return new Pruned(removed, removed.stream().mapToLong(Checkpoint::bytes).sum());
    }

    private static void pause() {
        try {
            Thread.sleep(BETWEEN_TRIES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while reading a checkpoint", e);
        }
    }

    private static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // What led here is the news.
        }
    }
}
