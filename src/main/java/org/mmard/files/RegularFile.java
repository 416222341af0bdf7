package org.mmard.files;

import java.io.IOException;
import java.nio.file.Files;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/** Files from elsewhere are opened here: to open a FIFO is to wait for its writer, and a device has no end. Hadoop calls both a file. */
public final class RegularFile {
    private RegularFile() {}

    /** @throws IOException where there is no such file, or a FIFO, socket or device on the local disk */
    public static FSDataInputStream open(FileSystem files, Path path) throws IOException {
        if (isSomethingElse(files, path)) {
            throw new IOException("a FIFO, socket or device, where a file is wanted");
        }
        return files.open(path);
    }

    /** Whether a FIFO, socket or device is at that path of the local disk. */
    public static boolean isSomethingElse(FileSystem files, Path path) {
        FileSystem raw = files instanceof LocalFileSystem local ? local.getRaw() : files;
        if (!(raw instanceof RawLocalFileSystem local)) {
            return false;
        }
        java.nio.file.Path file = local.pathToFile(path).toPath();
        return Files.exists(file) && !Files.isRegularFile(file) && !Files.isDirectory(file);
    }
}
