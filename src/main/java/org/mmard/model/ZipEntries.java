package org.mmard.model;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.mmard.config.InputError;

/** A zip file on any Hadoop filesystem, whole and with every checksum right, or refused. */
final class ZipEntries {
    /** A zip ends in a record that opens with this signature and closes with a two-byte length and a comment of that length. */
    private static final String END_SIGNATURE = "PK\5\6";
    private static final int END_WITHOUT_COMMENT = 22;
    private static final int LONGEST_COMMENT = 65535;

    private ZipEntries() {}

    /** The content of each entry. */
    static Map<String, byte[]> read(String uri, Configuration hadoop) {
        try {
            Path path = new Path(uri);
            FileSystem found = path.getFileSystem(hadoop);
            // The entries carry their own checksums; a .crc file left beside an older version would only stand in the way.
            FileSystem files = found instanceof LocalFileSystem local ? local.getRaw() : found;
            FileStatus status = files.getFileStatus(path);
            if (status.isDirectory()) {
                throw new InputError(uri + ": a folder, where a model file is wanted");
            }
            try (FSDataInputStream in = files.open(path)) {
                return read(uri, in, status.getLen());
            }
        } catch (FileNotFoundException e) {
            throw new InputError(uri + ": there is no such model file", e);
        } catch (IOException | IllegalArgumentException e) {
            throw new InputError(uri + ": cannot be read (" + firstLine(e) + ")", e);
        }
    }

    /**
     * The content of each entry of an open file of {@code length} bytes.
     *
     * @throws InputError where the content is at fault; @throws IOException where the reading is
     */
    static Map<String, byte[]> read(String uri, FSDataInputStream in, long length) throws IOException {
        requireEnd(uri, in, length);
        return entries(uri, in);
    }

    /** Entries are read from the front, where a file that was cut between two of them looks complete: the end has to be there too. */
    private static void requireEnd(String uri, FSDataInputStream in, long length) throws IOException {
        byte[] tail = new byte[(int) Math.min(length, END_WITHOUT_COMMENT + LONGEST_COMMENT)];
        in.readFully(length - tail.length, tail);
        int comment = new String(tail, StandardCharsets.ISO_8859_1).lastIndexOf(END_SIGNATURE) + END_WITHOUT_COMMENT;
        if (comment < END_WITHOUT_COMMENT || comment > tail.length
                || (tail[comment - 2] & 0xff) + ((tail[comment - 1] & 0xff) << 8) != tail.length - comment) {
            throw new InputError(uri + ": not a whole zip file: it has no end record after " + length + " bytes; copy or write it again");
        }
    }

    private static Map<String, byte[]> entries(String uri, FSDataInputStream in) throws IOException {
        Map<String, byte[]> entries = new TreeMap<>();
        ZipInputStream zip = new ZipInputStream(new BufferedInputStream(in, 1 << 16));
        String reading = null;
        try {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                reading = entry.getName();
                entries.put(reading, zip.readAllBytes());
            }
        } catch (ZipException | EOFException e) {
            throw new InputError(uri + ": " + (reading == null ? "first entry" : "entry " + reading) + " is damaged (" + firstLine(e) + ")", e);
        }
        return entries;
    }

    private static String firstLine(Exception e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage().lines().findFirst().orElse("");
    }
}
