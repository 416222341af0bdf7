package org.mmard.run;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import org.mmard.config.RetiredKeys;
import org.mmard.config.Setting;
import org.mmard.config.SettingsReader;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;

/** The resolved configuration of a run, as {@code run.conf} keeps it: what a resume may change in it, and what not. */
final class RunConfiguration {
    private static final String EPOCHS = "training.epochs";
    private static final String EXECUTORS = "cluster.executors";
    private static final Set<String> FREE = Setting.freeAtResume();

    /** Keys that earlier versions had, and that decided nothing. */
    private static final Set<String> FREE_ONCE = Set.of("cluster.network-mask");

    private RunConfiguration() {}

    /**
     * @param recorded the text of {@code run.conf}
     * @param now the resolved configuration of the resume
     * @param uri where {@code recorded}
     *     lies
     * @throws InputError naming the first key that must not change, with both values
     */
    static void requireSame(String recorded, String now, String uri) {
        Map<String, String> before = flat(recorded, uri);
        Map<String, String> after = flat(now, "the configuration");
        for (Map.Entry<String, String> entry : before.entrySet()) {
            String key = entry.getKey();
            String value = after.getOrDefault(key, "null");
            if (FREE_ONCE.contains(key)) {
                continue;
            }
            if (RetiredKeys.instead(key).isPresent()) {
                throw new InputError(uri + ": " + key + " is not a key any more: " + RetiredKeys.instead(key).orElseThrow()
                        + "; a run of an earlier version cannot be gone on with, start anew in another directory");
            }
            if (!FREE.contains(key) && !same(entry.getValue(), value)) {
                throw new InputError(
                        Printable.value(key) + " = " + Printable.value(value) + ": " + uri + " says " + Printable.value(entry.getValue())
                                + "; a run is resumed as it was, or started anew in another directory");
            }
        }
        if (!String.valueOf(before.get(EPOCHS)).matches("\\d{1,10}")) {
            throw new InputError(uri + ": " + EPOCHS + " is " + Printable.value(String.valueOf(before.get(EPOCHS)))
                    + ", where a whole number is wanted; put the file back, or start again"
                    + " in another directory");
        }
        if (new BigDecimal(after.get(EPOCHS)).compareTo(new BigDecimal(before.get(EPOCHS))) < 0) {
            throw new InputError(EPOCHS + " = " + after.get(EPOCHS) + ": " + uri + " says " + before.get(EPOCHS)
                    + "; a resume may add epochs, not take any away");
        }
    }

    /** How many executors a recorded configuration is for; nothing where it does not say. */
    static OptionalInt executors(String recorded, String uri) {
        String executors = flat(recorded, uri).get(EXECUTORS);
        if (executors == null) {
            return OptionalInt.empty();
        }
        try {
            return OptionalInt.of(new BigDecimal(executors).intValueExact());
        } catch (ArithmeticException | NumberFormatException e) {
            throw new InputError(uri + ": " + EXECUTORS + " is " + Printable.value(executors)
                    + ", where a whole number is wanted; put the file back, or start again in another directory", e);
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
        Map<String, String> leaves = new TreeMap<>();
        collect("", SettingsReader.stored(text.getBytes(StandardCharsets.UTF_8), origin).root(), leaves);
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
