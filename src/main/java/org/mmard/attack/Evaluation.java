package org.mmard.attack;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.mmard.config.Fraction;
import org.mmard.data.ImageSet;

/**
 * How a model stands up to attacks on a set of examples, and to corruptions of them: an object that prints itself, as a table, as
 * {@code evaluation.json} and as a CSV of examples.
 *
 * @param about what was evaluated, for the record: model, data, seed, epsilon, versions
 * @param clean outcome on the natural images
 * @param attacks what became of the same examples under each cascade, by name
 * @param warnings what makes the figures doubtful, a sentence each
 * @param corruptions accuracy on corrupted images; null where there were none
 */
public record Evaluation(Map<String, Object> about, Outcome clean, Map<String, Robustness> attacks, List<String> warnings,
        @Nullable Corruptions corruptions) {
    /** Columns of the table's names. */
    private static final int NARROWEST = 12;

    public Evaluation {
        attacks.forEach((name, robustness) -> {
            if (robustness.robust().length != clean.correct().length) {
                throw new IllegalArgumentException(name + " was run on other examples than the clean accuracy");
            }
        });
        warnings = List.copyOf(warnings);
    }

    /** Without corrupted images. */
    public Evaluation(Map<String, Object> about, Outcome clean, Map<String, Robustness> attacks, List<String> warnings) {
        this(about, clean, attacks, warnings, null);
    }

    /**
     * The same, with what was found on corrupted images.
     *
     * @param doubts about that, warnings after those that there are
     */
    public Evaluation with(Corruptions found, List<String> doubts) {
        return new Evaluation(about, clean, attacks, Stream.concat(warnings.stream(), doubts.stream()).toList(), found);
    }

    /** The format of {@code evaluation.json}: examples in the order of the data file. */
    public String json(ImageSet images) {
        Map<String, Object> root = new LinkedHashMap<>();
        int examples = clean.correct().length;
        root.put("examples", examples);
        root.put("classes", images.classNames());
        root.put("shape", new int[] {images.shape().channels(), images.shape().height(), images.shape().width()});
        root.put("labels", IntStream.range(0, examples).map(images::label).toArray());
        Map<String, Object> natural = new LinkedHashMap<>();
        natural.put("accuracy", clean.accuracy());
        natural.put("correct", ones(clean.correct()));
        natural.put("predictions", clean.predictions());
        root.put("clean", natural);
        Map<String, Object> byName = new LinkedHashMap<>();
        attacks.forEach((name, robustness) -> byName.put(name, entry(robustness)));
        root.put("attacks", byName);
        if (corruptions != null) {
            root.put("corruptions", corruptions.json());
        }
        root.put("warnings", warnings);
        root.putAll(about);
        try {
            return new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(root) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private Map<String, Object> entry(Robustness robustness) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("robust_accuracy", robustness.accuracy());
        entry.put("robust", ones(robustness.robust()));
        entry.put("predictions", robustness.predictions());
        entry.put("seconds", milliseconds(robustness.seconds()));
        if (robustness.stages().size() == 1 && !robustness.stages().get(0).parameters().isEmpty()) {
            entry.put("parameters", robustness.stages().get(0).parameters());
        }
        if (robustness.stages().size() > 1) {
            List<Map<String, Object>> stages = new ArrayList<>();
            for (Robustness.Stage stage : robustness.stages()) {
                Map<String, Object> one = new LinkedHashMap<>();
                one.put("attack", stage.attack());
                one.put("attacked", stage.attacked());
                one.put("robust_accuracy", share(stage));
                one.put("seconds", milliseconds(stage.seconds()));
                one.put("parameters", stage.parameters());
                stages.add(one);
            }
            entry.put("stages", stages);
        }
        return entry;
    }

    private static int[] ones(boolean[] flags) {
        int[] ones = new int[flags.length];
        for (int i = 0; i < ones.length; i++) {
            ones[i] = flags[i] ? 1 : 0;
        }
        return ones;
    }

    /** Seconds as files have them. */
    static double milliseconds(double seconds) {
        return Math.round(seconds * 1000) / 1000.0;
    }

    private double share(Robustness.Stage stage) {
        return (double) stage.robust() / clean.correct().length;
    }

    /**
     * The radius, where {@code about} knows it; then attack, accuracy in per cent, how many examples it was run on, and seconds, aligned;
     * then the warnings.
     */
    public String table() {
        StringBuilder table = new StringBuilder();
        if (about.get("epsilon") instanceof Number radius) {
            line(table, "L-infinity, epsilon " + Fraction.distance(radius.doubleValue()));
        }
        int width = attacks.keySet().stream().mapToInt(String::length).reduce(NARROWEST, Math::max);
        line(table, head(width, "attack"));
        line(table, row(width, Attacks.CLEAN, clean.accuracy(), clean.correct().length, clean.seconds()));
        attacks.forEach((name, robustness) -> {
            if (robustness.stages().size() > 1) {
                robustness.stages()
                        .forEach(stage -> line(table,
                                row(width, "  " + stage.attack(), share(stage), stage.attacked(), stage.seconds())));
            }
            line(table, row(width, name, robustness.accuracy(), clean.correct().length, robustness.seconds()));
        });
        if (corruptions != null) {
            corruptions.lines().forEach(text -> line(table, text));
        }
        warnings.forEach(warning -> line(table, "warning: " + warning));
        return table.toString();
    }

    private static void line(StringBuilder table, String text) {
        table.append(text).append(System.lineSeparator());
    }

    /** The names of the columns, the first one this wide. */
    static String head(int width, String first) {
        return String.format(Locale.ROOT, "%-" + width + "s %10s %10s %9s", first, "accuracy", "examples", "seconds");
    }

    /** A line below them. */
    static String row(int width, String name, double accuracy, int examples, double seconds) {
        return String.format(Locale.ROOT, "%-" + width + "s %8.2f %% %10d %9.1f", name, 100 * accuracy, examples, seconds);
    }

    /** As RFC 4180 wants it, where a name has characters of its own meaning there. */
    private static String quoted(String title) {
        return title.matches("[^\",\\r\\n]*") ? title : "\"" + title.replace("\"", "\"\"") + "\"";
    }

    /**
     * One line per example, in the order of the data: {@code example,label,prediction}, then for each attack the class given under it and
     * the attack that broke it ({@code clean} where the model was wrong without one, empty where it is robust).
     */
    public String csv(ImageSet images) {
        StringBuilder csv = new StringBuilder("example,label,prediction");
        attacks.keySet()
                .forEach(name -> csv.append(',').append(quoted(name + "_prediction")).append(',').append(quoted(name + "_broken_by")));
        csv.append('\n');
        for (int record = 0; record < clean.correct().length; record++) {
            csv.append(record).append(',').append(images.label(record)).append(',').append(clean.predictions()[record]);
            for (Robustness robustness : attacks.values()) {
                String by = robustness.brokenBy()[record];
                csv.append(',').append(robustness.predictions()[record]).append(',').append(by == null ? "" : by);
            }
            csv.append('\n');
        }
        return csv.toString();
    }
}
