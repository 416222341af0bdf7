package org.mmard.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.package$;
import org.jspecify.annotations.Nullable;
import org.mmard.app.ModelEvaluation;
import org.mmard.attack.Evaluation;
import org.mmard.config.Fraction;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;
import org.mmard.report.RecordedEvaluation;
import org.mmard.spark.SparkDriver;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code mmard evaluate}: clean and robust accuracy of a model, and the one on corrupted images, as a table, as {@code evaluation.json} and
 * example by example; over a cluster where a master is given. It saves what it has found out after every part, and goes on from there when
 * it is given again.
 */
@Command(name = "evaluate", mixinStandardHelpOptions = true, description = "Measures clean and robust accuracy of a model.")
final class EvaluateCommand implements Callable<Integer> {
    @Option(names = "--model", required = true, paramLabel = "URI",
            description = "Model zip (a checkpoint, best.zip or last.zip of a run), or PyTorch weights.")
    private String model;

    @Mixin
    private WeightsOptions weights;

    @Option(names = "--data", required = true, paramLabel = "URI",
            description = "CIFAR-10 or CIFAR-100 in the binary layout (folder or .tar.gz), what mmard data import wrote, or a format of a jar in "
                    + "MMARD_JARS.")
    private String data;

    @Option(names = "--split", defaultValue = "test",
            description = "Which part of the data: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private ModelEvaluation.Split split;

    @Option(names = "--examples", defaultValue = "0", paramLabel = "N",
            description = "The first N images; 0 for all (default: ${DEFAULT-VALUE}).")
    private int examples;

    @Option(names = "--epsilon", defaultValue = "8/255", paramLabel = "NUMBER",
            description = "Radius of the L-infinity ball around each image, in [0, 1] image units, for every attack: a fraction or a "
                    + "decimal number above 0, up to 1 (default: ${DEFAULT-VALUE}).")
    private String epsilon;

    @Option(names = "--attacks", defaultValue = "clean,fgsm,pgd20,pgd-trades,cw", paramLabel = "LIST",
            description = "Comma-separated: clean, fgsm, pgd20, pgd-trades, cw, apgd-ce, apgd-dlr, apgd-t, fab-t, "
                    + "square, autoattack, and those of jars in MMARD_JARS. With steps or queries of one's own: pgdN, pgdN@STEP (pgd50@2/255), "
                    + "cwN, cwN@STEP, apgd-ceN, apgd-dlrN, apgd-tN, fab-tN, squareN. xR behind a name asks for R restarts (default: ${DEFAULT-VALUE}).")
    private String attacks;

    @Option(names = "--transfer-from", split = ",", paramLabel = "MODEL",
            description = "Also counts adversarial examples that are made on these models, a row for each and each attack: model zips, or "
                    + "PyTorch weights whose network can be guessed.")
    private List<String> sources = new ArrayList<>();

    @Option(names = "--transfer-attacks", paramLabel = "LIST",
            description = "What those models are attacked by: fgsm, pgd20, pgdN, pgdN@STEP, pgd-trades, cw, cwN, cwN@STEP "
                    + "(default: " + ModelEvaluation.TRANSFER_ATTACKS + ").")
    private @Nullable String transferAttacks;

    @Option(names = "--corruptions", paramLabel = "URI",
            description = "Also measures the accuracy on corrupted images: a folder of .npy files as CIFAR-10-C and CIFAR-100-C have them, "
                    + "of the data's shape and classes. --examples counts the images of each severity.")
    private @Nullable String corruptions;

    @Option(names = "--severities", split = ",", paramLabel = "N",
            description = "Which severities of them, from 1 to 5 (default: all).")
    private @Nullable List<Integer> severities;

    @Option(names = "--batch", defaultValue = "" + ModelEvaluation.BATCH, paramLabel = "N",
            description = "Most images at a time, and per Spark task (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(names = "--threads", paramLabel = "N",
            description = "How many threads of this process work, at so many images each; on a cluster its executors do "
                    + "(default: one for each processor, as far as memory goes; one on a GPU). No figure depends on it.")
    private @Nullable Integer threads;

    @Option(names = "--seed", defaultValue = "" + ModelEvaluation.SEED, paramLabel = "N",
            description = "Seed of the attacks' random draws (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Mixin
    private DeviceOption device;

    @Option(names = "--out", defaultValue = ".", paramLabel = "DIR", description = "Where " + RecordedEvaluation.FILE + ", "
            + ModelEvaluation.EXAMPLES
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
        if (threads != null && threads < 1) {
            throw new InputError("--threads " + threads + ": give 1 or more");
        }
        if (severities != null && corruptions == null) {
            throw new InputError("--severities are those of corrupted images: name their folder by --corruptions");
        }
        if (transferAttacks != null && sources.isEmpty()) {
            throw new InputError("--transfer-attacks are those on other models: name these by --transfer-from");
        }
        PrintWriter console = spec.commandLine().getOut();
        ModelEvaluation asked = ModelEvaluation.of(model).weights(weights.choice()).data(data).split(split).examples(examples)
                .epsilon(radius()).attacks(attacks).transferFrom(sources)
                .transferAttacks(transferAttacks == null ? ModelEvaluation.TRANSFER_ATTACKS : transferAttacks).corruptions(corruptions)
                .severities(severities == null ? ModelEvaluation.SEVERITIES : severities).batch(batch).seed(seed)
                .threads(threads == null ? 0 : threads).engine(device.engine())
                .out(out)
                .keepAdversarial(saveAdversarial);
        asked.check().notes().forEach(note -> console.println(Printable.line(note)));
        console.flush();
        InstantSource clock = new SteadyClock();
        Instant started = clock.instant();
        console.print(evaluate(asked).table());
        console.println(Duration.between(started, clock.instant()).toSeconds() + " s" + (SparkDriver.hasMaster()
                ? " on the cluster; the seconds above are summed over its tasks"
                : " by " + (asked.threads() == 1 ? "1 thread" : asked.threads() + " threads; the seconds above are summed over them")));
        asked.written().forEach(uri -> console.println("written to " + uri));
        console.flush();
        return 0;
    }

    private double radius() {
        double radius = Fraction.parse(epsilon);
        if (!(radius > 0 && radius <= 1)) {
            throw new InputError("--epsilon " + epsilon + ": give a number above 0, up to 1, such as 8/255 or 0.03");
        }
        return radius;
    }

    private Evaluation evaluate(ModelEvaluation asked) {
        try (EvaluationDisplay display = EvaluationDisplay.on(System.err, System.console() != null, this::goingOn);
                Interruption interruption = new Interruption(spec.commandLine().getErr(), display::close,
                        signal -> "stopped by " + signal + "; the same command goes on where it was")) {
            try {
                return SparkDriver.hasMaster() ? onSpark(asked.listener(display)) : asked.listener(display).run();
            } catch (Exception e) {
                interruption.silence();
                throw e;
            }
        }
    }

    private Evaluation onSpark(ModelEvaluation asked) {
        asked.check();
        try (JavaSparkContext spark = SparkDriver.startForEvaluation("mmard evaluate " + model)) {
            return asked.on(spark).run();
        }
    }

    private void goingOn(String line) {
        spec.commandLine().getOut().println(line);
        spec.commandLine().getOut().flush();
    }
}
