package org.mmard.config;

import java.lang.reflect.Field;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What follows from records whose components are keys ({@link Key}) or records of such: their values read, their explanations, and the HOCON
 * file of all defaults.
 */
final class Sections {
    private static final int WIDTH = 140;
    private static final String INDENT = "  ";

    private Sections() {}

    /**
     * Reads a section.
     *
     * @param prefix of its keys: {@code training.}
     * @throws org.mmard.failure.InputError for the first value that is not what its key takes
     */
    static <R extends Record> R read(Class<R> section, String prefix, Keys keys) {
        return build(section, component -> value(component, prefix, keys));
    }

    /** A record of the value that each component has. */
    static <R extends Record> R build(Class<R> type, Function<RecordComponent, Object> valueOf) {
        RecordComponent[] components = type.getRecordComponents();
        Object[] values = Arrays.stream(components).map(valueOf).toArray();
        try {
            return type.getDeclaredConstructor(Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new))
                    .newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(type + " cannot be built", e);
        }
    }

    /** Every key of a section and of those within it, in their order. */
    static List<Setting> settings(Class<? extends Record> section) {
        return settings(section, "").toList();
    }

    private static Stream<Setting> settings(Class<?> section, String prefix) {
        return Arrays.stream(section.getRecordComponents()).flatMap(component -> {
            String name = prefix + name(component);
            if (component.getType().isRecord()) {
                return settings(component.getType(), name + ".");
            }
            Key key = component.getAnnotation(Key.class);
            return Stream.of(new Setting(name, explanation(component, key), key.usual(), key.resume()));
        });
    }

    /**
     * The file that sets every key to its usual value and explains it.
     *
     * @param title what stands above
     */
    static String hocon(String title, Class<? extends Record> root) {
        StringBuilder text = new StringBuilder();
        comment(title, "", text);
        keys(root, "", text);
        return text.toString();
    }

    private static void keys(Class<?> section, String indent, StringBuilder to) {
        for (RecordComponent component : section.getRecordComponents()) {
            String name = name(component);
            to.append(indent.isEmpty() ? "\n" : "");
            if (component.getType().isRecord()) {
                if (component.isAnnotationPresent(Means.class)) {
                    comment(component.getAnnotation(Means.class).value(), indent, to);
                }
                to.append(indent).append(name).append(" {\n");
                keys(component.getType(), indent + INDENT, to);
                to.append(indent).append("}\n");
            } else {
                Key key = component.getAnnotation(Key.class);
                comment(explanation(component, key), indent, to);
                to.append(indent).append(name).append(" = ").append(key.usual()).append('\n');
            }
        }
    }

    /** Lines of {@value #WIDTH} characters at most; a line break in the text stays. */
    private static void comment(String text, String indent, StringBuilder to) {
        for (String paragraph : text.split("\n", 0)) {
            StringBuilder line = new StringBuilder(indent).append('#');
            for (String word : paragraph.split(" ", 0)) {
                if (line.length() + 1 + word.length() > WIDTH) {
                    to.append(line).append('\n');
                    line = new StringBuilder(indent).append('#');
                }
                line.append(' ').append(word);
            }
            to.append(line).append('\n');
        }
    }

    private static String explanation(RecordComponent component, Key key) {
        List<String> clauses = new ArrayList<>();
        clauses.add(key.meaning() + (key.unit().isEmpty() ? "" : ", in " + key.unit()) + words(component));
        String range = range(component, key);
        if (!range.isEmpty()) {
            clauses.add(range + (key.whenZero().isEmpty() ? "" : ", 0 " + key.whenZero()));
        }
        if (!key.whenNull().isEmpty()) {
            clauses.add("null " + key.whenNull());
        }
        List<String> sentences = new ArrayList<>(List.of(String.join("; ", clauses) + "."));
        if (key.usual().equals("null") && key.whenNull().isEmpty()) {
            sentences.add("Must be given.");
        }
        if (!key.note().isEmpty()) {
            sentences.add(key.note());
        }
        if (key.resume() != Resume.FIXED) {
            sentences.add(key.resume().sentence());
        }
        return String.join(" ", sentences);
    }

    /** The words that a key takes, with what each stands for. */
    private static String words(RecordComponent component) {
        if (component.getType().isEnum()) {
            return ": " + either(Arrays.stream(component.getType().getFields()).filter(Field::isEnumConstant)
                    .map(Sections::explained).toList());
        }
        if (element(component).isEnum()) {
            return ": one or more of " + Arrays.stream(element(component).getEnumConstants()).map(Object::toString)
                    .collect(Collectors.joining(", "));
        }
        return "";
    }

    private static String explained(Field constant) {
        Means means = constant.getAnnotation(Means.class);
        return word(constant.getName()) + (means == null ? "" : " (" + means.value() + ")");
    }

    private static String either(List<String> words) {
        int last = words.size() - 1;
        return words.size() == 1 ? words.get(0) : String.join(", ", words.subList(0, last)) + " or " + words.get(last);
    }

    private static String range(RecordComponent component, Key key) {
        Class<?> type = component.getType();
        if (type == int.class) {
            return key.least() + " or above";
        }
        boolean real = type == double.class || type == Double.class || element(component) == Double.class;
        return real ? key.range().words().replaceFirst("^a (finite )?number,? ?(from )?", "") : "";
    }

    private static @Nullable Object value(RecordComponent component, String prefix, Keys keys) {
        Class<?> type = component.getType();
        String name = prefix + name(component);
        if (type.isRecord()) {
            return read(type.asSubclass(Record.class), name + ".", keys);
        }
        Key key = component.getAnnotation(Key.class);
        if (!key.whenNull().isEmpty() && keys.isNull(name)) {
            return null;
        }
        if (type == int.class) {
            return keys.count(name, key.least());
        }
        if (type == long.class) {
            return keys.whole(name);
        }
        if (type == double.class || type == Double.class) {
            return keys.real(name, key.range());
        }
        if (type == boolean.class) {
            return keys.flag(name);
        }
        if (type.isEnum()) {
            return keys.choice(name, type.getEnumConstants());
        }
        if (type == String.class) {
            return keys.text(name, key.takes());
        }
        Class<?> element = element(component);
        if (element == Double.class) {
            return keys.reals(name, key.takes(), key.range());
        }
        if (element == Long.class) {
            return keys.wholes(name, key.takes());
        }
        if (element == String.class) {
            return keys.texts(name, key.takes());
        }
        if (element.isEnum()) {
            return keys.words(name, element.getEnumConstants());
        }
        return keys.records(name, key.takes(), element.asSubclass(Record.class));
    }

    /** What a list is of; void where the component is none. */
    private static Class<?> element(RecordComponent component) {
        return component.getType() == List.class
                ? (Class<?>) ((ParameterizedType) component.getGenericType()).getActualTypeArguments()[0] : void.class;
    }

    private static String name(RecordComponent component) {
        return component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    /** How a configuration writes the name of an enumeration's constant: {@code BATCH_MEAN} is {@code batch-mean}. */
    static String word(String constant) {
        return constant.toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
