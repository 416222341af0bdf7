package org.mmard.cli;

import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.package$;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.config.ResolvedSettings;
import org.mmard.config.Settings;
import org.mmard.config.SettingsReader;
import org.mmard.data.HadoopConfiguration;
import org.mmard.model.ModelFile;
import org.mmard.spark.SparkDriver;
import org.mmard.spark.SparkEpochs;
import org.mmard.train.CheckpointState;
import org.mmard.train.Checkpoints;
import org.mmard.train.DistillationSteps;
import org.mmard.train.Provenance;
import org.mmard.train.RunDirectory;
import org.mmard.train.StartingPoint;
import org.mmard.train.TrainingDisplay;
import org.mmard.train.TrainingRun;
import org.mmard.train.Versions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mmard train}: one run on Spark, from its configuration to its best checkpoint. Everything is checked before Spark starts. */
@Command(name = "train", mixinStandardHelpOptions = true, description = "Trains a robust student on Spark, or goes on with a run.")
final class TrainCommand implements Callable<Integer> {
    private static final String RESUME = "--resume";

    @Option(names = "--conf", required = true, paramLabel = "FILE", description = "HOCON configuration, local or on any Hadoop filesystem.")
    private String conf;

    @Option(names = "-D", paramLabel = "KEY=VALUE", description = "A key that goes before the file's. May be given more than once.")
    private Map<String, String> overrides = new LinkedHashMap<>();

    @Option(names = RESUME, description = "Go on from the newest readable checkpoint of run.directory; where it holds no run, start one.")
    private boolean resume;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Configuration hadoop = HadoopConfiguration.load();
        ResolvedSettings resolved = SettingsReader.read(conf, overrides, hadoop);
        Settings settings = resolved.settings();
        RunDirectory directory = RunDirectory.at(settings.run().directory(), hadoop);
        StartingPoint.requireFree(directory, resume);
        TrainingInputs inputs = TrainingInputs.read(resolved, hadoop);
        Map<String, String> versions = Versions.collect(package$.MODULE$.SPARK_VERSION());
        Provenance provenance = new Provenance(sha256(resolved.rendered()), settings.run().seed(), inputs.data(), inputs.teacherSource(),
                List.of(Provenance.Start.now(host(), commandLine(false), versions)));
        StartingPoint from = StartingPoint.find(directory, resume, resolved.rendered(), provenance, line -> say("warning: " + line));
        TrainingBanner banner = new TrainingBanner(out, inputs, directory);
        if (from.epoch() >= settings.training().epochs()) {
            CheckpointState last = new Checkpoints(directory, settings.checkpoints().keep()).rewind(from.checkpoint().orElseThrow().state());
            banner.finishedBefore(last);
            return 0;
        }
        banner.end(train(directory, banner, from, inputs, inputs.metadata(versions)));
        return 0;
    }

    private TrainingRun.Outcome train(RunDirectory directory, TrainingBanner banner, StartingPoint from, TrainingInputs inputs, ModelFile.Metadata metadata) {
        Settings.Training training = inputs.settings().training();
        String stopped = "mmard: stopped by a signal; finished epochs are kept in " + directory.uri() + "; go on with: " + commandLine(true);
        try (TrainingDisplay display = TrainingDisplay.on(System.out, onTerminal(), training.epochs(), training.batch());
                Interruption interruption = new Interruption(spec.commandLine().getErr(), display::close, stopped)) {
            try {
                return trainOnSpark(directory, banner, from, inputs, metadata, display);
            } catch (RuntimeException | Error e) {
                interruption.silence();
                throw e;
            }
        }
    }

    private static TrainingRun.Outcome trainOnSpark(
            RunDirectory directory, TrainingBanner banner, StartingPoint from, TrainingInputs inputs, ModelFile.Metadata metadata, TrainingDisplay display) {
        Settings settings = inputs.settings();
        ComputationGraph student = inputs.student(from.checkpoint());
        try (JavaSparkContext spark = SparkDriver.start("mmard train " + settings.run().directory(), settings.cluster().executors());
                SparkEpochs epochs = new SparkEpochs(spark, student, inputs.images().select(inputs.split().training()),
                        inputs.images().select(inputs.split().validation()), settings, new DistillationSteps(settings, inputs.teacher()))) {
            banner.start(from, spark.master());
            return new TrainingRun(settings, directory, from, student, metadata, inputs.batchesPerEpoch()).run(epochs, display);
        }
    }

    private static boolean onTerminal() {
        return System.console() != null && !"dumb".equals(System.getenv("TERM"));
    }

    private void say(String line) {
        spec.commandLine().getErr().println("mmard: " + line);
        spec.commandLine().getErr().flush();
    }

    /** The command as it was given, or as it goes on with the run, ready for a shell. */
    private String commandLine(boolean resuming) {
        List<String> words = new ArrayList<>(List.of("mmard"));
        words.addAll(spec.root().commandLine().getParseResult().originalArgs());
        if (resuming && !resume) {
            words.add(RESUME);
        }
        return words.stream().map(word -> word.matches("[\\w@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'").collect(Collectors.joining(" "));
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "unknown";
        }
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
