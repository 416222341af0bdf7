package org.mmard.run;

import java.io.BufferedReader;
import java.io.FileNotFoundException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FsStatus;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;
import org.mmard.failure.RunStopped;
import org.mmard.files.DiskFull;
import org.mmard.files.Retries;
import org.mmard.files.Sha256;
import org.mmard.files.WholeFiles;

/**
 * Where a run keeps everything, on any Hadoop filesystem: {@code run.conf}, {@code provenance.json}, {@code metrics.jsonl},
 * {@code checkpoints/epoch-NNNN.zip} and {@code interrupted.zip}, {@code best.zip} and {@code last.zip}, each zip with its {@code .sha256}
 * beside it. The only class that knows this layout.
 *
 * <p>A file under one of these names is always whole: it is written and synced under a temporary name beside it, then renamed.
 */
public final class RunDirectory {
    public static final String CONFIGURATION = "run.conf";
    public static final String PROVENANCE = "provenance.json";
    public static final String METRICS = "metrics.jsonl";
    public static final String BEST = "best.zip";
    public static final String LAST = "last.zip";
    public static final String LOCK = "run.lock";

    private static final String CHECKPOINTS = "checkpoints";
    /** The checkpoint of a run that was stopped within an epoch. */
    public static final String INTERRUPTED = CHECKPOINTS + "/interrupted.zip";
    private static final Pattern CHECKPOINT = Pattern.compile("epoch-(\\d{4,9})\\.zip");
    private static final int LONGEST_CHECKSUM = 1 << 12;

    private final WholeFiles files;
    private final Path root;
    private final RunLock lock;

    RunDirectory(FileSystem files, Path root) {
        this(new WholeFiles(files, Retries.NONE), root, null);
    }

    RunDirectory(WholeFiles files, Path root, RunLock lock) {
        this.files = files;
        this.root = root;
        this.lock = lock;
    }

    /**
     * The run directory at a Hadoop URI; nothing is created yet.
     *
     * @throws InputError when the URI has no filesystem that answers
     */
    public static RunDirectory at(String uri, Configuration hadoop) {
        try {
            Path path = new Path(requireNoNul(uri));
            FileSystem files = path.getFileSystem(hadoop);
            Path root = files.makeQualified(path);
            // Checksum files beside every file would be one more thing to rename, never at the same instant; the zips carry their own.
            return new RunDirectory(files instanceof LocalFileSystem local ? local.getRawFileSystem() : files, root);
        } catch (IOException | IllegalArgumentException e) {
            throw new InputError(uri + ": no filesystem there: " + firstLine(e), e);
        }
    }

    /**
     * Takes the directory, which is created where it is missing, for this driver alone until the lock is closed.
     *
     * @param tell told in one line about a lock that is waited for or taken over
     * @throws InputError where another live driver has it, or it cannot be written
     */
    public RunLock lock(Consumer<String> tell) {
        return lock(RunLock.Timing.USUAL, tell);
    }

    RunLock lock(RunLock.Timing timing, Consumer<String> tell) {
        try {
            // A heartbeat that comes late is worse than one that does not come.
            return RunLock.take(files.with(Retries.NONE), path(LOCK), timing, tell);
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    /** The same directory, which refuses to write once the lock is another driver's: {@link RunStopped}. */
    public RunDirectory heldBy(RunLock held) {
        return new RunDirectory(files, root, held);
    }

    /**
     * The same directory, which waits for a filesystem that is away: what cannot be read or written is tried again, with growing pauses. A
     * local filesystem is never away.
     *
     * @param patience from the first failure to the last try; @param tell told in one line when something is tried again, and when it has
     *     worked
     */
    public RunDirectory patient(Duration patience, Consumer<String> tell) {
        return new RunDirectory(files.with(Retries.upTo(patience, tell)), root, lock);
    }

    /** The qualified URI. */
    public String uri() {
        return root.toString();
    }

    /** The qualified URI of a file of this directory. */
    public String uri(String name) {
        return path(name).toString();
    }

    /** The settings of its filesystem, for whoever reads one of its files by URI. */
    public Configuration hadoop() {
        return files.filesystem().getConf();
    }

    /**
     * A checkpoint as a file. @param name within the directory; @param bytes its size; @param time of its last change; @param isFile or a
     * folder of that name
     */
    record Stored(String name, long bytes, Instant time, boolean isFile) {}

    /** The zips of the run by their names, those of the epochs first. */
    List<Stored> stored() {
        List<Stored> stored = new ArrayList<>();
        try {
            for (FileStatus status : files.list(new Path(root, CHECKPOINTS))) {
                if (status.getPath().getName().endsWith(".zip")) {
                    stored.add(stored(CHECKPOINTS + "/" + status.getPath().getName(), status));
                }
            }
            for (FileStatus status : files.list(root)) {
                String name = status.getPath().getName();
                if (name.equals(BEST) || name.equals(LAST)) {
                    stored.add(stored(name, status));
                }
            }
        } catch (IOException e) {
            throw failed("list", CHECKPOINTS, e);
        }
        return stored;
    }

    private static Stored stored(String name, FileStatus status) {
        return new Stored(name, status.getLen(), Instant.ofEpochMilli(status.getModificationTime()), status.isFile());
    }

    /** Whether the directory is there. */
    boolean exists() {
        try {
            return files.exists(root);
        } catch (IOException e) {
            throw failed("read", ".", e);
        }
    }

    /** Whether a run was started here. */
    public boolean holdsRun() {
        return exists(CONFIGURATION) || !checkpoints().isEmpty();
    }

    /**
     * Creates the directory, proves that it can be written, and removes what a crash left under temporary names.
     *
     * @throws InputError when it cannot be written
     */
    public void prepare() {
        try {
            files.prepare(root);
            files.prepare(new Path(root, CHECKPOINTS));
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    /** The name of the checkpoint of an epoch, counted from 1. */
    public static String checkpoint(int epoch) {
        return String.format(Locale.ROOT, "%s/epoch-%04d.zip", CHECKPOINTS, epoch);
    }

    /** The epochs (from 1) that have a checkpoint file, rising. */
    public SortedSet<Integer> checkpoints() {
        SortedSet<Integer> epochs = new TreeSet<>();
        try {
            for (FileStatus status : files.list(new Path(root, CHECKPOINTS))) {
                Matcher name = CHECKPOINT.matcher(status.getPath().getName());
                if (name.matches() && Integer.parseInt(name.group(1)) > 0) {
                    epochs.add(Integer.parseInt(name.group(1)));
                }
            }
        } catch (IOException e) {
            throw failed("list", CHECKPOINTS, e);
        }
        return epochs;
    }

    public boolean exists(String name) {
        try {
            return files.exists(path(name));
        } catch (IOException e) {
            throw failed("read", name, e);
        }
    }

    /** Whether something is there, and is no file. */
    public boolean isFolder(String name) {
        try {
            return files.exists(path(name)) && files.filesystem().getFileStatus(path(name)).isDirectory();
        } catch (IOException e) {
            throw failed("read", name, e);
        }
    }

    /** SHA-256 of a file as it is, in hexadecimal; nothing where there is no such file. */
    public Optional<String> sha256(String name) {
        try {
            return Optional.of(files.read(path(name), (in, length) -> Sha256.of(in)));
        } catch (FileNotFoundException | WholeFiles.NoFile e) {
            return Optional.empty();
        } catch (IOException e) {
            throw failed("read", name, e);
        }
    }

    public InputStream open(String name) throws IOException {
        return files.open(path(name));
    }

    /** The file's bytes, or nothing where there is no such file. */
    public Optional<byte[]> read(String name) {
        return read(name, Integer.MAX_VALUE - 8);
    }

    /** The same of a file that is small when it is one of ours. @param most bytes; @throws InputError where it has more */
    public Optional<byte[]> read(String name, int most) {
        try {
            byte[] content = files.read(path(name), (in, length) -> in.readNBytes(most + 1));
            if (content.length > most) {
                throw new InputError(uri(name) + ": larger than " + most + " bytes, so it is not a file of ours");
            }
            return Optional.of(content);
        } catch (FileNotFoundException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw failed("read", name, e);
        }
    }

    /**
     * What is made of the lines of a text file, one after the other: a long run's text alone would fill the memory.
     *
     * @param begin begins anew where the file has to be read again; @param each takes a line up
     * @return what {@code begin} gave, without a line where there is no such file
     * @throws InputError where a line is longer than any of ours
     */
    <T> T lines(String name, Supplier<T> begin, BiConsumer<T, String> each) {
        try {
            return files.read(path(name), (in, length) -> {
                BufferedReader text = new BufferedReader(new InputStreamReader(new LineLimit(in), StandardCharsets.UTF_8), 1 << 16);
                T made = begin.get();
                for (String line = text.readLine(); line != null; line = text.readLine()) {
                    each.accept(made, line);
                }
                return made;
            });
        } catch (FileNotFoundException e) {
            return begin.get();
        } catch (IOException e) {
            throw failed("read", name, e);
        }
    }

    /** Ends the reading of a file that has no lines. */
    private static final class LineLimit extends FilterInputStream {
        private static final int LONGEST = 1 << 24;
        private int since;

        LineLimit(InputStream in) {
            super(in);
        }

        @Override
        public int read(byte[] buffer, int from, int length) throws IOException {
            int read = super.read(buffer, from, length);
            for (int i = from; i < from + read; i++) {
                since = buffer[i] == '\n' ? 0 : since + 1;
            }
            if (since > LONGEST) {
                throw new IOException("a line of more than " + LONGEST + " bytes");
            }
            return read;
        }
    }

    /** Puts a file in place, whole or not at all, in place of any file of that name. */
    public void write(String name, Content content) {
        write(name, content, sha256 -> {});
    }

    public void write(String name, byte[] content) {
        write(name, out -> out.write(content));
    }

    /**
     * Puts a file in place as {@link #write(String, Content)} does, and its checksum beside it. The checksum comes first: a crash in
     * between leaves one that does not match whatever older file there is, never an unfinished pair that matches.
     */
    public void writeChecked(String name, Content content) {
        write(name, content, sha256 -> writeSha256(name, sha256));
    }

    private void writeSha256(String name, String sha256) throws IOException {
        files.writeOnce(path(name + Sha256.SUFFIX), out -> out.write(Sha256.line(sha256, path(name).getName())));
    }

    private void write(String name, Content content, WholeFiles.BeforeNaming before) {
        try {
            files.write(path(name), content, sha256 -> {
                if (lock != null) {
                    lock.requireHeld();
                }
                before.accept(sha256);
            });
        } catch (ReadFailure e) {
            throw failed("read", e.file, e.failure);
        } catch (IOException e) {
            throw DiskFull.is(e) ? full(name, e) : failed("write", name, e);
        }
    }

    /** Puts a copy of another directory's file in place of any file of that name. What fails is said of the side on which it fails. */
    public void write(String name, RunDirectory from, String original) {
        write(name, out -> from.transfer(original, out));
    }

    /** Copies a file of this directory. @throws ReadFailure where that is what fails */
    private void transfer(String name, OutputStream out) throws IOException {
        byte[] buffer = new byte[1 << 18];
        try (InputStream in = open(name)) {
            for (int read = read(name, in, buffer); read >= 0; read = read(name, in, buffer)) {
                out.write(buffer, 0, read);
            }
        } catch (FileNotFoundException | WholeFiles.NoFile e) {
            throw new ReadFailure(path(name), e);
        }
    }

    private int read(String name, InputStream in, byte[] buffer) throws ReadFailure {
        try {
            return in.read(buffer);
        } catch (IOException e) {
            throw new ReadFailure(path(name), e);
        }
    }

    /** That what was to be copied could not be read. */
    public static final class ReadFailure extends IOException {
        private static final long serialVersionUID = 1L;

        private final transient Path file;
        private final IOException failure;

        ReadFailure(Path file, IOException failure) {
            super(failure.getMessage(), failure);
            this.file = file;
            this.failure = failure;
        }

        public IOException failure() {
            return failure;
        }
    }

    /** Puts a copy of a file that {@link #writeChecked} wrote, with its checksum, in place of another. */
    void copyChecked(String from, String to) {
        Optional<String> recorded = recordedSha256(from);
        write(to, out -> transfer(from, out), sha256 -> {
            // A copy would have a checksum of its own, and damage would pass for whole.
            if (!recorded.orElse(sha256).equals(sha256)) {
                throw damaged(from, sha256, recorded.get());
            }
            writeSha256(to, sha256);
        });
    }

    /**
     * Reads a file whose checksum was recorded when it was written; one without (of an older version) is read as it is.
     *
     * @throws InputError where its bytes have another checksum, or there is no such file
     */
    public <T> T readChecked(String name, WholeFiles.Reader<T> reader) {
        String recorded = recordedSha256(name).orElse(null);
        if (recorded != null) {
            String found = reading(name, (in, length) -> Sha256.of(in));
            if (!found.equals(recorded)) {
                throw damaged(name, found, recorded);
            }
        }
        return reading(name, reader);
    }

    /** Reads a file as it is. @throws InputError where there is no such file */
    <T> T reading(String name, WholeFiles.Reader<T> reader) {
        try {
            return files.read(path(name), reader);
        } catch (FileNotFoundException e) {
            throw new InputError(uri(name) + ": there is no such file", e);
        } catch (IOException e) {
            throw failed("read", name, e);
        }
    }

    /**
     * The checksum that was recorded beside a file, in hexadecimal; nothing where none was.
     *
     * @throws InputError where the record cannot be understood
     */
    public Optional<String> recordedSha256(String name) {
        String beside = name + Sha256.SUFFIX;
        return read(beside, LONGEST_CHECKSUM).map(line -> Sha256.parse(line).orElseThrow(() -> new InputError(
                uri(beside) + ": not a line of sha256sum; remove it if you know " + path(name).getName() + " to be good")));
    }

    /** The same; nothing where the record cannot be understood either. */
    Optional<String> readSha256(String name) {
        try {
            return read(name + Sha256.SUFFIX, LONGEST_CHECKSUM).flatMap(Sha256::parse);
        } catch (InputError e) {
            return Optional.empty();
        }
    }

    /**
     * The names of the files in a folder of this directory, in order; none where there is no such folder. Files half written are not among
     * them.
     */
    public List<String> names(String folder) {
        try {
            return files.list(path(folder)).stream().map(status -> status.getPath().getName()).sorted().toList();
        } catch (IOException e) {
            throw failed("list", folder, e);
        }
    }

    /** Deletes a folder of this directory where nothing is in it. */
    public void deleteFolderIfEmpty(String folder) {
        try {
            if (files.exists(path(folder))) {
                files.deleteIfEmpty(path(folder));
            }
        } catch (IOException e) {
            throw failed("delete", folder, e);
        }
    }

    /** Deletes a file, and the checksum beside it. */
    public void delete(String name) {
        try {
            files.delete(path(name));
            files.delete(path(name + Sha256.SUFFIX));
        } catch (IOException e) {
            throw failed("delete", name, e);
        }
    }

    /**
     * Why a file must not be deleted as one that a run wrote and wrote down: it is none, or another than its checksum was recorded of.
     * Nothing where name, content and record agree.
     */
    Optional<String> notAsRecorded(String name) {
        try {
            String recorded = recordedSha256(name).orElse(null);
            if (recorded == null) {
                return Optional.of(uri(name) + ": no checksum was recorded of it");
            }
            String found = reading(name, (in, length) -> Sha256.of(in));
            return found.equals(recorded) ? Optional.empty() : Optional.of(damaged(name, found, recorded).getMessage());
        } catch (InputError e) {
            return Optional.of(e.getMessage());
        }
    }

    InputError damaged(String name, String found, String recorded) {
        return new InputError(
                uri(name) + ": damaged or cut short: its SHA-256 is " + found + ", " + name + Sha256.SUFFIX + " says " + recorded);
    }

    /** @throws InputError where a name that stands in a file cannot be one on a filesystem */
    private Path path(String name) {
        try {
            return new Path(root, requireNoNul(name));
        } catch (IllegalArgumentException e) {
            throw new InputError(root + ": nothing can be named " + Printable.value(name) + " there", e);
        }
    }

    /** Hadoop takes it, and the local disk does not. */
    private static String requireNoNul(String name) {
        if (name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a NUL in a name");
        }
        return name;
    }

    private RuntimeException unwritable(IOException e) {
        if (e instanceof WholeFiles.NoFile file) {
            return new InputError(file.getFile() + ": " + file.getMessage() + ", where a file of a run is wanted; choose another directory",
                    e);
        }
        return DiskFull.is(e) ? full("", e)
                : new InputError(root + ": cannot be written: " + firstLine(e) + "; choose another directory", e);
    }

    private DiskFull full(String name, IOException e) {
        String where = name.isEmpty() ? uri() : uri(name);
        try {
            FsStatus disk = files.filesystem().getStatus(root);
            return new DiskFull(where, String.format(Locale.ROOT, "%s (%,d of %,d KiB free)", firstLine(e), disk.getRemaining() >> 10,
                    disk.getCapacity() >> 10), e);
        } catch (IOException unknown) {
            return new DiskFull(where, firstLine(e), e);
        }
    }

    private RuntimeException failed(String verb, String name, IOException cause) {
        return failed(verb, path(name), cause);
    }

    /** What cannot be read now or later is the file's fault, not ours or the cluster's. */
    private RuntimeException failed(String verb, Path file, IOException cause) {
        return verb.equals("read") && (files.isLocal() || Retries.isFinal(cause))
                ? new InputError(file + ": cannot be read (" + firstLine(cause) + ")", cause)
                : new UncheckedIOException("cannot " + verb + " " + file + ": " + firstLine(cause), cause);
    }

    public static String firstLine(Exception e) {
        // Its message is a file's name.
        if (e instanceof AccessDeniedException) {
            return e.getMessage() + " (Permission denied)";
        }
        String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        return message.lines().findFirst().orElse(message);
    }

    /** Writes a file's bytes. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }
}
