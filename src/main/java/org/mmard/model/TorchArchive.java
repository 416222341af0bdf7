package org.mmard.model;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.zip.CRC32;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/**
 * The format of PyTorch since 1.6: a zip file with one folder, in it {@code data.pkl}, what was saved, and {@code data/KEY} for each storage. PyTorch
 * writes sizes behind the entries, so that only a reader that begins at the zip file's end can read it: not {@link ZipEntries}.
 */
final class TorchArchive implements TorchFile {
    private static final String PICKLE = "/data.pkl";
    private static final long LARGEST = 1L << 30;

    private final ZipFile zip;
    private final String folder;
    private final ByteOrder order;
    private final Object saved;

    private TorchArchive(ZipFile zip, String folder) throws IOException {
        this.zip = zip;
        this.folder = folder;
        ZipArchiveEntry byteOrder = zip.getEntry(folder + "/byteorder");
        order = byteOrder != null && new String(bytes(byteOrder), StandardCharsets.US_ASCII).startsWith("big")
                ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        saved = TorchFile.unpickle(new ByteArrayInputStream(bytes(zip.getEntry(folder + PICKLE))), new HashMap<>());
    }

    /** Whether it is a zip file with a pickle of tensors in it. */
    static boolean begins(HadoopChannel file) throws IOException {
        return file.begins('P', 'K') && folder(zip(file)) != null;
    }

    /** Takes the file over, and closes it when it is closed itself. */
    static TorchArchive read(HadoopChannel file) throws IOException {
        if (!file.begins('P', 'K')) {
            throw new IOException("not a file of PyTorch's torch.save");
        }
        ZipFile zip = zip(file);
        String folder = folder(zip);
        if (folder == null) {
            throw new IOException("a zip file, but not one of PyTorch's torch.save: it has no data.pkl");
        }
        return new TorchArchive(zip, folder);
    }

    private static ZipFile zip(HadoopChannel file) throws IOException {
        try {
            return new ZipFile(file);
        } catch (IOException | IllegalArgumentException e) {
            throw new IOException("not a whole zip file; copy it again (" + e.getMessage() + ")", e);
        }
    }

    private static String folder(ZipFile zip) {
        return Collections.list(zip.getEntries()).stream().map(ZipArchiveEntry::getName).filter(name -> name.endsWith(PICKLE))
                .findFirst().map(name -> name.substring(0, name.length() - PICKLE.length())).orElse(null);
    }

    @Override
    public Object saved() {
        return saved;
    }

    @Override
    public ByteBuffer content(TorchTensor.Storage storage) throws IOException {
        ZipArchiveEntry entry = zip.getEntry(folder + "/data/" + storage.key());
        int wanted = TorchFile.bytes(storage);
        if (entry == null || entry.getSize() != wanted) {
            throw new IOException("its storage " + storage.key() + " has " + (entry == null ? 0 : entry.getSize()) + " of " + wanted + " bytes");
        }
        return ByteBuffer.wrap(bytes(entry)).order(order);
    }

    private byte[] bytes(ZipArchiveEntry entry) throws IOException {
        if (entry.getSize() > LARGEST) {
            throw new IOException("entry " + entry.getName() + " of " + entry.getSize() + " bytes is too large");
        }
        byte[] content;
        try (InputStream in = zip.getInputStream(entry)) {
            // Not more than the entry says, whatever it unpacks to.
            content = in.readNBytes(Math.toIntExact(entry.getSize()));
        } catch (IOException | RuntimeException e) {
            throw new IOException("entry " + entry.getName() + " is damaged (" + e.getMessage() + ")", e);
        }
        CRC32 checksum = new CRC32();
        checksum.update(content);
        if (content.length != entry.getSize() || checksum.getValue() != entry.getCrc()) {
            throw new IOException("entry " + entry.getName() + " is damaged; copy the file again");
        }
        return content;
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
