package org.mmard.attack;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * How a model stands up to attacks on a set of examples: an object that prints itself, as a table and as {@code evaluation.json}.
 *
 * @param about what was evaluated, for the record: model, data, seed, epsilon, versions
 * @param clean outcome on the natural images
 * @param attacks outcome of each attack by name, over the same examples
 */
public record Evaluation(Map<String, Object> about, Outcome clean, Map<String, Outcome> attacks) {
    public Evaluation {
        attacks.forEach((name, outcome) -> {
            if (!java.util.Arrays.equals(outcome.records(), clean.records())) {
                throw new IllegalArgumentException(name + " was run on other examples than the clean accuracy");
            }
        });
    }

    /** The format of {@code evaluation.json}: examples in the order of the data file. */
    public String json() {
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("examples", clean.correct().length);
        root.put("clean", entry("accuracy", "correct", clean, false));
        Map<String, Object> byName = new LinkedHashMap<>();
        attacks.forEach((name, outcome) -> byName.put(name, entry("robust_accuracy", "robust", outcome, true)));
        root.put("attacks", byName);
        root.putAll(about);
        try {
            return new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(root) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Attack, accuracy in per cent, examples and seconds, aligned. */
    public String table() {
        StringBuilder table = new StringBuilder(String.format(Locale.ROOT, "%-12s %10s %10s %9s%n", "attack", "accuracy", "examples", "seconds"));
        row(table, Attacks.CLEAN, clean);
        attacks.forEach((name, outcome) -> row(table, name, outcome));
        return table.toString();
    }

    private static void row(StringBuilder table, String name, Outcome outcome) {
        table.append(String.format(Locale.ROOT, "%-12s %8.2f %% %10d %9.1f%n", name, 100 * outcome.accuracy(), outcome.correct().length, outcome.seconds()));
    }

    private static Map<String, Object> entry(String accuracy, String flags, Outcome outcome, boolean timed) {
        int[] ones = new int[outcome.correct().length];
        for (int i = 0; i < ones.length; i++) {
            ones[i] = outcome.correct()[i] ? 1 : 0;
        }
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put(accuracy, outcome.accuracy());
        entry.put(flags, ones);
        if (timed) {
            entry.put("seconds", Math.round(outcome.seconds() * 1000) / 1000.0);
        }
        return entry;
    }
}
