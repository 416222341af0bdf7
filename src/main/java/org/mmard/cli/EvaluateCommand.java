package org.mmard.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.package$;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.attack.Attacks;
import org.mmard.attack.Cascade;
import org.mmard.attack.Evaluation;
import org.mmard.attack.EvaluationRun;
import org.mmard.attack.Evaluator;
import org.mmard.data.DataSource;
import org.mmard.data.DataSources;
import org.mmard.data.ImageSet;
import org.mmard.engine.Classifier;
import org.mmard.engine.TorchNetwork;
import org.mmard.failure.InputError;
import org.mmard.files.HadoopConfiguration;
import org.mmard.model.ModelFile;
import org.mmard.model.Models;
import org.mmard.run.RunDirectory;
import org.mmard.run.Versions;
import org.mmard.spark.SparkDriver;
import org.mmard.spark.SparkEvaluator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code mmard evaluate}: clean and robust accuracy of a model, as a table, as {@code evaluation.json} and example by example; over a
 * cluster where a master is given. It saves what it has found out after every part, and goes on from there when it is given again.
 */
@Command(name = "evaluate", mixinStandardHelpOptions = true, description = "Measures clean and robust accuracy of a model.")
final class EvaluateCommand implements Callable<Integer> {
    /** Name of the file written. */
    static final String FILE = "evaluation.json";

    /** Most images at a time, unless the user says otherwise; a grid's evaluations have the same. */
    static final int BATCH = 32;

    /** Seed of the attacks' random draws, likewise. */
    static final long SEED = 0;

    private static final String EXAMPLES = "evaluation.csv";

    private enum Split { test, train }

    @Option(names = "--model", required = true, paramLabel = "URI",
            description = "Model zip (a checkpoint, best.zip or last.zip of a run), or PyTorch weights.")
    private String model;

    @Option(names = "--architecture", paramLabel = "NAME",
            description = "Which network PyTorch weights are of, such as resnet18; a zip knows it.")
    private String architecture;

    @Option(names = "--data", required = true, paramLabel = "URI",
            description = "CIFAR-10 or CIFAR-100 in the binary layout (folder or .tar.gz), or what mmard data import wrote.")
    private String data;

    @Option(names = "--split", defaultValue = "test",
            description = "Which part of the data: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private Split split;

    @Option(names = "--examples", defaultValue = "0", paramLabel = "N",
            description = "The first N images; 0 for all (default: ${DEFAULT-VALUE}).")
    private int examples;

    @Option(names = "--attacks", defaultValue = "clean,fgsm,pgd20,pgd-trades,cw", paramLabel = "LIST",
            description = "Comma-separated, all at epsilon 8/255: clean, fgsm, pgd20, pgd-trades, cw, apgd-ce, apgd-dlr, apgd-t, fab-t, "
                    + "square, "
                    + "autoattack; xN behind a name asks for N restarts (default: ${DEFAULT-VALUE}).")
    private String attacks;

    @Option(names = "--batch", defaultValue = "" + BATCH, paramLabel = "N",
            description = "Most images at a time, and per Spark task (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(names = "--seed", defaultValue = "" + SEED, paramLabel = "N",
            description = "Seed of the attacks' random draws (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Mixin
    private DeviceOption device;

    @Option(names = "--out", defaultValue = ".", paramLabel = "DIR", description = "Where " + FILE + ", " + EXAMPLES
            + " and, until it is done, the evaluation's state go, any Hadoop URI: the same command goes on where an earlier one stopped "
            + "(default: here).")
    private String out;

    @Option(names = "--save-adversarial",
            description = "Also writes adversarial-NAME.npy (float32) and .bin (CIFAR binary, rounded) for each attack.")
    private boolean saveAdversarial;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (examples < 0 || batch < 1) {
            throw new InputError(
                    examples < 0 ? "--examples " + examples + ": give 0 for all, or more" : "--batch " + batch + ": give 1 or more");
        }
        List<Cascade> chosen = Attacks.named(attacks, Attacks.EPSILON);
        Configuration hadoop = HadoopConfiguration.load();
        DataSource source = DataSources.open(data, hadoop);
        ModelFile.Model loaded = Models.read(model, architecture, source.shape(), hadoop);
        ImageSet images = split == Split.test ? source.test(examples) : source.train(examples);
        RunDirectory directory = RunDirectory.at(out, hadoop);
        loaded.requireFit(model, images, data);
        String checksum = ModelFile.checksum(model, hadoop);
        EvaluationState state = EvaluationState.open(directory, EvaluationState.identity(checksum, images, Attacks.EPSILON, seed), images,
                saveAdversarial);
        PrintWriter console = spec.commandLine().getOut();
        if (state.size() > 0) {
            console.println("going on with " + state.size() + " outcomes that an earlier call saved in " + directory.uri());
            console.flush();
        }
        Evaluation evaluation = evaluate(loaded.graph(), images, chosen, about(checksum, loaded.metadata().architecture(), images), state);
        directory.write(FILE, evaluation.json(images).getBytes(StandardCharsets.UTF_8));
        directory.write(EXAMPLES, evaluation.csv(images).getBytes(StandardCharsets.UTF_8));
        List<String> written = new ArrayList<>(List.of(directory.uri(FILE), directory.uri(EXAMPLES)));
        if (saveAdversarial) {
            written.addAll(new AdversarialFiles(evaluation, state, images).write(directory));
        }
        state.delete();
        console.print(evaluation.table());
        written.forEach(uri -> console.println("written to " + uri));
        console.flush();
        return 0;
    }

    private Map<String, Object> about(String checksum, String name, ImageSet images) {
        Map<String, Object> about = new LinkedHashMap<>();
        about.put("model", model);
        about.put("model_sha256", checksum);
        about.put("architecture", name);
        about.put("data", data);
        about.put("split", split.name());
        about.put("data_sha256", images.checksum());
        about.put("epsilon", Attacks.EPSILON);
        about.put("seed", seed);
        about.put("batch", batch);
        about.put("versions", Versions.collect(package$.MODULE$.SPARK_VERSION()));
        return about;
    }

    private Evaluation evaluate(ComputationGraph graph, ImageSet images, List<Cascade> chosen, Map<String, Object> about,
            EvaluationState state) {
        try (EvaluationDisplay display = EvaluationDisplay.on(System.err, System.console() != null);
                Interruption interruption = new Interruption(spec.commandLine().getErr(), display::close,
                        signal -> "stopped by " + signal + "; the same command goes on where it was")) {
            Function<Evaluator, Evaluation> run = evaluator -> new EvaluationRun(evaluator, state, display).evaluate(about, chosen);
            try {
                return SparkDriver.hasMaster() ? onSpark(graph, images, run) : here(graph, images, run);
            } catch (Exception e) {
                interruption.silence();
                throw e;
            }
        }
    }

    private Evaluation here(ComputationGraph graph, ImageSet images, Function<Evaluator, Evaluation> run) {
        device.use();
        try (Classifier classifier = TorchNetwork.frozen(graph)) {
            return run.apply(Evaluator.local(classifier, images, batch, seed));
        }
    }

    private Evaluation onSpark(ComputationGraph graph, ImageSet images, Function<Evaluator, Evaluation> run) {
        try (JavaSparkContext spark = SparkDriver.startForEvaluation("mmard evaluate " + model);
                SparkEvaluator evaluator = new SparkEvaluator(spark, graph, spark.broadcast(images), batch, seed, device.engine())) {
            return run.apply(evaluator);
        }
    }
}
