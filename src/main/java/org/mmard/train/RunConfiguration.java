package org.mmard.train;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.mmard.config.InputError;

/** The resolved configuration of a run, as {@code run.conf} keeps it: what a resume may change in it, and what not. */
final class RunConfiguration {
    private static final String EPOCHS = "training.epochs";
    /** Where things lie, and how fast or how long: none of it decides what is learnt. Data and teacher are compared by content instead. */
    private static final Set<String> FREE = Set.of(
            EPOCHS, "training.max-skipped", "run.directory", "data.uri", "teacher.model", "student.initial", "checkpoints.keep", "checkpoints.retry-for",
            "cluster.start-timeout", "cluster.stall-timeout", "cluster.max-restarts", "cluster.network-mask", "engine.device", "engine.threads", "engine.fold-batch-norm", "engine.channels-last");

    private RunConfiguration() {}

    /**
     * @param recorded the text of {@code run.conf}; @param now the resolved configuration of the resume; @param uri where {@code recorded} lies
     * @throws InputError naming the first key that must not change, with both values
     */
    static void requireSame(String recorded, String now, String uri) {
        Map<String, String> before = flat(recorded, uri);
        Map<String, String> after = flat(now, "the configuration");
        for (Map.Entry<String, String> entry : before.entrySet()) {
            String key = entry.getKey();
            String value = after.getOrDefault(key, "null");
            if (!FREE.contains(key) && !same(entry.getValue(), value)) {
                throw new InputError(key + " = " + value + ": " + uri + " says " + entry.getValue()
                        + "; a run is resumed as it was, or started anew in another directory");
            }
        }
        if (new BigDecimal(after.get(EPOCHS)).compareTo(new BigDecimal(before.get(EPOCHS))) < 0) {
            throw new InputError(EPOCHS + " = " + after.get(EPOCHS) + ": " + uri + " says " + before.get(EPOCHS)
                    + "; a resume may add epochs, not take any away");
        }
    }

    /** A number may be written in more than one way: on the command line it is text. */
    private static boolean same(String before, String now) {
        try {
            return before.equals(now) || new BigDecimal(before).compareTo(new BigDecimal(now)) == 0;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    /** Every leaf by its path; a key that the record does not know yet is no change. */
    private static Map<String, String> flat(String text, String origin) {
        Config config;
        try {
            config = ConfigFactory.parseString(text);
        } catch (ConfigException e) {
            throw new InputError(origin + ": cannot be read: " + e.getMessage(), e);
        }
        Map<String, String> leaves = new TreeMap<>();
        collect("", config.root(), leaves);
        return leaves;
    }

    private static void collect(String prefix, ConfigObject object, Map<String, String> leaves) {
        for (Map.Entry<String, ConfigValue> entry : object.entrySet()) {
            String key = prefix + entry.getKey();
            if (entry.getValue() instanceof ConfigObject section) {
                collect(key + ".", section, leaves);
            } else {
                leaves.put(key, String.valueOf(entry.getValue().unwrapped()));
            }
        }
    }
}
