package org.mmard.model;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.mmard.failure.InputError;

/**
 * The named tensors of a PyTorch network, as {@code torch.save} wrote them: alone, or in a dictionary under one of the usual names; their
 * own names with or without the prefixes that DataParallel and other wrappers put before all of them.
 */
final class StateDict implements AutoCloseable {
    private static final List<String> WRAPPERS =
            List.of("state_dict", "model_state_dict", "model_state", "model", "net", "network", "student", "weights", "params");
    private static final List<String> PREFIXES = List.of("module.", "model.", "net.");
    private static final int DEEPEST = 4;

    private final String uri;
    private final TorchFile file;
    private final Map<String, TorchTensor> tensors;

    private StateDict(String uri, TorchFile file, Map<String, TorchTensor> tensors) {
        this.uri = uri;
        this.file = file;
        this.tensors = tensors;
    }

    /** @throws InputError where the file is missing or damaged, or holds no state dictionary or several */
    static StateDict open(String uri, Configuration hadoop) {
        TorchFile file = TorchFile.open(uri, hadoop);
        try {
            return new StateDict(uri, file, withoutPrefixes(tensors(uri, file.saved())));
        } catch (InputError e) {
            close(uri, file);
            throw e;
        }
    }

    /** Names in the file's order, without prefixes. */
    List<String> names() {
        return List.copyOf(tensors.keySet());
    }

    boolean has(String name) {
        return tensors.containsKey(name);
    }

    /** @throws java.util.NoSuchElementException where there is no such entry */
    List<Long> shape(String name) {
        return Arrays.stream(tensors.get(name).shape()).boxed().toList();
    }

    /**
     * All elements of an entry in row-major order.
     *
     * @throws InputError that names the entry, where they are not all there or no finite
     * numbers
     */
    float[] values(String name) {
        TorchTensor tensor = tensors.get(name);
        try {
            return tensor.values(file.content(tensor.storage()));
        } catch (IOException e) {
            throw refusal(name, e.getMessage(), e);
        }
    }

    /** What is wrong with an entry, as one line. */
    InputError refusal(String name, String what, Exception cause) {
        return new InputError(uri + ": entry " + name + ": " + what, cause);
    }

    @Override
    public void close() {
        close(uri, file);
    }

    private static void close(String uri, TorchFile file) {
        try {
            file.close();
        } catch (IOException e) {
            throw new InputError(uri + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }

    private static Map<String, TorchTensor> tensors(String uri, Object saved) {
        Map<?, ?> entries = dictionary(uri, saved);
        // A dictionary may hold itself.
        for (int depth = 0; depth < DEEPEST && entries.values().stream().noneMatch(TorchTensor.class::isInstance); depth++) {
            entries = dictionary(uri, unwrapped(uri, entries));
        }
        Map<String, TorchTensor> tensors = new LinkedHashMap<>();
        entries.forEach((name, value) -> {
            if (!(name instanceof String text && value instanceof TorchTensor tensor)) {
                throw new InputError(uri + ": entry " + name + ": no tensor, as a state_dict has them");
            }
            tensors.put(text, tensor);
        });
        return tensors;
    }

    private static Map<?, ?> dictionary(String uri, Object saved) {
        if (saved instanceof Map<?, ?> entries && !entries.isEmpty()) {
            return entries;
        }
        throw new InputError(uri + ": holds no state_dict; in PyTorch, save model.state_dict()");
    }

    private static Object unwrapped(String uri, Map<?, ?> entries) {
        List<String> found = new ArrayList<>(WRAPPERS);
        found.removeIf(name -> !(entries.get(name) instanceof Map));
        if (found.size() != 1) {
            throw new InputError(uri + ": holds " + (found.isEmpty() ? "no state_dict" : "several (" + String.join(", ", found) + ")")
                    + " among its entries "
                    + entries.keySet().stream().limit(10).map(String::valueOf).toList() + "; in PyTorch, save the one that is meant alone");
        }
        return entries.get(found.get(0));
    }

    private static Map<String, TorchTensor> withoutPrefixes(Map<String, TorchTensor> tensors) {
        Map<String, TorchTensor> shorter = tensors;
        for (int depth = 0; depth < DEEPEST; depth++) {
            for (String prefix : PREFIXES) {
                shorter = without(prefix, shorter);
            }
        }
        return shorter;
    }

    private static Map<String, TorchTensor> without(String prefix, Map<String, TorchTensor> tensors) {
        if (!tensors.keySet().stream().allMatch(name -> name.startsWith(prefix) || StateDictNames.isCounter(name))) {
            return tensors;
        }
        Map<String, TorchTensor> shorter = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> shorter.put(name.startsWith(prefix) ? name.substring(prefix.length()) : name, tensor));
        return shorter;
    }
}
