package org.mmard.app;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.package$;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.mmard.attack.Attacks;
import org.mmard.attack.Cascade;
import org.mmard.attack.Evaluation;
import org.mmard.attack.EvaluationRun;
import org.mmard.attack.Evaluator;
import org.mmard.attack.Ledger;
import org.mmard.config.Settings;
import org.mmard.data.DataSource;
import org.mmard.data.DataSources;
import org.mmard.data.ImageSet;
import org.mmard.engine.Classifier;
import org.mmard.engine.Device;
import org.mmard.engine.TorchNetwork;
import org.mmard.failure.InputError;
import org.mmard.files.Folder;
import org.mmard.files.HadoopConfiguration;
import org.mmard.model.ModelFile;
import org.mmard.model.Models;
import org.mmard.model.WeightsChoice;
import org.mmard.report.RecordedEvaluation;
import org.mmard.run.Versions;
import org.mmard.spark.SparkEvaluator;

/**
 * Clean and robust accuracy of a model. Each call changes this object and returns it. For example:
 *
 * <pre>{@code
 * Evaluation found = ModelEvaluation.of(student.best()).data("hdfs:///data/cifar-10").attacks("pgd20,autoattack").run();
 * double robust = found.attacks().get("autoattack").accuracy();
 * }</pre>
 *
 * Without {@link #on} this thread does the work.
 */
public final class ModelEvaluation {
    /** Most images at a time, unless somebody says otherwise; a grid's evaluations have the same. */
    public static final int BATCH = 32;

    /** Seed of the attacks' random draws, likewise. */
    public static final long SEED = 0;

    /** The file of outcomes, example by example. */
    public static final String EXAMPLES = "evaluation.csv";

    /** A part of a data set. */
    public enum Split { test, train }

    private final String model;
    private WeightsChoice weights = WeightsChoice.of(null);
    private @Nullable String data;
    private Split split = Split.test;
    private int examples;
    private double epsilon = Attacks.EPSILON;
    private String attacks = "clean,fgsm,pgd20,pgd-trades,cw";
    private int batch = BATCH;
    private long seed = SEED;
    private Settings.Engine engine = Settings.Engine.on(Settings.Engine.Device.AUTO);
    private @Nullable String out;
    private boolean keepAdversarial;
    private Evaluator.Progress progress = (attack, done, total, atMost) -> {};
    private @Nullable Configuration hadoop;
    private @Nullable JavaSparkContext spark;
    private @Nullable Inputs checked;
    private final List<String> written = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    private ModelEvaluation(String model) {
        this.model = model;
    }

    /** @param uri of a model zip (a checkpoint, best.zip or last.zip of a run), or of PyTorch weights */
    public static ModelEvaluation of(String uri) {
        return new ModelEvaluation(uri);
    }

    /** Which network PyTorch weights are of, such as {@code resnet18}; null: guessed, or the file is a zip, which knows it. */
    public ModelEvaluation architecture(@Nullable String name) {
        return weights(WeightsChoice.of(name));
    }

    /** All that PyTorch weights do not say themselves. */
    public ModelEvaluation weights(WeightsChoice choice) {
        weights = choice;
        return this;
    }

    /** What was decided about PyTorch weights, a line each; known once {@link #check} was called. */
    public List<String> notes() {
        return List.copyOf(notes);
    }

    /** The images, as {@code data.uri} takes them. To be given. */
    public ModelEvaluation data(String uri) {
        data = uri;
        return this;
    }

    /** Which part of them, in the place of the test images. */
    public ModelEvaluation split(Split part) {
        split = part;
        return this;
    }

    /** How many, from the first one on; 0 for all. */
    public ModelEvaluation examples(int first) {
        examples = first;
        return this;
    }

    /**
     * Radius of the L-infinity ball around each image, for every attack; 8/255 without it. Step sizes that are stated for 8/255 scale with
     * it ({@link Attacks}).
     *
     * @param radius in [0, 1] image units, above 0
     */
    public ModelEvaluation epsilon(double radius) {
        epsilon = radius;
        return this;
    }

    /** Names of attacks, separated by commas ({@link Attacks}). */
    public ModelEvaluation attacks(String names) {
        attacks = names;
        return this;
    }

    /** Most images at a time, and per Spark task: 1 or more. */
    public ModelEvaluation batch(int images) {
        batch = images;
        return this;
    }

    /** Seed of the attacks' random draws. */
    public ModelEvaluation seed(long draws) {
        seed = draws;
        return this;
    }

    /** How networks are run: {@link Settings.Engine#on}. */
    public ModelEvaluation engine(Settings.Engine settings) {
        engine = settings;
        return this;
    }

    /**
     * Writes {@code evaluation.json} and {@link #EXAMPLES} into this folder, and what has been found out after every part, so that the same
     * evaluation goes on where it was stopped. Without it nothing is written.
     */
    public ModelEvaluation out(@Nullable String folder) {
        out = folder;
        return this;
    }

    /** Also writes the adversarial images there. */
    public ModelEvaluation keepAdversarial(boolean keep) {
        keepAdversarial = keep;
        return this;
    }

    /** Followed by this. */
    public ModelEvaluation listener(Evaluator.Progress listener) {
        progress = listener;
        return this;
    }

    /** Reads and writes files with these Hadoop settings, in the place of those of {@code HADOOP_CONF_DIR}. */
    public ModelEvaluation hadoop(Configuration settings) {
        hadoop = settings;
        return this;
    }

    /** Spreads the parts over the executors of this context, which stays. */
    public ModelEvaluation on(JavaSparkContext context) {
        spark = context;
        return this;
    }

    /** Qualified URIs of the files that {@link #run} has written. */
    public List<String> written() {
        return List.copyOf(written);
    }

    /** All that has been read and checked. */
    private record Inputs(ModelFile.Model model, String checksum, ImageSet images, List<Cascade> cascades, @Nullable Folder folder) {}

    /**
     * Evaluates.
     *
     * @throws InputError for the first thing that is missing, damaged or does not fit the rest
     */
    public Evaluation run() {
        Inputs inputs = checked();
        written.clear();
        if (inputs.folder == null) {
            return evaluate(inputs, new Ledger.InMemory());
        }
        EvaluationState state = EvaluationState.open(inputs.folder,
                EvaluationState.identity(inputs.checksum, inputs.images, epsilon, seed), inputs.images, keepAdversarial);
        if (state.size() > 0) {
            progress.goingOn(state.size(), inputs.folder.uri());
        }
        Evaluation evaluation = evaluate(inputs, state);
        write(inputs, inputs.folder, evaluation, state);
        return evaluation;
    }

    /**
     * Reads and checks everything, as {@link #run} does first of all: for whoever starts a cluster in between. What is set afterwards must
     * not change what was checked.
     *
     * @throws InputError as {@link #run} does
     */
    public ModelEvaluation check() {
        checked();
        return this;
    }

    private Inputs checked() {
        if (checked == null) {
            checked = inputs();
        }
        return checked;
    }

    private Inputs inputs() {
        if (data == null) {
            throw new InputError("an evaluation of " + model + " needs data: give the URI of a data set");
        }
        if (keepAdversarial && out == null) {
            throw new InputError("adversarial images of " + model + " are to be kept: give the folder that they go into");
        }
        if (!(epsilon > 0 && epsilon <= 1)) {
            throw new InputError(
                    "epsilon " + epsilon + " of an evaluation of " + model + ": give a number above 0, up to 1, such as 8/255");
        }
        List<Cascade> cascades = Attacks.named(attacks, epsilon);
        Configuration files = hadoop == null ? HadoopConfiguration.load() : hadoop;
        DataSource source = DataSources.open(data, files);
        Models.Found found = Models.read(model, weights, source.shape(), files);
        notes.addAll(found.notes());
        ModelFile.Model loaded = found.model();
        ImageSet images = split == Split.test ? source.test(examples) : source.train(examples);
        Folder folder = out == null ? null : Folder.at(out, files);
        loaded.requireFit(model, images, data);
        return new Inputs(loaded, ModelFile.checksum(model, files), images, cascades, folder);
    }

    private Evaluation evaluate(Inputs inputs, Ledger ledger) {
        ComputationGraph graph = inputs.model.graph();
        if (spark != null) {
            try (SparkEvaluator evaluator = new SparkEvaluator(spark, graph, spark.broadcast(inputs.images), batch, seed, engine)) {
                return new EvaluationRun(evaluator, ledger, progress).evaluate(about(inputs), inputs.cascades);
            }
        }
        Device.configure(engine, null);
        try (Classifier classifier = TorchNetwork.frozen(graph)) {
            Evaluator evaluator = Evaluator.local(classifier, inputs.images, batch, seed);
            return new EvaluationRun(evaluator, ledger, progress).evaluate(about(inputs), inputs.cascades);
        }
    }

    private Map<String, Object> about(Inputs inputs) {
        Map<String, Object> about = new LinkedHashMap<>();
        about.put("model", model);
        about.put("model_sha256", inputs.checksum);
        about.put("architecture", inputs.model.metadata().architecture());
        about.put("data", data);
        about.put("split", split.name());
        about.put("data_sha256", inputs.images.checksum());
        about.put("epsilon", epsilon);
        about.put("seed", seed);
        about.put("batch", batch);
        about.put("versions", Versions.collect(package$.MODULE$.SPARK_VERSION()));
        return about;
    }

    private void write(Inputs inputs, Folder folder, Evaluation evaluation, EvaluationState state) {
        folder.write(RecordedEvaluation.FILE, evaluation.json(inputs.images).getBytes(StandardCharsets.UTF_8));
        folder.write(EXAMPLES, evaluation.csv(inputs.images).getBytes(StandardCharsets.UTF_8));
        written.add(folder.uri(RecordedEvaluation.FILE));
        written.add(folder.uri(EXAMPLES));
        if (keepAdversarial) {
            written.addAll(new AdversarialFiles(evaluation, state, inputs.images).write(folder));
        }
        state.delete();
    }
}
