package org.mmard.app;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.package$;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.mmard.attack.Attacks;
import org.mmard.attack.Cascade;
import org.mmard.attack.CorruptionRun;
import org.mmard.attack.Evaluation;
import org.mmard.attack.EvaluationRun;
import org.mmard.attack.Evaluator;
import org.mmard.attack.Ledger;
import org.mmard.attack.SourceModel;
import org.mmard.config.Settings;
import org.mmard.data.CorruptedImages;
import org.mmard.data.DataSource;
import org.mmard.data.DataSources;
import org.mmard.data.ImageSet;
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
 * Without {@link #on} threads of this process do the work.
 */
public final class ModelEvaluation {
    /** Most images at a time, unless somebody says otherwise; a grid's evaluations have the same. */
    public static final int BATCH = 32;

    /** Seed of the attacks' random draws, likewise. */
    public static final long SEED = 0;

    /** What other models are attacked by, likewise. */
    public static final String TRANSFER_ATTACKS = "pgd20,cw";

    /** The file of outcomes, example by example. */
    public static final String EXAMPLES = "evaluation.csv";

    /** Severities of corrupted images, likewise: all. */
    public static final List<Integer> SEVERITIES = IntStream.rangeClosed(1, CorruptedImages.SEVERITIES).boxed().toList();

    /** A part of a data set. */
    public enum Split { test, train }

    private final String model;
    private WeightsChoice weights = WeightsChoice.of(null);
    private @Nullable String data;
    private Split split = Split.test;
    private int examples;
    private double epsilon = Attacks.EPSILON;
    private String attacks = "clean,fgsm,pgd20,pgd-trades,cw";
    private List<String> sources = List.of();
    private String transferAttacks = TRANSFER_ATTACKS;
    private @Nullable String corruptions;
    private List<Integer> severities = SEVERITIES;
    private int batch = BATCH;
    private long seed = SEED;
    private int threads;
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

    /** What was decided about PyTorch weights, and what was passed over, a line each; known once {@link #check} was called. */
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

    /**
     * Also counts adversarial examples that are made on other models: a row for each of these and each of {@link #transferAttacks}.
     *
     * @param uris of model zips, or of PyTorch weights whose network can be guessed; for images and classes as the data has them
     */
    public ModelEvaluation transferFrom(List<String> uris) {
        sources = List.copyOf(uris);
        return this;
    }

    /** What other models are attacked by: names, separated by commas, of attacks that do not stop where those are wrong; PGD-20 and CW. */
    public ModelEvaluation transferAttacks(String names) {
        transferAttacks = names;
        return this;
    }

    /**
     * Also measures the accuracy on corrupted images, after the attacks: every corruption that is there, the first {@link #examples} images
     * of each severity. Nobody attacks them.
     *
     * @param folder URI of the {@code .npy} files as CIFAR-10-C and CIFAR-100-C have them ({@link CorruptedImages}), of the data's shape
     *     and classes; null for none
     */
    public ModelEvaluation corruptions(@Nullable String folder) {
        corruptions = folder;
        return this;
    }

    /** Which severities of them, in the place of all: numbers from 1 to 5. */
    public ModelEvaluation severities(Collection<Integer> some) {
        severities = some.stream().sorted().toList();
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

    /**
     * How many threads of this process work, at a part each; without it, one for each processor as long as there is memory. Figures do not
     * depend on it.
     *
     * @param parts at the same time, 1 or more; 0 for as many as there is room for
     */
    public ModelEvaluation threads(int parts) {
        threads = parts;
        return this;
    }

    /** How many threads worked, once {@link #run} has been called without {@link #on}. */
    public int threads() {
        return threads;
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
    private record Inputs(ModelFile.Model model, String checksum, ImageSet images, List<Cascade> cascades, List<Source> sources,
            @Nullable CorruptedImages corrupted, @Nullable Folder folder) {}

    /** @param title its name in tables */
    private record Source(String uri, String title, String checksum, ModelFile.Model model) {
        Map<String, Object> about() {
            Map<String, Object> about = new LinkedHashMap<>();
            about.put("source", uri);
            about.put("source_sha256", checksum);
            about.put("source_architecture", model.metadata().architecture());
            return about;
        }

        List<Cascade> attacks(SourceModel sent, String names, double epsilon) {
            return Cascade.transferred(sent, title, checksum, about(), names, epsilon);
        }
    }

    /**
     * Evaluates.
     *
     * @throws InputError for the first thing that is missing, damaged or does not fit the rest
     */
    public Evaluation run() {
        Inputs inputs = checked();
        written.clear();
        if (inputs.folder == null) {
            return evaluate(inputs, new Ledger.InMemory(), new Ledger.InMemory());
        }
        EvaluationState state = EvaluationState.open(inputs.folder,
                EvaluationState.identity(inputs.checksum, inputs.images, epsilon, seed), inputs.images.size(), inputs.images.classes(),
                keepAdversarial);
        List<EvaluationState> saved = new ArrayList<>(List.of(state));
        Ledger unattacked = new Ledger.InMemory();
        if (inputs.corrupted != null) {
            int ofEach = inputs.corrupted.examples();
            saved.add(
                    EvaluationState.open(inputs.folder, EvaluationState.identity(inputs.checksum, ofEach), ofEach, inputs.images.classes(),
                            false));
            unattacked = saved.get(1);
        }
        int outcomes = saved.stream().mapToInt(EvaluationState::size).sum();
        if (outcomes > 0) {
            progress.goingOn(outcomes, inputs.folder.uri());
        }
        Evaluation evaluation = evaluate(inputs, state, unattacked);
        write(inputs, inputs.folder, evaluation, state);
        saved.forEach(EvaluationState::delete);
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
        String checksum = ModelFile.checksum(model, files);
        return new Inputs(loaded, checksum, images, cascades, sources(images, data, origins(checksum, loaded), files),
                corrupted(images, files), folder);
    }

    private @Nullable CorruptedImages corrupted(ImageSet images, Configuration files) {
        if (corruptions == null) {
            return null;
        }
        if (severities.isEmpty() || !SEVERITIES.containsAll(severities) || Set.copyOf(severities).size() < severities.size()) {
            throw new InputError("severities " + severities + " of " + corruptions + ": give some of 1 to " + CorruptedImages.SEVERITIES
                    + ", each once");
        }
        CorruptedImages found = CorruptedImages.open(corruptions, images.shape(), images.classNames(), examples, files);
        found.others().forEach(name -> notes.add(corruptions + "/" + name + ": no corruption of the benchmark, left out"));
        return found;
    }

    private List<Source> sources(ImageSet images, String imagesUri, List<String> own, Configuration files) {
        Map<String, String> known = new LinkedHashMap<>();
        own.forEach(checksum -> known.put(checksum, "the model that is evaluated"));
        List<Source> read = new ArrayList<>();
        for (String uri : sources) {
            Models.Found found = source(uri, images, files);
            found.model().requireFit(uri, images, imagesUri);
            found.notes().forEach(note -> notes.add(uri + ": " + ofSource(note)));
            Source source = new Source(uri, title(uri), ModelFile.checksum(uri, files), found.model());
            List<String> origins = origins(source.checksum, found.model());
            origins.stream().filter(known::containsKey).findFirst().map(known::get).ifPresent(other -> {
                throw new InputError("transfer from " + uri + ": it is the same file as " + other
                        + ", or one was imported from the other; name another model");
            });
            origins.forEach(checksum -> known.put(checksum, uri));
            // Made once to see that the attacks exist and transfer.
            if (source.attacks(attack -> {
                throw new IllegalStateException("not yet");
            }, transferAttacks, epsilon).isEmpty()) {
                throw new InputError("transfer from " + uri + ": name an attack, such as " + TRANSFER_ATTACKS);
            }
            read.add(source);
        }
        return read;
    }

    private static Models.Found source(String uri, ImageSet images, Configuration files) {
        try {
            return Models.read(uri, WeightsChoice.of(null), images.shape(), files);
        } catch (InputError e) {
            throw new InputError(ofSource(e.getMessage()), e);
        }
    }

    /** The options that choose within a file are those of the model that is evaluated. */
    private static String ofSource(String advice) {
        return advice.contains(" --") ? advice + ", in mmard model import, and transfer from the zip that it makes" : advice;
    }

    /** What tells that two files are one network: a file's checksum, and that of the weights it was imported from. */
    private static List<String> origins(String checksum, ModelFile.Model model) {
        String imported = model.metadata().provenance().get(ModelFile.IMPORTED_SHA256);
        return imported == null ? List.of(checksum) : List.of(checksum, imported);
    }

    /** The last parts of a source's URI, as many as no other has at its end. */
    private String title(String uri) {
        String ending = uri.replaceFirst(".*/(?=[^/])", "");
        while (ending.length() < uri.length()) {
            String own = ending;
            if (sources.stream().noneMatch(other -> !other.equals(uri) && (other.equals(own) || other.endsWith("/" + own)))) {
                break;
            }
            ending = uri.substring(uri.lastIndexOf('/', uri.length() - ending.length() - 2) + 1);
        }
        return ending;
    }

    /** @param unattacked the ledger of corrupted images */
    private Evaluation evaluate(Inputs inputs, Ledger ledger, Ledger unattacked) {
        ComputationGraph graph = inputs.model.graph();
        if (spark != null) {
            try (SparkEvaluator evaluator = new SparkEvaluator(spark, graph, spark.broadcast(inputs.images), batch, seed, engine)) {
                return evaluate(evaluator, evaluator::source, inputs, ledger, unattacked);
            }
        }
        if (threads == 0) {
            threads = LocalEvaluator.room(Stream.concat(Stream.of(graph), inputs.sources.stream().map(source -> source.model.graph()))
                    .toList(), inputs.images, batch, engine);
        }
        try (LocalEvaluator evaluator = new LocalEvaluator(threads, graph, inputs.images, batch, seed, engine)) {
            return evaluate(evaluator, evaluator::source, inputs, ledger, unattacked);
        }
    }

    private Evaluation evaluate(Evaluator evaluator, Function<ComputationGraph, SourceModel> sent, Inputs inputs, Ledger ledger,
            Ledger unattacked) {
        List<Cascade> cascades = new ArrayList<>(inputs.cascades);
        inputs.sources.forEach(source -> cascades.addAll(source.attacks(sent.apply(source.model.graph()), transferAttacks, epsilon)));
        Evaluation evaluation = new EvaluationRun(evaluator, ledger, progress).evaluate(about(inputs), cascades);
        CorruptedImages corrupted = inputs.corrupted;
        if (corrupted == null) {
            return evaluation;
        }
        int others = split == Split.test ? corrupted.labelsOtherThan(inputs.images) : 0;
        List<String> doubts = others == 0 ? List.of() : List.of("the corrupted images have other labels than the test images at " + others
                + " places: they may be those of another data set");
        return evaluation.with(new CorruptionRun(evaluator, unattacked, progress).measure(corrupted, severities), doubts);
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
    }
}
