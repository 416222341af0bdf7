package org.mmard.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.typesafe.config.ConfigValue;
import java.lang.reflect.RecordComponent;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ReferenceConfTest {
    private final Map<String, ConfigValue> keys = SettingsReader.leaves(SettingsReader.reference().root());

    @Test
    void everyKeyIsExplained() {
        keys.forEach((key, value) -> assertFalse(value.origin().comments().isEmpty(), key + " has no comment in reference.conf"));
    }

    @Test
    void everyComponentOfSettingsHasItsKeyAndNothingElseIsThere() {
        Set<String> expected = new TreeSet<>(Set.of("method.name"));
        collect("", Settings.class, expected);
        assertEquals(expected, keys.keySet());
    }

    private static void collect(String prefix, Class<?> section, Set<String> keys) {
        for (RecordComponent component : section.getRecordComponents()) {
            String key = prefix + component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
            if (component.getType().isRecord()) {
                collect(key + ".", component.getType(), keys);
            } else {
                keys.add(key);
            }
        }
    }
}
