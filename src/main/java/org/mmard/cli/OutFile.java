package org.mmard.cli;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.mmard.failure.InputError;
import org.mmard.failure.Reason;
import org.mmard.files.DiskFull;
import org.mmard.files.Folder;

/**
 * The file that {@code --out} names, on any Hadoop filesystem.
 *
 * @param out as it was given
 */
record OutFile(String out, Folder folder, String name) {
    /**
     * @param what is written there, such as {@code the page}
     * @param example a name for it
     * @throws InputError where no file can go there
     */
    static OutFile of(String out, String what, String example, Configuration hadoop) {
        Path path;
        try {
            // Qualified, so that a bare name has a folder, too.
            path = new Path(Folder.at(new Path(out).toString(), hadoop).uri());
        } catch (IllegalArgumentException e) {
            throw new InputError("--out " + out + ": no place for a file (" + e.getMessage() + ")", e);
        }
        if (isFolder(path, hadoop)) {
            throw new InputError("--out " + out + ": is a folder; give " + what + " a name, such as " + new Path(out, example));
        }
        // A mistyped path shall not become folders; an object store has none to look for.
        if ("file".equals(path.toUri().getScheme()) && !isFolder(path.getParent(), hadoop)) {
            throw new InputError(
                    "--out " + out + ": there is no folder " + path.getParent().toUri().getPath() + "; make it, or give another place");
        }
        return new OutFile(out, Folder.at(path.getParent().toString(), hadoop), path.getName());
    }

    boolean exists() {
        return folder.exists(name);
    }

    /** Writes the file, whole or not at all, and returns its qualified URI. */
    String write(Folder.Content content) {
        try {
            folder.write(name, content);
        } catch (UncheckedIOException | DiskFull e) {
            throw new InputError("--out " + out + ": cannot be written (" + Reason.of(e.getCause() == null ? e : e.getCause()) + ")", e);
        }
        return folder.uri(name);
    }

    private static boolean isFolder(Path path, Configuration hadoop) {
        try {
            return path.getFileSystem(hadoop).getFileStatus(path).isDirectory();
        } catch (FileNotFoundException e) {
            return false;
        } catch (IOException e) {
            throw new InputError("--out " + path + ": nothing can go there (" + e.getMessage() + ")", e);
        }
    }
}
