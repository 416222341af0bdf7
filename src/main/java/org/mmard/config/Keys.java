package org.mmard.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;

/** Typed values of a resolved configuration. Whatever is wrong with a value becomes one line with its key and the place where it stands. */
final class Keys {
    private final Config config;

    Keys(Config config) {
        this.config = config;
    }

    /** A text that is not blank. */
    String text(String key, String what) {
        ConfigValue value = value(key);
        if (value.valueType() == ConfigValueType.NULL) {
            throw new InputError(key + " is not set: give " + what + " in the configuration file or with -D " + key + "=...");
        }
        if (value.valueType() != ConfigValueType.STRING || value.unwrapped().toString().isBlank()) {
            throw refusal(key, what);
        }
        return value.unwrapped().toString();
    }

    /** The one of {@code known} whose {@code toString} the value is. */
    <E> E choice(String key, E[] known) {
        String what = "one of " + names(known);
        String value = text(key, what);
        return Arrays.stream(known).filter(one -> one.toString().equals(value)).findFirst().orElseThrow(() -> refusal(key, what));
    }

    private static String names(Object[] known) {
        return Arrays.stream(known).map(Object::toString).collect(Collectors.joining(", "));
    }

    boolean flag(String key) {
        return switch (String.valueOf(value(key).unwrapped())) {
            case "true" -> true;
            case "false" -> false;
            default -> throw refusal(key, "true or false");
        };
    }

    /** A whole number that is not too large for an int. */
    int count(String key, int least) {
        String what = "a whole number, " + least + " or above";
        long value = whole(key, what);
        if (value < least || value > Integer.MAX_VALUE) {
            throw refusal(key, what);
        }
        return (int) value;
    }

    long whole(String key) {
        return whole(key, "a whole number");
    }

    private long whole(String key, String what) {
        ConfigValue value = value(key);
        try {
            if (value.valueType() == ConfigValueType.NUMBER || value.valueType() == ConfigValueType.STRING) {
                return Long.parseLong(value.unwrapped().toString());
            }
        } catch (NumberFormatException e) {
            throw refusal(key, what);
        }
        throw refusal(key, what);
    }

    double real(String key, Range range) {
        double number = number(value(key));
        if (!range.contains(number)) {
            throw refusal(key, range.words());
        }
        return number;
    }

    boolean isNull(String key) {
        return value(key).valueType() == ConfigValueType.NULL;
    }

    /** A list of one or more of the known words, by their {@code toString}, repeats allowed. */
    <E> List<E> words(String key, E[] known) {
        String what = "a list of one or more of " + names(known);
        List<E> words = new ArrayList<>();
        for (ConfigValue element : elements(key, what)) {
            String word = String.valueOf(element.unwrapped());
            words.add(Arrays.stream(known).filter(one -> one.toString().equals(word)).findFirst().orElseThrow(() -> refusal(key, what)));
        }
        return List.copyOf(words);
    }

    List<Double> reals(String key, String what, Range range) {
        if (!(value(key) instanceof ConfigList list)) {
            throw refusal(key, what);
        }
        List<Double> numbers = new ArrayList<>();
        for (ConfigValue element : list) {
            double number = number(element);
            if (!range.contains(number)) {
                throw refusal(key, "a list whose every entry is " + range.words());
            }
            numbers.add(number);
        }
        return List.copyOf(numbers);
    }

    /** One text or more, none twice. */
    List<String> texts(String key, String what) {
        List<String> texts = elements(key, what).stream()
                .map(element -> element.valueType() == ConfigValueType.STRING ? element.unwrapped().toString() : "").toList();
        if (texts.stream().anyMatch(String::isBlank) || texts.size() != Set.copyOf(texts).size()) {
            throw refusal(key, what);
        }
        return texts;
    }

    /** One whole number or more, none twice. */
    List<Long> wholes(String key, String what) {
        try {
            List<Long> numbers = elements(key, what).stream().map(element -> Long.parseLong(element.unwrapped().toString())).toList();
            if (numbers.size() == Set.copyOf(numbers).size()) {
                return numbers;
            }
        } catch (NumberFormatException e) {
            throw refusal(key, what);
        }
        throw refusal(key, what);
    }

    /**
     * One object or more, none twice, each with a value for every component of {@code type} that may not be null: a section for a
     * {@link Config}, a text that is not blank for any other.
     */
    <R extends Record> List<R> records(String key, String what, Class<R> type) {
        Set<String> names = Arrays.stream(type.getRecordComponents()).map(RecordComponent::getName).collect(Collectors.toSet());
        List<R> records = new ArrayList<>();
        for (ConfigValue element : elements(key, what)) {
            if (!(element instanceof ConfigObject object) || !names.containsAll(object.keySet())) {
                throw refusal(key, what);
            }
            records.add(Sections.build(type, component -> {
                ConfigValue value = object.get(component.getName());
                if ((value == null || value.valueType() == ConfigValueType.NULL)
                        && component.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
                    return null;
                }
                if (component.getType() == Config.class && value instanceof ConfigObject section) {
                    return section.toConfig();
                }
                if (component.getType() == Config.class || value == null || value.valueType() != ConfigValueType.STRING
                        || value.unwrapped().toString().isBlank()) {
                    throw refusal(key, what);
                }
                return value.unwrapped();
            }));
        }
        if (records.size() != Set.copyOf(records).size()) {
            throw refusal(key, what);
        }
        return records;
    }

    /** What a list holds, one element at least. */
    private List<ConfigValue> elements(String key, String what) {
        if (!(value(key) instanceof ConfigList list) || list.isEmpty()) {
            throw refusal(key, what);
        }
        return list;
    }

    /** The complaint about a key's value, ending in what to give instead. */
    InputError refusal(String key, String give) {
        ConfigValue value = value(key);
        return new InputError(
                key + " is " + Printable.value(value.render(ConfigRenderOptions.concise())) + " (" + value.origin().description()
                        + "): give " + give);
    }

    ConfigValue value(String key) {
        ConfigValue value = config.root();
        for (String name : ConfigUtil.splitPath(key)) {
            value = Objects.requireNonNull(((ConfigObject) value).get(name), key);
        }
        return value;
    }

    /** A number or a fraction of two; NaN, which no range contains, for anything else. */
    private static double number(ConfigValue value) {
        return value.valueType() == ConfigValueType.BOOLEAN ? Double.NaN : Fraction.parse(String.valueOf(value.unwrapped()).strip());
    }
}
