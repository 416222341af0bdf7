package org.mmard.files;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** The next so many bytes of a stream: no more, and no fewer. The stream stays open when this is closed. */
final class BoundedInput extends InputStream {
    private final InputStream in;
    private final String complaint;
    private long left;

    /** @param complaint of a stream that ends before */
    BoundedInput(InputStream in, long size, String complaint) {
        this.in = in;
        this.complaint = complaint;
        left = size;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (left == 0) {
            return length == 0 ? 0 : -1;
        }
        int read = in.read(bytes, offset, (int) Math.min(length, left));
        if (read < 0) {
            throw new EOFException(complaint);
        }
        left -= read;
        return read;
    }
}
