package org.mmard.files;

import java.io.IOException;
import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/** Stands for a filesystem that Hadoop knows by name, and whose jar is not on the class path: says so wherever it is asked for. */
public final class MissingFileSystem extends FileSystem {
    @Override
    public void initialize(URI name, Configuration hadoop) throws IOException {
        throw new IOException("the class path has no jar for " + name.getScheme() + "://"
                + "; put Hadoop's module for it (such as hadoop-aws with its dependencies for s3a) into SPARK_HOME/jars, in the version "
                + "of the Hadoop there");
    }

    @Override
    public URI getUri() {
        throw new IllegalStateException("never initialised");
    }

    @Override
    public FSDataInputStream open(Path file, int buffer) {
        throw new IllegalStateException("never initialised");
    }

    @Override
    public FSDataOutputStream create(Path file, FsPermission permission, boolean overwrite, int buffer, short replication, long block,
            Progressable progress) {
        throw new IllegalStateException("never initialised");
    }

    @Override
    public FSDataOutputStream append(Path file, int buffer, Progressable progress) {
        throw new IllegalStateException("never initialised");
    }

    @Override
    public boolean rename(Path from, Path to) {
        throw new IllegalStateException("never initialised");
    }

    @Override
    public boolean delete(Path path, boolean recursive) {
        throw new IllegalStateException("never initialised");
    }

    @Override
    public FileStatus[] listStatus(Path folder) {
        throw new IllegalStateException("never initialised");
    }

    @Override
    public void setWorkingDirectory(Path folder) {
        throw new IllegalStateException("never initialised");
    }

    @Override
    public Path getWorkingDirectory() {
        throw new IllegalStateException("never initialised");
    }

    @Override
    public boolean mkdirs(Path folder, FsPermission permission) {
        throw new IllegalStateException("never initialised");
    }

    @Override
    public FileStatus getFileStatus(Path path) {
        throw new IllegalStateException("never initialised");
    }
}
