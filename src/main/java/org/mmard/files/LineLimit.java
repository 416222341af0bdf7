package org.mmard.files;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Ends the reading of a file that has no lines. */
final class LineLimit extends FilterInputStream {
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
