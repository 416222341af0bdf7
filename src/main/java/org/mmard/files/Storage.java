package org.mmard.files;

import java.io.BufferedOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.InputError;
import org.mmard.failure.Reason;

/**
 * A place on a Hadoop filesystem.
 *
 * @param files its filesystem
 * @param path the place, with scheme and authority
 */
public record Storage(FileSystem files, Path path) {

    /** @throws InputError where the URI is malformed, or nobody knows its scheme or host */
    public static Storage at(String uri, Configuration hadoop) {
        try {
            Path path = new Path(uri);
            FileSystem files = path.getFileSystem(hadoop);
            // The checksummed local filesystem would leave a hidden .crc file beside every data file.
            FileSystem raw = files instanceof LocalFileSystem local ? local.getRaw() : files;
            return new Storage(raw, raw.makeQualified(path));
        } catch (IOException | IllegalArgumentException e) {
            throw unreadable(uri, e);
        }
    }

    public Storage child(String name) {
        return new Storage(files, new Path(path, name));
    }

    /** What is there, or null where nothing is. */
    public @Nullable FileStatus status() {
        try {
            return files.getFileStatus(path);
        } catch (FileNotFoundException e) {
            return null;
        } catch (IOException e) {
            throw unreadable(toString(), e);
        }
    }

    public boolean isFolder() {
        FileStatus status = status();
        return status != null && status.isDirectory();
    }

    public boolean isFile() {
        FileStatus status = status();
        return status != null && status.isFile();
    }

    public Storage sibling(String name) {
        return new Storage(files, new Path(path.getParent(), name));
    }

    /** A new file here, for writing. */
    public OutputStream create() throws IOException {
        return new BufferedOutputStream(files.create(path, false), 1 << 16);
    }

    /** Removes what is here with all below it, if anything is and if it can be done. */
    public void deleteQuietly() {
        try {
            files.delete(path, true);
        } catch (IOException e) {
            // The failure that led here is the one worth telling.
        }
    }

    public static InputError unreadable(String where, Exception e) {
        return failed(where, "cannot be read", e);
    }

    /** A failure as one line that names where it happened. */
    public static InputError failed(String where, String what, Exception e) {
        return new InputError(where + ": " + what + " (" + Reason.of(e) + ")", e);
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
