package org.mmard.files;

import java.io.BufferedReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FsStatus;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;
import org.mmard.failure.Reason;

/**
 * A folder on any Hadoop filesystem, whose files are always whole: each is written and synced under a temporary name beside its own, then
 * renamed. A file may have its SHA-256 beside it, as {@code sha256sum} writes it.
 */
public class Folder {
    private static final int LONGEST_CHECKSUM = 1 << 12;

    private final WholeFiles files;
    private final Path root;
    private final Runnable guard;

    protected Folder(WholeFiles files, Path root) {
        this(files, root, () -> {});
    }

    private Folder(WholeFiles files, Path root, Runnable guard) {
        this.files = files;
        this.root = root;
        this.guard = guard;
    }

    /** The same folder. */
    protected Folder(Folder same) {
        this(same.files, same.root, same.guard);
    }

    /**
     * The folder at a Hadoop URI; nothing is created yet.
     *
     * @throws InputError when the URI has no filesystem that answers
     */
    public static Folder at(String uri, Configuration hadoop) {
        try {
            Path path = new Path(requireNoNul(uri));
            FileSystem found = path.getFileSystem(hadoop);
            // Checksum files beside every file would be one more thing to rename, never at the same instant; the zips carry their own.
            FileSystem files = found instanceof LocalFileSystem local ? local.getRawFileSystem() : found;
            return new Folder(new WholeFiles(files, Retries.NONE), found.makeQualified(path));
        } catch (IOException | IllegalArgumentException e) {
            throw new InputError(uri + ": no filesystem there: " + Reason.of(e), e);
        }
    }

    /**
     * The same folder.
     *
     * @param guard is run before any file gets its name, and throws where none may any more
     */
    public Folder guarded(Runnable guard) {
        return new Folder(files, root, guard);
    }

    /**
     * The same folder, which waits for a filesystem that is away: what cannot be read or written is tried again, with growing pauses. A
     * local filesystem is never away.
     *
     * @param patience from the first failure to the last try
     * @param tell told in one line when something is tried again, and when it has
     *     worked
     */
    public Folder patient(Duration patience, Consumer<String> tell) {
        return new Folder(files.with(Retries.upTo(patience, tell)), root, guard);
    }

    /** Its files, for whoever needs more than whole ones. */
    protected WholeFiles files() {
        return files;
    }

    /**
     * A file of it.
     *
     * @param name within the folder
     * @param bytes its size
     * @param time of its last change
     * @param isFile or a folder of that
     *     name
     */
    public record Entry(String name, long bytes, Instant time, boolean isFile) {}

    /** What lies in a folder of this one ({@code .} for itself), files half written not among it; nothing where there is no such folder. */
    public List<Entry> list(String folder) {
        try {
            return files.list(path(folder)).stream().map(status -> entry(folder, status)).toList();
        } catch (IOException e) {
            throw failed("list", folder, e);
        }
    }

    private static Entry entry(String folder, FileStatus status) {
        String name = status.getPath().getName();
        return new Entry(folder.equals(".") ? name : folder + "/" + name, status.getLen(),
                Instant.ofEpochMilli(status.getModificationTime()),
                status.isFile());
    }

    /**
     * Creates the folder and some of its folders, proves that they can be written, and removes what a crash left under temporary names.
     *
     * @throws InputError when one cannot be written
     */
    protected void prepare(String... folders) {
        try {
            files.prepare(root);
            for (String folder : folders) {
                files.prepare(path(folder));
            }
        } catch (IOException e) {
            throw unwritable(e);
        }
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

    /** Whether the directory is there. */
    public boolean exists() {
        try {
            return files.exists(root);
        } catch (IOException e) {
            throw failed("read", ".", e);
        }
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

    /**
     * The same of a file that is small when it is one of ours.
     *
     * @param most bytes
     * @throws InputError where it has more
     */
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
     * @param begin begins anew where the file has to be read again
     * @param each takes a line up
     * @return what {@code begin} gave, without a line where there is no such file
     * @throws InputError where a line is longer than any of ours
     */
    public <T> T lines(String name, Supplier<T> begin, BiConsumer<T, String> each) {
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
                guard.run();
                before.accept(sha256);
            });
        } catch (ReadFailure e) {
            throw failed("read", e.file(), e.failure());
        } catch (IOException e) {
            throw DiskFull.is(e) ? full(name, e) : failed("write", name, e);
        }
    }

    /** Puts a copy of another directory's file in place of any file of that name. What fails is said of the side on which it fails. */
    public void write(String name, Folder from, String original) {
        write(name, out -> from.transfer(original, out));
    }

    /**
     * Copies a file of this directory.
     *
     * @throws ReadFailure where that is what fails
     */
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

    /** Puts a copy of a file that {@link #writeChecked} wrote, with its checksum, in place of another. */
    public void copyChecked(String from, String to) {
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

    /**
     * Reads a file as it is.
     *
     * @throws InputError where there is no such file
     */
    public <T> T reading(String name, WholeFiles.Reader<T> reader) {
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
    public Optional<String> readSha256(String name) {
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
    public Optional<String> notAsRecorded(String name) {
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

    public InputError damaged(String name, String found, String recorded) {
        return new InputError(
                uri(name) + ": damaged or cut short: its SHA-256 is " + found + ", " + name + Sha256.SUFFIX + " says " + recorded);
    }

    /** @throws InputError where a name that stands in a file cannot be one on a filesystem */
    protected Path path(String name) {
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

    protected RuntimeException unwritable(IOException e) {
        if (e instanceof WholeFiles.NoFile file) {
            return new InputError(file.getFile() + ": " + file.getMessage() + ", where a file of a run is wanted; choose another directory",
                    e);
        }
        return DiskFull.is(e) ? full("", e)
                : new InputError(root + ": cannot be written: " + Reason.of(e) + "; choose another directory", e);
    }

    private DiskFull full(String name, IOException e) {
        String where = name.isEmpty() ? uri() : uri(name);
        try {
            FsStatus disk = files.filesystem().getStatus(root);
            return new DiskFull(where, String.format(Locale.ROOT, "%s (%,d of %,d KiB free)", Reason.of(e), disk.getRemaining() >> 10,
                    disk.getCapacity() >> 10), e);
        } catch (IOException unknown) {
            return new DiskFull(where, Reason.of(e), e);
        }
    }

    protected RuntimeException failed(String verb, String name, IOException cause) {
        return failed(verb, path(name), cause);
    }

    /** What cannot be read now or later is the file's fault, not ours or the cluster's. */
    private RuntimeException failed(String verb, Path file, IOException cause) {
        return verb.equals("read") && (files.isLocal() || Retries.isFinal(cause))
                ? new InputError(file + ": cannot be read (" + Reason.of(cause) + ")", cause)
                : new UncheckedIOException("cannot " + verb + " " + file + ": " + Reason.of(cause), cause);
    }

    /** Writes a file's bytes. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }
}
