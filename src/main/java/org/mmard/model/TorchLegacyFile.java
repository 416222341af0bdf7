package org.mmard.model;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mmard.files.HadoopChannel;

/**
 * The format of PyTorch before 1.6: pickles of a magic number, a version, the machine, what was saved and the keys of its storages; then,
 * in the order of the keys, each storage as its length in elements (8 bytes) and its content.
 */
final class TorchLegacyFile implements TorchFile {
    private static final int LATEST_PROTOCOL = 5;
    private static final BigInteger MAGIC = new BigInteger("119547037146038801333356");

    private final @Nullable Object saved;
    private final Map<String, ByteBuffer> contents;

    private TorchLegacyFile(@Nullable Object saved, Map<String, ByteBuffer> contents) {
        this.saved = saved;
        this.contents = contents;
    }

    /** A pickle of protocol 2, or of a later one that somebody asked for; a zip file begins otherwise. */
    static boolean begins(HadoopChannel file) throws IOException {
        for (int protocol = 2; protocol <= LATEST_PROTOCOL; protocol++) {
            if (file.begins(0x80, protocol)) {
                return true;
            }
        }
        return false;
    }

    /** Reads the whole file and closes it. */
    static TorchLegacyFile read(HadoopChannel file) throws IOException {
        try (InputStream in = new BufferedInputStream(file.stream(), 1 << 16)) {
            Map<String, TorchTensor.Storage> storages = new HashMap<>();
            if (!(TorchFile.unpickle(in, storages) instanceof BigInteger magic && magic.equals(MAGIC))) {
                throw new IOException("a pickle, but not one of PyTorch's torch.save");
            }
            TorchFile.unpickle(in, storages);
            Object machine = TorchFile.unpickle(in, storages);
            boolean big = machine instanceof Map<?, ?> about && Boolean.FALSE.equals(about.get("little_endian"));
            Object saved = TorchFile.unpickle(in, storages);
            Object keys = TorchFile.unpickle(in, storages);
            if (!(keys instanceof List<?> list)) {
                throw new IOException("its list of storages is damaged");
            }
            return new TorchLegacyFile(saved, contents(in, list, storages, big ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN));
        }
    }

    private static Map<String, ByteBuffer> contents(InputStream in, List<?> keys, Map<String, TorchTensor.Storage> storages,
            ByteOrder order)
            throws IOException {
        Map<String, ByteBuffer> contents = new HashMap<>();
        for (Object key : keys) {
            if (!(key instanceof String name)) {
                throw new IOException("its list of storages is damaged");
            }
            TorchTensor.Storage storage = storages.get(name);
            byte[] length = in.readNBytes(Long.BYTES);
            if (length.length < Long.BYTES) {
                break;
            }
            if (storage == null || ByteBuffer.wrap(length).order(order).getLong() != storage.length()) {
                throw new IOException("storage " + name + " is not as long as its tensors say");
            }
            contents.put(storage.key(), ByteBuffer.wrap(in.readNBytes(TorchFile.bytes(storage))).order(order));
        }
        return contents;
    }

    @Override
    public @Nullable Object saved() {
        return saved;
    }

    @Override
    public ByteBuffer content(TorchTensor.Storage storage) throws IOException {
        ByteBuffer content = contents.get(storage.key());
        int wanted = TorchFile.bytes(storage);
        if (content == null || content.limit() < wanted) {
            throw new IOException("its storage " + storage.key() + " has " + (content == null ? 0 : content.limit()) + " of " + wanted
                    + " bytes; the file was cut, copy it again");
        }
        return content;
    }

    @Override
    public void close() {}
}
