package org.mmard.data.importing;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.mmard.files.Unpickler;

/** Pickles with arrays of bytes of NumPy's, as the Python versions of data sets are: of Python 2 or 3, of NumPy 1 or 2. */
final class NumpyPickle {
    /** CIFAR-100's training images are 147 MiB. */
    private static final int LONGEST = 256 << 20;
    private static final Map<String, Object> GLOBALS = new HashMap<>();

    static {
        for (String module : new String[] {"numpy.core.multiarray", "numpy._core.multiarray"}) {
            GLOBALS.put(module + "._reconstruct", (Unpickler.Constructor) arguments -> new Bytes());
        }
        GLOBALS.put("numpy.dtype", (Unpickler.Constructor) arguments -> new Type(String.valueOf(arguments[0])));
        // How Python 3 writes bytes where Python 2 is to read them.
        GLOBALS.put("_codecs.encode", (Unpickler.Constructor) arguments -> latin(arguments[0]));
        GLOBALS.put("collections.OrderedDict", (Unpickler.Constructor) Unpickler::dictionary);
    }

    private NumpyPickle() {}

    /** The type of an array's elements, such as {@code u1}; its state is the byte order, which bytes do not have. */
    private record Type(String code) implements Unpickler.Stateful {
        @Override
        public void state(@Nullable Object state) {}
    }

    /** An array of unsigned bytes. */
    static final class Bytes implements Unpickler.Stateful {
        private long[] shape = {};
        private byte[] content = {};

        long[] shape() {
            return shape;
        }

        /** In row-major order. */
        byte[] content() {
            return content;
        }

        /** Version, shape, type, whether column by column, and content. */
        @Override
        public void state(@Nullable Object state) throws IOException {
            Object[] parts = (Object[]) Objects.requireNonNull(state);
            if (!(parts[2] instanceof Type type && type.code.equals("u1")) || !Boolean.FALSE.equals(parts[3])) {
                throw new IOException("has an array that is none of unsigned bytes, row by row");
            }
            shape = Unpickler.numbers(parts[1]);
            content = latin(parts[4]);
            if (Arrays.stream(shape).reduce(1, Math::multiplyExact) != content.length) {
                throw new IOException("has an array of shape " + Arrays.toString(shape) + " over " + content.length + " bytes");
            }
        }
    }

    /**
     * The dictionary that a file holds.
     *
     * @throws IOException with a message to follow the file's name, where it holds something else, or is damaged
     */
    static Map<?, ?> read(InputStream in) throws IOException {
        try {
            Object saved = new Unpickler(in, LONGEST, GLOBALS, id -> {
                throw new IOException("refers to what is not in the file");
            }).load();
            if (saved instanceof Map<?, ?> dictionary) {
                return dictionary;
            }
        } catch (EOFException e) {
            throw new IOException("ends too early; copy it again", e);
        } catch (RuntimeException e) {
            throw new IOException("is damaged, or no pickle (" + e.getClass().getSimpleName() + ")", e);
        }
        throw new IOException("holds no dictionary");
    }

    private static byte[] latin(@Nullable Object text) throws IOException {
        if (text instanceof byte[] bytes) {
            return bytes;
        }
        if (text instanceof String string) {
            return string.getBytes(StandardCharsets.ISO_8859_1);
        }
        throw new IOException("has something else where bytes belong");
    }
}
