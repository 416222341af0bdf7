package org.mmard.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.InputError;
import org.mmard.files.JsonFields;
import org.mmard.files.Folder;

/**
 * An evaluation as {@code evaluation.json} has it.
 *
 * @param uri of that file
 * @param examples how many images were looked at
 * @param classes names of the classes, in label order; none where an older version wrote the file
 * @param labels of the examples, in file order; none likewise
 * @param clean without an attack
 * @param attacks in the order in which they were asked for
 * @param warnings what makes the figures doubtful
 * @param corruptions accuracy on corrupted images; null where there were none
 * @param about what else the file says of itself, as text: model, data, seed, ...
 */
public record RecordedEvaluation(String uri, int examples, List<String> classes, int[] labels, Result clean, List<Result> attacks,
        List<String> warnings, @Nullable RecordedCorruptions corruptions, Map<String, String> about) {
    /** Name of the file in an evaluation's folder. */
    public static final String FILE = "evaluation.json";

    private static final String NOT_ONE = ": not an evaluation";
    private static final int LARGEST = 1 << 28;
    private static final double LONGEST = 1e12;

    /**
     * @param name of the attack, or clean
     * @param accuracy share of examples that are robust (clean: right), in [0, 1]
     * @param correct whether each example is robust (clean: right)
     * @param predictions the class given to each example; none where an older version wrote the file
     * @param seconds spent, summed over whoever worked at it; null where nobody wrote it down
     * @param stages of a cascade, in order; none for a single attack
     */
    public record Result(String name, double accuracy, boolean[] correct, int[] predictions, @Nullable Double seconds,
            List<Stage> stages) {}

    /**
     * @param attacked examples that it was run on
     * @param accuracy share of all examples that are robust after it
     */
    public record Stage(String attack, int attacked, double accuracy, double seconds) {}

    public RecordedEvaluation {
        classes = List.copyOf(classes);
        attacks = List.copyOf(attacks);
        warnings = List.copyOf(warnings);
    }

    /**
     * @param uri of the file, or of the folder that it lies in
     * @throws InputError where there is none, or it is damaged
     */
    public static RecordedEvaluation read(String uri, Configuration hadoop) {
        // Qualified, so that a bare name has a folder, too.
        Path path = new Path(Folder.at(uri, hadoop).uri());
        boolean file = path.getName().endsWith(".json");
        Folder folder = Folder.at((file ? path.getParent() : path).toString(), hadoop);
        String name = file ? path.getName() : FILE;
        byte[] content = folder.read(name, LARGEST)
                .orElseThrow(() -> new InputError(folder.uri(name) + ": there is no such evaluation; mmard evaluate --out writes one"));
        return of(folder.uri(name), JsonFields.of(folder.uri(name) + NOT_ONE, content));
    }

    private static RecordedEvaluation of(String uri, JsonFields json) {
        int examples = json.count("examples", 1, Integer.MAX_VALUE);
        if (json.has("epsilon")) {
            json.number("epsilon", 0, 1);
        }
        List<String> classes = json.has("classes") ? json.texts("classes") : List.of();
        List<Result> attacks = new ArrayList<>();
        if (json.has("attacks")) {
            JsonFields all = json.section("attacks");
            all.names()
                    .forEach(name -> attacks.add(result(name, "robust_accuracy", "robust", all.section(name), examples, classes.size())));
        }
        Result clean = result("clean", "accuracy", "correct", json.section("clean"), examples, classes.size());
        Map<String, String> about = json.scalars();
        return new RecordedEvaluation(uri, examples, classes, given(json, "labels", examples, classes.size()), clean, attacks,
                json.has("warnings") ? json.texts("warnings") : List.of(),
                json.has("corruptions") ? RecordedCorruptions.of(json.section("corruptions")) : null, about);
    }

    private static Result result(String name, String accuracy, String correct, JsonFields json, int examples, int classes) {
        List<Stage> stages = json.has("stages") ? json.sections("stages").stream().map(stage -> new Stage(stage.text("attack"),
                stage.count("attacked", 0, examples), stage.number("robust_accuracy", 0, 1), stage.number("seconds", 0, LONGEST))).toList()
                : List.of();
        int[] flags = json.counts(correct, 0, 1);
        if (flags.length != examples) {
            throw json.refusal(correct, "a list of " + examples + ", as examples says,");
        }
        boolean[] right = new boolean[flags.length];
        for (int i = 0; i < flags.length; i++) {
            right[i] = flags[i] == 1;
        }
        return new Result(name, json.number(accuracy, 0, 1), right, given(json, "predictions", examples, classes),
                json.has("seconds") ? (Double) json.number("seconds", 0, LONGEST) : null, stages);
    }

    /** A class for each example; none where an older version wrote the file. */
    private static int[] given(JsonFields json, String key, int examples, int classes) {
        if (!json.has(key)) {
            return new int[0];
        }
        int[] given = json.counts(key, 0, classes == 0 ? Integer.MAX_VALUE : classes - 1);
        if (given.length != 0 && given.length != examples) {
            throw json.refusal(key, "a list of " + examples + ", as examples says,");
        }
        return given;
    }

    /** Radius of the ball in the L-infinity norm, in [0, 1] image units; nothing where nobody wrote it down. */
    public OptionalDouble epsilon() {
        return about.containsKey("epsilon") ? OptionalDouble.of(Double.parseDouble(about.get("epsilon"))) : OptionalDouble.empty();
    }

    /** The attack with the lowest robust accuracy, or nothing where none was asked for. */
    public Optional<Result> strongest() {
        return attacks.stream().min(Comparator.comparingDouble(Result::accuracy));
    }

    /** The result of this name, clean or an attack. */
    public Optional<Result> result(String name) {
        return Stream.concat(Stream.of(clean), attacks.stream()).filter(result -> result.name.equals(name)).findFirst();
    }

    /** Whether it knows each example's label and prediction, and so what happens class by class. */
    public boolean knowsClasses() {
        return !classes.isEmpty() && labels.length == examples
                && Stream.concat(Stream.of(clean), attacks.stream()).allMatch(result -> result.predictions.length == examples);
    }

    /**
     * How many examples of each class were given which class.
     *
     * @return counts[label][prediction]
     * @throws IllegalStateException where the file does not know the classes
     */
    public int[][] confusion(Result result) {
        if (!knowsClasses()) {
            throw new IllegalStateException(uri + " has no labels or predictions");
        }
        int[][] counts = new int[classes.size()][classes.size()];
        for (int example = 0; example < examples; example++) {
            counts[labels[example]][result.predictions[example]]++;
        }
        return counts;
    }
}
