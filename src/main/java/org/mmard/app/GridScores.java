package org.mmard.app;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.package$;
import org.jspecify.annotations.Nullable;
import org.mmard.attack.Attacks;
import org.mmard.attack.Cascade;
import org.mmard.attack.Evaluation;
import org.mmard.attack.EvaluationRun;
import org.mmard.attack.Evaluator;
import org.mmard.config.GridSettings;
import org.mmard.config.Settings;
import org.mmard.data.DataSources;
import org.mmard.data.ImageSet;
import org.mmard.failure.InputError;
import org.mmard.files.JsonFields;
import org.mmard.model.ModelFile;
import org.mmard.report.RecordedEvaluation;
import org.mmard.run.CheckpointState;
import org.mmard.run.RunDirectory;
import org.mmard.run.Versions;
import org.mmard.spark.SparkEvaluator;
import org.mmard.step.Teacher;

/**
 * Evaluates the models of a grid's runs, all in the same way: on the first so many test images, under the same attacks. What was found is
 * in each run's {@code evaluation.json}, and is not looked for again.
 */
public final class GridScores {
    private static final int LARGEST = 1 << 28;

    private final Settings.Data data;
    private final boolean best;
    private final String model;
    private final double epsilon;
    private final List<Cascade> attacks;
    private final ImageSet images;
    private @Nullable JavaSparkContext owner;
    private @Nullable Broadcast<ImageSet> sent;

    /**
     * @param epoch whose checkpoint was evaluated; null for a teacher that was there before the grid
     * @param accuracies fractions, clean and by attack
     */
    public record Score(@Nullable Integer epoch, Map<String, Double> accuracies) {}

    /**
     * @param runs of the grid
     * @throws InputError where an attack or the data does not exist, or a run has no best checkpoint
     */
    GridScores(GridSettings grid, List<GridRun> runs, Sources sources) {
        Settings settings = runs.get(runs.size() - 1).settings();
        data = settings.data();
        best = grid.checkpoint() == GridSettings.Checkpoint.BEST;
        model = model(grid.checkpoint());
        epsilon = settings.attack().epsilon();
        attacks = Attacks.named(grid.attacks(), epsilon);
        runs.stream().filter(run -> best && run.given() == null && run.settings().validation().examples() == 0).findFirst()
                .ifPresent(run -> {
                    throw new InputError(
                            run.name() + ": grid.checkpoint = best, but with validation.examples = 0 no checkpoint is the best: set "
                                    + "grid.checkpoint to last, or hold some images out");
                });
        images = DataSources.open(data.uri(), sources.hadoop()).test(grid.evaluateExamples());
    }

    /** The file of a run's directory that such a checkpoint is. */
    static String model(GridSettings.Checkpoint checkpoint) {
        return checkpoint == GridSettings.Checkpoint.BEST ? RunDirectory.BEST : RunDirectory.LAST;
    }

    /** The columns of the grid's table. */
    List<String> columns() {
        List<String> columns = new ArrayList<>(List.of(Attacks.CLEAN));
        attacks.forEach(attack -> columns.add(attack.name()));
        return columns;
    }

    /** On how many test images models are evaluated. */
    int examples() {
        return images.size();
    }

    /** What evaluations have in common, for the record. */
    Map<String, Object> about() {
        Map<String, Object> about = new LinkedHashMap<>();
        about.put("checkpoint", best ? "best" : "last");
        about.put("data", data.uri());
        about.put("split", "test");
        about.put("examples", images.size());
        about.put("data_sha256", images.checksum());
        about.put("epsilon", epsilon);
        about.put("seed", ModelEvaluation.SEED);
        about.put("batch", ModelEvaluation.BATCH);
        about.put("versions", Versions.collect(package$.MODULE$.SPARK_VERSION()));
        return about;
    }

    /**
     * The score that an earlier call has found for the model of a finished run; nothing where it was another model or another evaluation.
     */
    Optional<Score> known(RunDirectory directory, CheckpointState state) {
        return known(directory, fields -> fields.count("epoch", 1, Integer.MAX_VALUE) == epoch(state)
                && fields.text("checkpoint").equals(best ? "best" : "last"));
    }

    /** The same for a teacher that was there before the grid. */
    Optional<Score> known(RunDirectory directory, Teacher teacher) {
        return known(directory, fields -> fields.text("model_sha256").equals(teacher.sha256()));
    }

    private Optional<Score> known(RunDirectory directory, Predicate<JsonFields> sameModel) {
        return directory.read(RecordedEvaluation.FILE, LARGEST).flatMap(content -> {
            try {
                JsonFields fields = JsonFields.of(RecordedEvaluation.FILE, content);
                boolean same = sameModel.test(fields)
                        && fields.text("data_sha256").equals(images.checksum()) && fields.number("epsilon", 0, 1) == epsilon
                        && fields.section("attacks").names().containsAll(attacks.stream().map(Cascade::name).toList());
                return same ? Optional.of(score(fields)) : Optional.empty();
            } catch (InputError e) {
                // Not an evaluation of a grid's: it is made again.
                return Optional.empty();
            }
        });
    }

    /**
     * Evaluates the model of a finished run and writes {@code evaluation.json} into its directory. What an interrupted call had found out
     * about that model is not looked for again.
     */
    Score evaluate(JavaSparkContext spark, RunDirectory directory, CheckpointState state, Settings.Engine engine,
            Evaluator.Progress progress) {
        return evaluate(spark, directory, directory.uri(model), epoch(state), engine, progress);
    }

    /** The same for a teacher that was there before the grid. */
    Score evaluate(JavaSparkContext spark, RunDirectory directory, Teacher teacher, Settings.Engine engine, Evaluator.Progress progress) {
        return evaluate(spark, directory, teacher.uri(), null, engine, progress);
    }

    private Score evaluate(JavaSparkContext spark, RunDirectory directory, String uri, @Nullable Integer epoch, Settings.Engine engine,
            Evaluator.Progress progress) {
        Map<String, Object> about = new LinkedHashMap<>();
        String checksum = ModelFile.checksum(uri, directory.hadoop());
        about.put("model", uri);
        about.put("model_sha256", checksum);
        about.put("epoch", epoch);
        about.putAll(about());
        // Evaluation says itself how many examples there were.
        about.remove("examples");
        if (epoch == null) {
            about.put("checkpoint", null);
        }
        try (SparkEvaluator evaluator = new SparkEvaluator(spark, ModelFile.read(uri, directory.hadoop()).graph(), sentTo(spark),
                ModelEvaluation.BATCH, ModelEvaluation.SEED, engine)) {
            EvaluationState saved =
                    EvaluationState.open(directory, EvaluationState.identity(checksum, images, epsilon, ModelEvaluation.SEED),
                            images.size(), images.classes(), false);
            Evaluation evaluation = new EvaluationRun(evaluator, saved, progress).evaluate(about, attacks);
            byte[] json = evaluation.json(images).getBytes(StandardCharsets.UTF_8);
            directory.write(RecordedEvaluation.FILE, json);
            saved.delete();
            return score(JsonFields.of(RecordedEvaluation.FILE, json));
        }
    }

    /** The images as one context has them; after its end another may come. */
    private Broadcast<ImageSet> sentTo(JavaSparkContext spark) {
        if (sent == null || owner != spark) {
            owner = spark;
            sent = spark.broadcast(images);
        }
        return sent;
    }

    private int epoch(CheckpointState state) {
        if (!best) {
            return state.epoch();
        }
        CheckpointState.Best found = state.best();
        if (found == null) {
            throw new InputError(
                    "grid.checkpoint = best, but of a run that stands at epoch " + state.epoch() + " no best checkpoint is left: "
                            + "set grid.checkpoint to last");
        }
        return found.epoch();
    }

    private Score score(JsonFields json) {
        Map<String, Double> accuracies = new LinkedHashMap<>();
        accuracies.put(Attacks.CLEAN, json.section("clean").number("accuracy", 0, 1));
        attacks.forEach(
                attack -> accuracies.put(attack.name(), json.section("attacks").section(attack.name()).number("robust_accuracy", 0, 1)));
        return new Score(json.has("epoch") ? (Integer) json.count("epoch", 1, Integer.MAX_VALUE) : null, accuracies);
    }
}
