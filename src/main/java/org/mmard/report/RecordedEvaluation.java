package org.mmard.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.mmard.config.InputError;
import org.mmard.train.RunDirectory;

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
 * @param about what else the file says of itself, as text: model, data, seed, ...
 */
public record RecordedEvaluation(String uri, int examples, List<String> classes, int[] labels, Result clean, List<Result> attacks,
        List<String> warnings, Map<String, String> about) {
    /** Name of the file in an evaluation's folder. */
    public static final String FILE = "evaluation.json";

    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * @param name of the attack, or clean; @param accuracy share of examples that are robust (clean: right), in [0, 1]
     * @param correct whether each example is robust (clean: right)
     * @param predictions the class given to each example; none where an older version wrote the file
     * @param seconds spent, summed over whoever worked at it; null where nobody wrote it down
     * @param stages of a cascade, in order; none for a single attack
     */
    public record Result(String name, double accuracy, boolean[] correct, int[] predictions, Double seconds, List<Stage> stages) {}

    /** @param attacked examples that it was run on; @param accuracy share of all examples that are robust after it */
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
        Path path = new Path(RunDirectory.at(uri, hadoop).uri());
        boolean file = path.getName().endsWith(".json");
        RunDirectory folder = RunDirectory.at((file ? path.getParent() : path).toString(), hadoop);
        String name = file ? path.getName() : FILE;
        byte[] content = folder.read(name).orElseThrow(() -> new InputError(folder.uri(name) + ": there is no such evaluation; mmard evaluate --out writes one"));
        try {
            return of(folder.uri(name), JSON.readTree(content));
        } catch (IOException e) {
            throw new InputError(folder.uri(name) + ": not an evaluation: " + e.getMessage().lines().findFirst().orElse(""), e);
        }
    }

    private static RecordedEvaluation of(String uri, JsonNode json) throws IOException {
        int examples = json.path("examples").asInt();
        if (examples < 1 || json.path("clean").path("correct").size() != examples) {
            throw new IOException("its examples and clean.correct do not say the same number");
        }
        if (json.has("epsilon") && !json.path("epsilon").isNumber()) {
            throw new IOException("its epsilon is no number");
        }
        List<Result> attacks = new ArrayList<>();
        json.path("attacks").fields().forEachRemaining(attack -> attacks.add(result(attack.getKey(), "robust_accuracy", "robust", attack.getValue())));
        for (Result attack : attacks) {
            if (attack.correct.length != examples) {
                throw new IOException("attack " + attack.name + " is about " + attack.correct.length + " examples instead of " + examples);
            }
        }
        List<String> classes = texts(json.path("classes"));
        int[] labels = numbers(json.path("labels"));
        Result clean = result("clean", "accuracy", "correct", json.path("clean"));
        for (int[] given : Stream.concat(Stream.of(labels, clean.predictions), attacks.stream().map(Result::predictions)).toList()) {
            if (given.length > 0 && !classes.isEmpty() && (given.length != examples || IntStream.of(given).anyMatch(c -> c < 0 || c >= classes.size()))) {
                throw new IOException("labels and predictions do not give each of the " + examples + " examples one of the " + classes.size() + " classes");
            }
        }
        Map<String, String> about = new LinkedHashMap<>();
        json.fields().forEachRemaining(entry -> {
            if (entry.getValue().isValueNode()) {
                about.put(entry.getKey(), entry.getValue().asText());
            }
        });
        return new RecordedEvaluation(uri, examples, classes, labels, clean, attacks, texts(json.path("warnings")), about);
    }

    private static Result result(String name, String accuracy, String correct, JsonNode json) {
        List<Stage> stages = elements(json.path("stages")).map(stage -> new Stage(stage.path("attack").asText(), stage.path("attacked").asInt(),
                stage.path("robust_accuracy").asDouble(), stage.path("seconds").asDouble())).toList();
        int[] flags = numbers(json.path(correct));
        boolean[] right = new boolean[flags.length];
        for (int i = 0; i < flags.length; i++) {
            right[i] = flags[i] == 1;
        }
        return new Result(name, json.path(accuracy).asDouble(), right, numbers(json.path("predictions")),
                json.path("seconds").isNumber() ? (Double) json.path("seconds").asDouble() : null, stages);
    }

    private static List<String> texts(JsonNode array) {
        return elements(array).map(JsonNode::asText).toList();
    }

    private static int[] numbers(JsonNode array) {
        return elements(array).mapToInt(JsonNode::asInt).toArray();
    }

    private static Stream<JsonNode> elements(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
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
