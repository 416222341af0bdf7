package org.mmard.files;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.mmard.failure.InputError;

/**
 * An array of NumPy's on any Hadoop filesystem, of which rows are read when they are asked for; a row is what lies at one index of the
 * first axis. It may be larger than the memory.
 */
public final class NpyFile {
    /** The type of unsigned bytes. */
    public static final String BYTES = "|u1";

    private static final int BUFFER = 1 << 18;

    private final Storage file;
    private final NpyHeader header;
    private final long bytes;

    /** Takes up the rows of an array, one after the other. */
    @FunctionalInterface
    public interface Rows {
        /** @param row its bytes as the file has them, only good until this returns */
        void accept(int index, byte[] row);
    }

    private NpyFile(Storage file, NpyHeader header, long bytes) {
        this.file = file;
        this.header = header;
        this.bytes = bytes;
    }

    /**
     * Reads the header.
     *
     * @throws InputError naming the file, where it is absent, anything but such an array, or of another length than its header says
     */
    public static NpyFile open(Storage file) {
        FileStatus status = file.status();
        if (status == null || !status.isFile()) {
            throw new InputError(file + ": " + (status == null ? "there is no such file" : "is not a file"));
        }
        try (FSDataInputStream in = RegularFile.open(file.files(), file.path())) {
            NpyHeader header = NpyHeader.read(file.toString(), in);
            header.requireBytes(status.getLen() - header.length());
            return new NpyFile(file, header, status.getLen());
        } catch (IOException e) {
            throw Storage.unreadable(file.toString(), e);
        }
    }

    /** As NumPy writes it: {@link #BYTES}, or one of {@code <f4}, {@code <f8}, {@code <i4}, {@code <i8}. */
    public String type() {
        return header.type();
    }

    /** Lengths of the axes; none of a scalar. */
    public int[] shape() {
        return header.shape().clone();
    }

    /** How long the file is. */
    public long bytes() {
        return bytes;
    }

    /** The numbers of a row. */
    public double[] values(byte[] row) {
        return header.values(ByteBuffer.wrap(row));
    }

    /**
     * Reads some rows of an array with one axis or more.
     *
     * @param first index of the first
     * @throws InputError naming the file, where it ends before them: it has become shorter since it was opened
     */
    public void read(int first, int count, Rows rows) {
        byte[] row = new byte[header.rowBytes()];
        try (FSDataInputStream in = RegularFile.open(file.files(), file.path())) {
            in.seek(header.length() + (long) first * row.length);
            // Rows are short, and a read from a distant filesystem is not.
            DataInputStream buffered = new DataInputStream(new BufferedInputStream(in, BUFFER));
            for (int index = first; index < first + count; index++) {
                buffered.readFully(row);
                rows.accept(index, row);
            }
        } catch (EOFException e) {
            throw new InputError(file + ": has become shorter while it was read; copy it again", e);
        } catch (IOException e) {
            throw Storage.unreadable(file.toString(), e);
        }
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
