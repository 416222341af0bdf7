package org.mmard.config;

import java.util.Map;
import org.mmard.failure.InputError;

/**
 * Checked settings, and how they came about.
 *
 * @param rendered the whole configuration with every default and substitution in place, as HOCON that reads back to the same settings
 * @param origins for each key, where its value stands: a file and line, or the command line
 */
public record ResolvedSettings(Settings settings, String rendered, Map<String, String> origins) {
    public ResolvedSettings {
        origins = Map.copyOf(origins);
    }

    /** A complaint about a key's value that only another room can make, with the place where the value stands. */
    public InputError refusal(String key, String complaint) {
        return new InputError(complaint + " (" + key + ": " + origins.get(key) + ")");
    }
}
