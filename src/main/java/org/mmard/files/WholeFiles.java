package org.mmard.files;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.NoSuchFileException;
import java.nio.file.AccessMode;
import java.nio.file.AccessDeniedException;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.IOUtils;
import org.jspecify.annotations.Nullable;

/**
 * Files on a Hadoop filesystem, of which each is whole under its name or is not there: it is written and synced under a temporary name
 * beside it, then renamed.
 */
public class WholeFiles {
    private static final String TEMPORARY = ".writing-";
    /** As {@link #temporary} makes them: what somebody else has named like that is not removed. */
    private static final Pattern OURS = Pattern.compile(Pattern.quote(TEMPORARY) + ".+-\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}");

    private final FileSystem files;
    private final Retries retries;
    private @Nullable FileContext context;

    /** @param retries on other filesystems than the local one, which is never away */
    public WholeFiles(FileSystem files, Retries retries) {
        this.files = files;
        this.retries = isLocal() ? Retries.NONE : retries;
    }

    public WholeFiles with(Retries other) {
        return new WholeFiles(files, other);
    }

    /** Does something with the checksum of a file that is written but does not have its name yet. */
    @FunctionalInterface
    public interface BeforeNaming {
        void accept(String sha256) throws IOException;
    }

    /** Reads an open file of a length in bytes. */
    @FunctionalInterface
    public interface Reader<T> {
        T read(FSDataInputStream in, long length) throws IOException;
    }

    /**
     * A name of its own beside a file, for what does not have that file's name yet or no longer. {@link #prepare} removes what is left
     * under such names.
     */
    public static Path temporary(Path target) {
        return new Path(target.getParent(), TEMPORARY + target.getName() + "-" + UUID.randomUUID());
    }

    public FileSystem filesystem() {
        return files;
    }

    /** Puts a file in place of any of that name. */
    public void write(Path target, Folder.Content content, BeforeNaming before) throws IOException {
        Placement placement = new Placement(target, content, before);
        retries.of(target, "written", placement::attempt);
    }

    /** The same, without another try. */
    public void writeOnce(Path target, Folder.Content content) throws IOException {
        new Placement(target, content, sha256 -> {}).attempt();
    }

    /** One file on its way to its name, over as many tries as it takes. */
    private final class Placement {
        private final Path target;
        private final Folder.Content content;
        private final BeforeNaming before;
        /** The file that was whole under its temporary name when its renaming was asked for, and not answered. */
        private @Nullable FileStatus unanswered;

        Placement(Path target, Folder.Content content, BeforeNaming before) {
            this.target = target;
            this.content = content;
            this.before = before;
        }

        Void attempt() throws IOException {
            if (unanswered != null && wasRenamed(unanswered)) {
                return null;
            }
            // A name of its own for each try: the filesystem may still hold the last one's for a writer that it has lost.
            Path temporary = temporary(target);
            try {
                MessageDigest digest = Sha256.digest();
                writeAndClose(files.create(temporary, true), out -> {
                    content.writeTo(new DigestOutputStream(out, digest));
                    // Renamed before its bytes are on disk, a file could come back empty from a power cut.
                    out.hsync();
                });
                before.accept(Sha256.hex(digest));
                unanswered = files.getFileStatus(temporary);
                replace(temporary, target);
                return null;
            } catch (IOException | RuntimeException e) {
                deleteQuietly(temporary);
                throw e;
            } catch (FSError e) {
                deleteQuietly(temporary);
                throw cause(e);
            }
        }

        /** Renaming a file leaves the time of its last change as it was. */
        private boolean wasRenamed(FileStatus whole) throws IOException {
            if (files.exists(whole.getPath()) || !files.exists(target)) {
                return false;
            }
            FileStatus now = files.getFileStatus(target);
            return now.getLen() == whole.getLen() && now.getModificationTime() == whole.getModificationTime();
        }
    }

    /** Hadoop's streams may throw the very same exception again when they are closed, which a try with resources does not put up with. */
    private static <S extends OutputStream> void writeAndClose(S out, Writer<S> writer) throws IOException {
        try {
            writer.write(out);
        } catch (IOException | RuntimeException | Error e) {
            IOUtils.closeStream(out);
            throw e;
        }
        out.close();
    }

    @FunctionalInterface
    private interface Writer<S> {
        public void write(S out) throws IOException;
    }

    /** What Hadoop's local filesystem made an error of, such as a full disk. */
    private static IOException cause(FSError e) {
        return e.getCause() instanceof IOException cause ? cause : new IOException(e);
    }

    /**
     * Creates a small file that must not be there yet. Of several that try at a time, one succeeds; readers may see it empty for a moment.
     *
     * @return false where it is there already
     */
    public boolean create(Path file, byte[] content) throws IOException {
        OutputStream created;
        try {
            // Hadoop's local filesystem would look first and create then.
            created = isLocal()
                    ? Files.newOutputStream(java.nio.file.Path.of(file.toUri().getPath()), StandardOpenOption.CREATE_NEW,
                            StandardOpenOption.WRITE)
                    : files.create(file, false);
        } catch (IOException e) {
            // How a filesystem says that the file is there, or that another is just creating it, differs.
            if (files.exists(file)) {
                return false;
            }
            throw e;
        }
        try {
            writeAndClose(created, out -> out.write(content));
            return true;
        } catch (IOException e) {
            deleteQuietly(file);
            throw e;
        }
    }

    /**
     * Renames a file to a name that is free.
     *
     * @return false where there is no such file
     */
    public boolean rename(Path from, Path to) throws IOException {
        try {
            return files.rename(from, to);
        } catch (FileNotFoundException e) {
            return false;
        }
    }

    public <T> T read(Path file, Reader<T> reader) throws IOException {
        return retries.of(file, "read", () -> {
            requireFile(file);
            try (FSDataInputStream in = files.open(file)) {
                return reader.read(in, files.getFileStatus(file).getLen());
            } catch (FSError e) {
                throw cause(e);
            }
        });
    }

    public InputStream open(Path file) throws IOException {
        requireFile(file);
        return files.open(file);
    }

    /** A pipe or a socket may never end, and Hadoop's local filesystem says of a file that may not be read that it is not there. */
    private void requireFile(Path file) throws IOException {
        if (!isLocal()) {
            return;
        }
        java.nio.file.Path local = java.nio.file.Path.of(file.toUri().getPath());
        BasicFileAttributes attributes;
        try {
            attributes = Files.readAttributes(local, BasicFileAttributes.class);
        } catch (IOException e) {
            // Opening it says what is the matter.
            return;
        }
        if (!attributes.isRegularFile()) {
            throw new NoFile(file, attributes.isDirectory() ? "a folder" : "no regular file");
        }
        try {
            local.getFileSystem().provider().checkAccess(local, AccessMode.READ);
        } catch (AccessDeniedException e) {
            throw new NoFile(file, "permission denied");
        } catch (NoSuchFileException e) {
            // Gone between the two questions, as a lock may be: it is not there, and nobody's fault.
        }
    }

    /** What cannot be read as a file, now or later. */
    public static final class NoFile extends FileSystemException {
        private static final long serialVersionUID = 1L;

        NoFile(Path file, String why) {
            super(file.toString(), null, why);
        }

        @Override
        public String getMessage() {
            return getReason();
        }
    }

    public boolean exists(Path file) throws IOException {
        return retries.of(file, "looked for", () -> files.exists(file));
    }

    /** What lies in a folder, files half written not among it; nothing where there is no such folder. */
    public List<FileStatus> list(Path folder) throws IOException {
        try {
            return retries.of(folder, "listed", () -> List.of(files.listStatus(folder, path -> !isTemporary(path))));
        } catch (FileNotFoundException e) {
            return List.of();
        }
    }

    /** Deletes a file, or an empty folder, if it is there. */
    public void delete(Path path) throws IOException {
        retries.of(path, "deleted", () -> files.delete(path, false));
    }

    public void deleteIfEmpty(Path folder) throws IOException {
        if (files.listStatus(folder).length == 0) {
            files.delete(folder, false);
        }
    }

    public void createFolder(Path folder) throws IOException {
        if (!files.mkdirs(folder)) {
            throw new IOException("cannot create folder " + folder);
        }
    }

    /** Creates a folder, proves that it can be written, and removes the files that a crash left half written in it. */
    public void prepare(Path folder) throws IOException {
        retries.of(folder, "prepared", () -> {
            createFolder(folder);
            Path probe = temporary(new Path(folder, "probe"));
            files.create(probe, false).close();
            files.delete(probe, false);
            for (FileStatus status : files.listStatus(folder, path -> OURS.matcher(path.getName()).matches())) {
                if (status.isFile()) {
                    files.delete(status.getPath(), false);
                }
            }
            return folder;
        });
    }

    private static boolean isTemporary(Path path) {
        return path.getName().startsWith(TEMPORARY);
    }

    public boolean isLocal() {
        return "file".equals(files.getUri().getScheme());
    }

    /** Gives a whole file its name, in place of whatever has it. */
    public void replace(Path temporary, Path target) throws IOException {
        if (isLocal()) {
            if (!files.rename(temporary, target)) {
                throw new IOException("cannot rename " + temporary + " to " + target);
            }
        } else {
            // FileSystem.rename refuses an existing target; this call replaces it, on HDFS in one atomic operation.
            context().rename(temporary, target, Options.Rename.OVERWRITE);
        }
    }

    /** Made once: each is a client of its own. */
    private synchronized FileContext context() throws IOException {
        if (context == null) {
            context = FileContext.getFileContext(files.getUri(), files.getConf());
        }
        return context;
    }

    private void deleteQuietly(Path path) {
        try {
            files.delete(path, false);
        } catch (IOException e) {
            // The failure that led here is the one worth telling; the next start removes what is left.
        }
    }
}
