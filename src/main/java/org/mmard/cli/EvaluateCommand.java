package org.mmard.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.package$;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.attack.Attacks;
import org.mmard.attack.Cascade;
import org.mmard.attack.Evaluation;
import org.mmard.attack.Evaluator;
import org.mmard.config.InputError;
import org.mmard.config.Settings;
import org.mmard.data.Cifar;
import org.mmard.data.HadoopConfiguration;
import org.mmard.data.ImageSet;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Passes;
import org.mmard.engine.TorchNetwork;
import org.mmard.model.ModelFile;
import org.mmard.spark.SparkDriver;
import org.mmard.spark.SparkEvaluator;
import org.mmard.train.RunDirectory;
import org.mmard.train.Versions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mmard evaluate}: clean and robust accuracy of a model, as a table and as {@code evaluation.json}. */
@Command(name = "evaluate", mixinStandardHelpOptions = true, description = "Measures clean and robust accuracy of a model.")
final class EvaluateCommand implements Callable<Integer> {
    /** Name of the file written. */
    static final String FILE = "evaluation.json";

    private enum Split { test, train }

    @Option(names = "--model", required = true, paramLabel = "URI", description = "Model zip: a checkpoint, best.zip or last.zip of a run.")
    private String model;

    @Option(names = "--data", required = true, paramLabel = "URI", description = "CIFAR-10 or CIFAR-100 in the binary layout: folder or .tar.gz.")
    private String data;

    @Option(names = "--split", defaultValue = "test", description = "Which part of the data: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private Split split;

    @Option(names = "--examples", defaultValue = "0", paramLabel = "N", description = "The first N images; 0 for all (default: ${DEFAULT-VALUE}).")
    private int examples;

    @Option(names = "--attacks", defaultValue = "clean,fgsm,pgd20,pgd-trades,cw", paramLabel = "LIST",
            description = "Comma-separated, all at epsilon 8/255 (default: ${DEFAULT-VALUE}).")
    private String attacks;

    @Option(names = "--batch", defaultValue = "250", paramLabel = "N", description = "Images at a time (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(names = "--seed", defaultValue = "0", paramLabel = "N", description = "Seed of the attacks' random starts (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--out", defaultValue = ".", paramLabel = "DIR", description = "Where " + FILE + " goes, any Hadoop URI (default: here).")
    private String out;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (examples < 0 || batch < 1) {
            throw new InputError(examples < 0 ? "--examples " + examples + ": give 0 for all, or more" : "--batch " + batch + ": give 1 or more");
        }
        List<Cascade> chosen = Attacks.named(attacks, Attacks.EPSILON);
        Configuration hadoop = HadoopConfiguration.load();
        ModelFile.Model loaded = ModelFile.read(model, hadoop);
        Cifar source = Cifar.open(data, hadoop);
        ImageSet images = split == Split.test ? source.test(examples) : source.train(examples);
        RunDirectory directory = RunDirectory.at(out, hadoop);
        if (loaded.metadata().classNames().size() != images.classes()) {
            throw new InputError(model + " tells " + loaded.metadata().classNames().size() + " classes apart, " + data + " has " + images.classes());
        }
        Evaluation evaluation = SparkDriver.hasMaster() ? onSpark(loaded.graph(), images, chosen) : here(loaded.graph(), images, chosen);
        directory.write(FILE, evaluation.json().getBytes(StandardCharsets.UTF_8));
        PrintWriter console = spec.commandLine().getOut();
        console.print(evaluation.table());
        console.println("written to " + directory.uri(FILE));
        console.flush();
        return 0;
    }

    private Evaluation here(ComputationGraph graph, ImageSet images, List<Cascade> chosen) {
        LibTorch.threads(1);
        try (TorchNetwork network = new TorchNetwork(graph); Classifier classifier = network.freeze(new Passes(true, true))) {
            return evaluate(Evaluator.local(classifier, images, batch, seed), chosen, images);
        }
    }

    private Evaluation onSpark(ComputationGraph graph, ImageSet images, List<Cascade> chosen) {
        try (JavaSparkContext spark = SparkDriver.startForEvaluation("mmard evaluate " + model);
                SparkEvaluator evaluator = new SparkEvaluator(spark, graph, spark.broadcast(images), batch, seed, new Settings.Engine(1, true, true))) {
            return evaluate(evaluator, chosen, images);
        }
    }

    private Evaluation evaluate(Evaluator evaluator, List<Cascade> chosen, ImageSet images) {
        Map<String, Object> about = new LinkedHashMap<>();
        about.put("model", model);
        about.put("data", data);
        about.put("split", split.name());
        about.put("data_sha256", images.checksum());
        about.put("epsilon", Attacks.EPSILON);
        about.put("seed", seed);
        about.put("versions", Versions.collect(package$.MODULE$.SPARK_VERSION()));
        try (EvaluationDisplay display = EvaluationDisplay.on(System.err, System.console() != null)) {
            return evaluator.evaluate(about, chosen, display);
        }
    }
}
