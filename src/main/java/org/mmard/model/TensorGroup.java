package org.mmard.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.mmard.files.Unpickler;

/**
 * A dictionary with tensors in it, somewhere in a file.
 *
 * @param path keys that lead to it, with dots between; empty for the file's content itself
 * @param tensors by name, in the file's order
 * @param others what else it holds: words for what it is, by name
 */
record TensorGroup(String path, Map<String, TorchTensor> tensors, Map<String, String> others) {
    /** A dictionary may hold itself, or others without end. */
    private static final int DEEPEST = 4;
    private static final int MOST = 1000;

    /** Every dictionary with tensors that can be reached through dictionaries and lists, from the outermost inwards. */
    static List<TensorGroup> in(@Nullable Object saved) {
        List<TensorGroup> groups = new ArrayList<>();
        Map<String, Object> level = new LinkedHashMap<>();
        level.put("", saved);
        for (int depth = 0, seen = 0; depth <= DEEPEST && !level.isEmpty(); depth++) {
            Map<String, Object> next = new LinkedHashMap<>();
            for (Map.Entry<String, Object> each : level.entrySet()) {
                if (seen++ == MOST) {
                    return groups;
                }
                if (each.getValue() instanceof Map<?, ?> dictionary) {
                    TensorGroup group = of(each.getKey(), dictionary);
                    if (!group.tensors.isEmpty()) {
                        groups.add(group);
                    }
                }
                inner(each.getValue()).forEach((name, value) -> {
                    if (next.size() < MOST) {
                        next.put(each.getKey().isEmpty() ? name : each.getKey() + "." + name, value);
                    }
                });
            }
            level = next;
        }
        return groups;
    }

    /** What else stands beside the dictionary of this path at the top of the file, in words. */
    static List<String> beside(@Nullable Object saved, String path) {
        List<String> words = new ArrayList<>();
        if (saved instanceof Map<?, ?> top && !path.isEmpty()) {
            top.forEach((name, value) -> {
                if (!(path + ".").startsWith(name + ".")) {
                    words.add(name + " (" + kind(value) + ")");
                }
            });
        }
        return words;
    }

    /** One of those that it has. */
    TorchTensor tensor(String name) {
        return Objects.requireNonNull(tensors.get(name), name);
    }

    /** Shapes of the tensors, by name. */
    Map<String, List<Long>> shapes() {
        Map<String, List<Long>> shapes = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> shapes.put(name, Arrays.stream(tensor.shape()).boxed().toList()));
        return shapes;
    }

    private static TensorGroup of(String path, Map<?, ?> dictionary) {
        Map<String, TorchTensor> tensors = new LinkedHashMap<>();
        Map<String, String> others = new TreeMap<>();
        dictionary.forEach((key, value) -> {
            if (key instanceof String name && value instanceof TorchTensor tensor) {
                tensors.put(name, tensor);
            } else {
                others.put(String.valueOf(key), kind(value));
            }
        });
        return new TensorGroup(path, tensors, others);
    }

    private static Map<String, Object> inner(Object value) {
        Map<String, Object> inner = new LinkedHashMap<>();
        if (value instanceof Map<?, ?> dictionary) {
            dictionary.forEach((name, each) -> {
                if (each instanceof Map || each instanceof List || each instanceof Object[]) {
                    inner.put(String.valueOf(name), each);
                }
            });
        } else if (value instanceof List<?> || value instanceof Object[]) {
            List<?> list = value instanceof List<?> given ? given : Arrays.asList((Object[]) value);
            for (int i = 0; i < Math.min(list.size(), MOST); i++) {
                if (list.get(i) instanceof Map) {
                    inner.put(Integer.toString(i), list.get(i));
                }
            }
        }
        return inner;
    }

    /** What a value is, in a word or two: its own text could be anything. */
    static String kind(@Nullable Object value) {
        if (value instanceof Unpickler.Inert object) {
            return object.name();
        }
        if (value instanceof TorchTensor) {
            return "a tensor";
        }
        if (value instanceof Boolean) {
            return "true or false";
        }
        if (value instanceof Number) {
            return "a number";
        }
        if (value instanceof String) {
            return "a text";
        }
        if (value instanceof byte[]) {
            return "bytes";
        }
        if (value instanceof Map) {
            return "a dictionary";
        }
        return value == null ? "None" : "a list";
    }
}
