package org.mmard.model;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.InputError;
import org.mmard.files.HadoopChannel;

/** A file of weights that {@code torch.save} or the safetensors library wrote: what was saved, and the storages of its tensors. */
interface TorchFile extends AutoCloseable {
    /** Dictionaries, lists, tuples, texts, numbers and null, and among them {@link TorchTensor}s. */
    @Nullable
    Object saved();

    /**
     * Every byte of a storage.
     *
     * @throws IOException where they are not all there, with a message to follow the name of the tensor
     */
    ByteBuffer content(TorchTensor.Storage storage) throws IOException;

    @Override
    void close() throws IOException;

    /** Whether the file begins as one of PyTorch's. One that is missing or no whole zip file does not. */
    static boolean isOne(String uri, Configuration hadoop) {
        try (HadoopChannel in = HadoopChannel.open(uri, hadoop)) {
            return TorchLegacyFile.begins(in) || SafetensorsFile.begins(in) || TorchArchive.begins(in);
        } catch (IOException e) {
            return false;
        }
    }

    /** @throws InputError in one line that names the file, where it is missing, damaged, of another kind, or holds more than tensors */
    static TorchFile open(String uri, Configuration hadoop) {
        try {
            HadoopChannel in = HadoopChannel.open(uri, hadoop);
            try {
                if (TorchLegacyFile.begins(in)) {
                    return TorchLegacyFile.read(in);
                }
                if (SafetensorsFile.begins(in)) {
                    return SafetensorsFile.read(in);
                }
                return TorchArchive.read(in);
            } catch (IOException | RuntimeException e) {
                in.close();
                throw e;
            }
        } catch (FileNotFoundException e) {
            throw new InputError(uri + ": there is no such file", e);
        } catch (IOException e) {
            throw new InputError(uri + ": " + e.getMessage(), e);
        }
    }

    /**
     * One pickle, read to its end and no further.
     *
     * @throws IOException where it is damaged
     */
    static @Nullable Object unpickle(InputStream in, Map<String, TorchTensor.Storage> storages) throws IOException {
        try {
            return TorchPickle.load(in, storages);
        } catch (RuntimeException e) {
            throw new IOException("its list of tensors is damaged (" + e.getClass().getSimpleName() + ")", e);
        } catch (EOFException e) {
            throw new IOException("its list of tensors ends too early; copy the file again", e);
        }
    }

    /** @throws IOException where a storage has more bytes than an array can */
    static int bytes(TorchTensor.Storage storage) throws IOException {
        if (storage.length() > Integer.MAX_VALUE / 16) {
            throw new IOException("its storage " + storage.key() + " of " + storage.length() + " elements is too large");
        }
        return Math.toIntExact(storage.length()) * storage.element().bytes();
    }
}
