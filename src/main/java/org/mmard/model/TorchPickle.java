package org.mmard.model;

import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.mmard.files.Unpickler;

/** The pickles inside a PyTorch file: what {@code torch.save} makes of dictionaries and tensors. */
final class TorchPickle {
    static final int LONGEST = 16 << 20;
    private static final int MOST_DIMENSIONS = 32;
    private static final Map<String, Object> GLOBALS = new HashMap<>();

    static {
        GLOBALS.put("collections.OrderedDict", (Unpickler.Constructor) Unpickler::dictionary);
        GLOBALS.put("torch._utils._rebuild_tensor", (Unpickler.Constructor) TorchPickle::tensor);
        GLOBALS.put("torch._utils._rebuild_tensor_v2", (Unpickler.Constructor) TorchPickle::tensor);
        GLOBALS.put("torch._utils._rebuild_parameter", (Unpickler.Constructor) arguments -> arguments[0]);
        Map.of("Float", TorchElement.FLOAT, "Double", TorchElement.DOUBLE, "Half", TorchElement.HALF, "BFloat16", TorchElement.BFLOAT16,
                "Long", TorchElement.LONG, "Int", TorchElement.INT, "Short", TorchElement.SHORT, "Char", TorchElement.CHAR,
                "Byte", TorchElement.BYTE, "Bool", TorchElement.BOOL)
                .forEach((name, element) -> GLOBALS.put("torch." + name + "Storage", element));
    }

    private final Map<String, TorchTensor.Storage> storages;

    private TorchPickle(Map<String, TorchTensor.Storage> storages) {
        this.storages = storages;
    }

    /**
     * One pickle, read to its end and no further.
     *
     * @param storages takes up every storage that a tensor refers to, by its key
     * @throws IOException as {@link Unpickler#load} does
     * @throws RuntimeException as {@link Unpickler#load} does
     */
    static @Nullable Object load(InputStream in, Map<String, TorchTensor.Storage> storages) throws IOException {
        return new Unpickler(in, LONGEST, GLOBALS, new TorchPickle(storages)::storage).load();
    }

    private Object storage(Object[] id) throws IOException {
        if ("module".equals(id[0]) && id[1] instanceof Unpickler.Inert code) {
            // Before 1.6, whole models were saved with the source text of their classes.
            return code;
        }
        if (!"storage".equals(id[0]) || (id.length > 5 && id[5] != null)) {
            throw new IOException("a reference is to no plain storage");
        }
        if (id[1] instanceof Unpickler.Inert unknown) {
            return unknown;
        }
        TorchTensor.Storage read = new TorchTensor.Storage((TorchElement) needed(id[1]), Unpickler.name(id[2]), Unpickler.whole(id[4]));
        TorchTensor.Storage known = storages.putIfAbsent(read.key(), read);
        if (read.length() < 0 || (known != null && !known.equals(read))) {
            throw new IOException("storage " + read.key() + " has a negative length, or two different ones");
        }
        return read;
    }

    private static Object tensor(Object[] arguments) throws IOException {
        if (arguments[0] instanceof Unpickler.Inert unknown) {
            return unknown;
        }
        long[] shape = Unpickler.numbers(arguments[2]);
        long[] strides = Unpickler.numbers(arguments[3]);
        if (shape.length != strides.length || shape.length > MOST_DIMENSIONS) {
            throw new IOException("a tensor has " + shape.length + " sizes and " + strides.length + " strides");
        }
        return new TorchTensor((TorchTensor.Storage) needed(arguments[0]), Unpickler.whole(arguments[1]), shape, strides);
    }

    private static <T> T needed(@Nullable T value) {
        return Objects.requireNonNull(value, "None where a value is needed");
    }
}
