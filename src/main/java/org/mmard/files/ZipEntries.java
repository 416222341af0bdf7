package org.mmard.files;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a zip file, as its directory at the end lists them. What the directory says is checked before anything is unpacked: no
 * entry twice, none encrypted, sizes that a file of this length can have. Every failure to do with the content is an IOException whose
 * message may follow the file's name.
 */
public final class ZipEntries implements AutoCloseable {
    /** Weights hardly shrink, only constants do. A file may unpack to so many times its own size, */
    private static final long MOST_TIMES = 20;
    /** and to so many bytes in any case. */
    private static final long MOST_ANYWAY = 256L << 20;
    /** For some 50,000 entries. */
    private static final long LONGEST_DIRECTORY = 4L << 20;

    private final HadoopChannel file;
    private final ZipFile zip;
    private final Map<String, ZipArchiveEntry> entries;

    private ZipEntries(HadoopChannel file, ZipFile zip, Map<String, ZipArchiveEntry> entries) {
        this.file = file;
        this.zip = zip;
        this.entries = entries;
    }

    /** Takes the file over, and closes it when it is closed itself. */
    public static ZipEntries open(HadoopChannel file) throws IOException {
        return open(file, LONGEST_DIRECTORY);
    }

    /**
     * The same for a zip of more entries.
     *
     * @param longestDirectory bytes read of its directory, at most
     */
    public static ZipEntries open(HadoopChannel file, long longestDirectory) throws IOException {
        ZipFile zip = directory(file, longestDirectory);
        try {
            return new ZipEntries(file, zip, checked(zip, Math.max(MOST_ANYWAY, MOST_TIMES * file.size())));
        } catch (IOException e) {
            zip.close();
            throw e;
        }
    }

    private static ZipFile directory(HadoopChannel file, long longest) throws IOException {
        try {
            file.allow(longest);
            // The headers before the entries say nothing that is needed.
            return new ZipFile(file, "file", "UTF8", true, true);
        } catch (IOException | RuntimeException e) {
            file.close();
            file.rethrowFailure();
            throw new IOException("not a whole zip file; copy or write it again (" + reason(e) + ")", e);
        } finally {
            file.allow(Long.MAX_VALUE);
        }
    }

    private static Map<String, ZipArchiveEntry> checked(ZipFile zip, long most) throws IOException {
        Map<String, ZipArchiveEntry> entries = new LinkedHashMap<>();
        long left = most;
        for (ZipArchiveEntry entry : Collections.list(zip.getEntries())) {
            String name = entry.getName();
            if (entries.put(name, entry) != null) {
                throw new IOException("entry " + name + " is there twice");
            }
            if (entry.getGeneralPurposeBit().usesEncryption()
                    || (entry.getMethod() != ZipEntry.STORED && entry.getMethod() != ZipEntry.DEFLATED)) {
                throw new IOException("entry " + name + " is encrypted, or compressed by a method other than deflate");
            }
            if (entry.getSize() < 0 || entry.getSize() > left) {
                throw new IOException("entry " + name + " of " + entry.getSize()
                        + " bytes is too large: with it, the file would unpack to more than " + (most >> 20) + " MiB");
            }
            left -= entry.getSize();
        }
        return entries;
    }

    /** Names in the order of the directory. */
    public Collection<String> names() {
        return Collections.unmodifiableSet(entries.keySet());
    }

    public boolean has(String name) {
        return entries.containsKey(name);
    }

    private ZipArchiveEntry entry(String name) {
        return Optional.ofNullable(entries.get(name)).orElseThrow(() -> new NoSuchElementException("no entry " + name));
    }

    /** In bytes, unpacked. */
    public long size(String name) {
        return entry(name).getSize();
    }

    /**
     * An entry's whole content.
     *
     * @param most bytes that it may have
     * @throws IOException where it has more, or is damaged
     */
    public byte[] bytes(String name, long most) throws IOException {
        if (size(name) > Math.min(most, Integer.MAX_VALUE - 8)) {
            throw new IOException("entry " + name + " of " + size(name) + " bytes is too large");
        }
        return read(name, in -> in.readNBytes((int) size(name)));
    }

    /**
     * Reads an entry's content to its end.
     *
     * @throws IOException where it is damaged, or the reader says so
     */
    public <T> T read(String name, Reader<T> reader) throws IOException {
        ZipArchiveEntry entry = entry(name);
        CRC32 checksum = new CRC32();
        T read;
        long more;
        try (InputStream unpacked = zip.getInputStream(entry);
                InputStream in = new CheckedInputStream(new BoundedInput(unpacked, entry.getSize(), "it ends too early"), checksum)) {
            read = reader.read(in);
            in.transferTo(OutputStream.nullOutputStream());
            more = unpacked.read();
        } catch (BadContent e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            file.rethrowFailure();
            throw new IOException("entry " + name + " is damaged (" + reason(e) + ")", e);
        }
        if (more >= 0 || checksum.getValue() != entry.getCrc()) {
            throw new IOException("entry " + name + " is damaged; copy the file again");
        }
        return read;
    }

    /** Reads every entry to see that it is whole. */
    public void requireWhole() throws IOException {
        for (String name : entries.keySet()) {
            read(name, in -> name);
        }
    }

    /** @param <T> what it makes of an entry */
    public interface Reader<T> {
        /** @throws BadContent where the bytes are those that were written, but make no sense */
        T read(InputStream in) throws IOException;
    }

    /** A message to follow the file's name, from a {@link Reader}. */
    public static final class BadContent extends IOException {
        private static final long serialVersionUID = 1L;

        public BadContent(String message, @Nullable Exception cause) {
            super(message, cause);
        }
    }

    private static String reason(Exception e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
