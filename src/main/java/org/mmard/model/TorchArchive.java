package org.mmard.model;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import org.jspecify.annotations.Nullable;
import org.mmard.files.HadoopChannel;
import org.mmard.files.ZipEntries;

/**
 * The format of PyTorch since 1.6: a zip file with one folder, in it {@code data.pkl}, what was saved, and {@code data/KEY} for each
 * storage.
 */
final class TorchArchive implements TorchFile {
    private static final String PICKLE = "/data.pkl";
    private static final int LONGEST_WORD = 100;

    private final ZipEntries zip;
    private final String folder;
    private final ByteOrder order;
    private final @Nullable Object saved;

    private TorchArchive(ZipEntries zip, String folder) throws IOException {
        this.zip = zip;
        this.folder = folder;
        String byteOrder = folder + "/byteorder";
        order = zip.has(byteOrder) && new String(zip.bytes(byteOrder, LONGEST_WORD), StandardCharsets.US_ASCII).startsWith("big")
                ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        saved = TorchFile.unpickle(new ByteArrayInputStream(zip.bytes(folder + PICKLE, TorchPickle.LONGEST)), new HashMap<>());
    }

    /** Whether it is a zip file with a pickle of tensors in it. */
    static boolean begins(HadoopChannel file) throws IOException {
        if (!file.begins('P', 'K')) {
            return false;
        }
        ZipEntries zip = ZipEntries.open(file);
        return folder(zip) != null && !OtherFile.isTorchScript(zip);
    }

    /** Takes the file over, and closes it when it is closed itself. */
    static TorchArchive read(HadoopChannel file) throws IOException {
        if (!file.begins('P', 'K')) {
            throw new IOException("not a file of PyTorch's torch.save");
        }
        ZipEntries zip = ZipEntries.open(file);
        String folder = folder(zip);
        if (folder == null) {
            throw new IOException("a zip file, but not one of PyTorch's torch.save: it has no data.pkl");
        }
        return new TorchArchive(zip, folder);
    }

    private static @Nullable String folder(ZipEntries zip) {
        return zip.names().stream().filter(name -> name.endsWith(PICKLE)).findFirst()
                .map(name -> name.substring(0, name.length() - PICKLE.length())).orElse(null);
    }

    @Override
    public @Nullable Object saved() {
        return saved;
    }

    @Override
    public ByteBuffer content(TorchTensor.Storage storage) throws IOException {
        String entry = folder + "/data/" + storage.key();
        int wanted = TorchFile.bytes(storage);
        if (!zip.has(entry) || zip.size(entry) != wanted) {
            throw new IOException(
                    "its storage " + storage.key() + " has " + (zip.has(entry) ? zip.size(entry) : 0) + " of " + wanted + " bytes");
        }
        return ByteBuffer.wrap(zip.bytes(entry, wanted)).order(order);
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
