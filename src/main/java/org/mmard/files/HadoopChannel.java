package org.mmard.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/** A file on a Hadoop filesystem as Java's channel, for libraries that want to read from its end. */
public final class HadoopChannel implements SeekableByteChannel {
    private final FSDataInputStream in;
    private final long size;
    private boolean open = true;
    private @Nullable IOException failure;
    private long budget = Long.MAX_VALUE;

    /** @param in open file of {@code size} bytes, closed with the channel */
    public HadoopChannel(FSDataInputStream in, long size) {
        this.in = in;
        this.size = size;
    }

    /** @throws IOException where there is no such file */
    public static HadoopChannel open(String uri, Configuration hadoop) throws IOException {
        try {
            Path path = new Path(uri);
            FileSystem found = path.getFileSystem(hadoop);
            // The checksums of a .crc file left beside an older version would only stand in the way.
            FileSystem files = found instanceof LocalFileSystem local ? local.getRawFileSystem() : found;
            FileStatus status = files.getFileStatus(path);
            if (status.isDirectory()) {
                throw new IOException("a folder, where a model file is wanted");
            }
            return new HadoopChannel(RegularFile.open(files, path), status.getLen());
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** The file as a stream, from where the channel is now. */
    public InputStream stream() {
        return in;
    }

    /** Lets so many bytes be read from now on, in all. */
    void allow(long bytes) {
        budget = bytes;
    }

    /** @throws IOException the filesystem's, where one of the readings failed for its sake: the file's content is not to blame then */
    public void rethrowFailure() throws IOException {
        if (failure != null) {
            throw failure;
        }
    }

    /** Whether the file begins with these bytes. The channel is left at its start. */
    public boolean begins(int... bytes) throws IOException {
        in.seek(0);
        byte[] head = in.readNBytes(bytes.length);
        in.seek(0);
        return Arrays.equals(bytes, new String(head, StandardCharsets.ISO_8859_1).chars().toArray());
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        byte[] bytes = new byte[Math.min(target.remaining(), 1 << 16)];
        int read;
        try {
            read = in.read(bytes, 0, bytes.length);
        } catch (IOException e) {
            failure = e;
            throw e;
        }
        if (read > 0) {
            target.put(bytes, 0, read);
            budget -= read;
            if (budget < 0) {
                throw new IOException("its directory of entries is too long");
            }
        }
        return read;
    }

    @Override
    public long position() throws IOException {
        return in.getPos();
    }

    @Override
    public SeekableByteChannel position(long position) throws IOException {
        if (position < 0 || position > size) {
            throw new IOException("it points outside of itself");
        }
        in.seek(position);
        return this;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void close() throws IOException {
        open = false;
        in.close();
    }

    @Override
    public int write(ByteBuffer source) {
        throw new NonWritableChannelException();
    }

    @Override
    public SeekableByteChannel truncate(long length) {
        throw new NonWritableChannelException();
    }
}
