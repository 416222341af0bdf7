package org.mmard.files;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The regular files of a tar archive, one after another: old, POSIX (pax) and GNU tar. Spark's commons-compress is no reader for an archive
 * from elsewhere: version 1.23 takes memory for a long name or a pax header by what the archive says, and computes for ever on some numbers
 * in one (CVE-2023-42503).
 */
public final class TarFiles {
    private static final int BLOCK = 512;
    /** Of the blocks that carry a long name or pax records. */
    private static final int LONGEST_HEADER = 1 << 16;
    private static final int CHECKSUM = 148;
    private static final int CHECKSUM_END = 156;

    private final InputStream in;
    private @Nullable String path;
    private long size = -1;

    private TarFiles(InputStream in) {
        this.in = in;
    }

    /** Told of a file. */
    public interface Visitor {
        /**
         * @param size in bytes
         * @param content of that length; what is left of it is passed over
         */
        void visit(String path, long size, InputStream content) throws IOException;
    }

    /**
     * Walks up to the end mark, or the end of the stream between two members.
     *
     * @throws IOException where it is no tar archive, is cut, or
     * has sparse files
     */
    public static void walk(InputStream in, Visitor visitor) throws IOException {
        new TarFiles(in).walk(visitor);
    }

    private void walk(Visitor visitor) throws IOException {
        for (byte[] header = block(); header != null && !isEmpty(header); header = block()) {
            requireChecksum(header);
            long stated = number(header, 124, 12);
            switch (header[156]) {
                case 'L' -> path = text(header(stated));
                case 'x' -> pax(header(stated));
                case 'g', 'K' -> header(stated);
                case 0, '0', '7' -> {
                    String name = path == null ? name(header) : path;
                    long length = size < 0 ? stated : size;
                    InputStream content = content(length);
                    path = null;
                    size = -1;
                    if (!name.endsWith("/")) {
                        visitor.visit(name, length, content);
                    }
                    content.transferTo(OutputStream.nullOutputStream());
                    finishBlock(length);
                }
                case 'S' -> throw new IOException("a sparse file; pack the archive without them");
                // Links, devices and folders have no content, whatever size they state.
                case '1', '2', '3', '4', '5', '6' -> {
                    path = null;
                    size = -1;
                }
                default -> throw new IOException("a member of unknown kind " + (header[156] & 0xff));
            }
        }
    }

    /** The next block, or null where the stream is at its end. */
    private byte @Nullable [] block() throws IOException {
        byte[] block = in.readNBytes(BLOCK);
        if (block.length > 0 && block.length < BLOCK) {
            throw new EOFException("it ends within a header");
        }
        return block.length == 0 ? null : block;
    }

    private static boolean isEmpty(byte[] block) {
        for (byte each : block) {
            if (each != 0) {
                return false;
            }
        }
        return true;
    }

    private static void requireChecksum(byte[] header) throws IOException {
        int sum = 0;
        for (int i = 0; i < BLOCK; i++) {
            sum += i >= CHECKSUM && i < CHECKSUM_END ? ' ' : header[i] & 0xff;
        }
        if (number(header, CHECKSUM, CHECKSUM_END - CHECKSUM) != sum) {
            throw new IOException("a header's checksum is wrong");
        }
    }

    /** Octal digits, or GNU's way with large numbers: a first byte of 128, and then binary. */
    private static long number(byte[] header, int at, int length) throws IOException {
        if ((header[at] & 0x80) != 0) {
            BigInteger value = new BigInteger(1, Arrays.copyOfRange(header, at + 1, at + length));
            if (header[at] != (byte) 0x80 || value.bitLength() >= Long.SIZE) {
                throw new IOException("a number in a header is out of range");
            }
            return value.longValue();
        }
        String digits = text(Arrays.copyOfRange(header, at, at + length)).strip();
        return digits.isEmpty() ? 0 : parsed(digits, 8);
    }

    private static long parsed(String digits, int radix) throws IOException {
        try {
            long value = Long.parseLong(digits, radix);
            if (value >= 0) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new IOException("a number in a header is damaged");
    }

    private static String name(byte[] header) {
        String name = text(Arrays.copyOf(header, 100));
        boolean posix = new String(header, 257, 6, StandardCharsets.ISO_8859_1).equals("ustar\0");
        String prefix = posix ? text(Arrays.copyOfRange(header, 345, 500)) : "";
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    /** Up to the first NUL. */
    private static String text(byte[] bytes) {
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    private byte[] header(long stated) throws IOException {
        if (stated > LONGEST_HEADER) {
            throw new IOException("a long name or pax header of " + stated + " bytes");
        }
        byte[] bytes = content(stated).readAllBytes();
        finishBlock(stated);
        return bytes;
    }

    private InputStream content(long length) {
        return new BoundedInput(in, length, "it ends within a file");
    }

    /** Passes over what fills a member's last block. */
    private void finishBlock(long length) throws IOException {
        in.readNBytes((int) ((BLOCK - length % BLOCK) % BLOCK));
    }

    /** Records of {@code LENGTH KEY=VALUE\n}, where the length is that of all of the record. */
    private void pax(byte[] records) throws IOException {
        for (int at = 0; at < records.length && records[at] != 0;) {
            int space = at;
            while (space < records.length && records[space] != ' ') {
                space++;
            }
            long length = parsed(new String(records, at, space - at, StandardCharsets.US_ASCII), 10);
            if (length <= space - at + 1 || length > records.length - at) {
                throw new IOException("a pax header is damaged");
            }
            String record = new String(records, space + 1, (int) length - (space - at) - 1, StandardCharsets.UTF_8);
            int equals = record.indexOf('=');
            if (equals < 0 || !record.endsWith("\n")) {
                throw new IOException("a pax header is damaged");
            }
            String key = record.substring(0, equals);
            String value = record.substring(equals + 1, record.length() - 1);
            if (key.startsWith("GNU.sparse")) {
                throw new IOException("a sparse file; pack the archive without them");
            }
            switch (key) {
                case "path" -> path = value;
                case "size" -> size = parsed(value, 10);
                default -> {}
            }
            at += (int) length;
        }
    }
}
