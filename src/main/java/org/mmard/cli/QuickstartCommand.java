package org.mmard.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;
import org.mmard.app.ModelEvaluation;
import org.mmard.app.RunReport;
import org.mmard.attack.Attacks;
import org.mmard.attack.Cascade;
import org.mmard.attack.Evaluation;
import org.mmard.attack.Evaluator;
import org.mmard.data.DataSource;
import org.mmard.data.DataSources;
import org.mmard.data.ImageSet;
import org.mmard.data.ShapesFolder;
import org.mmard.engine.Classifier;
import org.mmard.engine.CompilePasses;
import org.mmard.engine.LibTorch;
import org.mmard.engine.TorchNetwork;
import org.mmard.failure.InputError;
import org.mmard.files.HadoopConfiguration;
import org.mmard.model.ModelFile;
import org.mmard.report.RecordedEvaluation;
import org.mmard.run.RunDirectory;
import org.mmard.train.StopRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code mmard quickstart}: the whole product once, small. Makes a data set, trains a robust teacher, distils it into a smaller
 * student, trains the same student without a teacher, and evaluates all three. What was finished by an earlier call is not done again.
 */
@Command(name = "quickstart", mixinStandardHelpOptions = true,
        description = "Generates images, trains a robust teacher, distils a student on two executors and compares it: a few minutes on "
                + "two cores.")
final class QuickstartCommand implements Callable<Integer> {
    private static final String CONFIGURATION = "quickstart.conf";
    private static final int TRAINING_IMAGES = 5000;
    private static final int TEST_IMAGES = 1000;

    /** One of the three trainings. */
    record Part(String name, String title, String method, String architecture, @Nullable String teacher) {
        List<String> settings(Path out) {
            List<String> settings = new ArrayList<>(List.of("data.uri=" + out.resolve("shapes"), "run.directory=" + out.resolve(name),
                    "method.name=" + method, "student.architecture=" + architecture));
            if (teacher == null) {
                settings.add("method.scale=1");
            } else {
                settings.add("teacher.model=" + out.resolve(teacher).resolve(RunDirectory.BEST));
            }
            return settings;
        }
    }

    private static final String LARGE = "resnet8";
    private static final String SMALL = "cnn-16-32-48-64";
    static final List<Part> PARTS = List.of(
            new Part("teacher", "a robust teacher", "trades", LARGE, null),
            new Part("student", "a student, distilled from it", "adaad", SMALL, "teacher"),
            new Part("alone", "the same student without a teacher", "trades", SMALL, null));

    @Option(names = "--out", defaultValue = "runs/quickstart", paramLabel = "DIR",
            description = "Local folder for everything (default: ${DEFAULT-VALUE}).")
    private Path out;

    @Mixin
    private DeviceOption device;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        // What cannot be used is refused now, not after three trainings.
        device.use();
        Path folder = out.toAbsolutePath().normalize();
        PrintWriter console = spec.commandLine().getOut();
        Configuration hadoop = HadoopConfiguration.load();
        step(console, 1, "ten kinds of shapes, " + TRAINING_IMAGES + " training and " + TEST_IMAGES + " test images");
        String data = folder.resolve("shapes").toString();
        new ShapesFolder(TRAINING_IMAGES, TEST_IMAGES, 1).write(data, hadoop);
        Path configuration = writeConfiguration(folder);
        for (int i = 0; i < PARTS.size(); i++) {
            Part part = PARTS.get(i);
            step(console, i + 2, part.title() + ": " + part.method().toUpperCase(Locale.ROOT) + " on " + part.architecture());
            int code = train(part, configuration, folder, console, device.name());
            if (code != 0) {
                console.println(
                        "quickstart stops here: training ended with exit code " + code + "; the same command goes on where it stopped");
                return code;
            }
        }
        step(console, PARTS.size() + 2, "evaluation on the test images");
        console.print(compare(data, folder, hadoop));
        List<String> runs = PARTS.stream().sorted(Comparator.comparing(part -> part.teacher() == null))
                .map(part -> folder.resolve(part.name()).toString()).toList();
        ReportCommand.write(RunReport.of(runs), folder.resolve(ReportCommand.FILE).toString(), hadoop, line -> {});
        console.printf("%nEverything lies in %s:%n", folder);
        console.printf("  shapes/                         the images, in CIFAR-10's binary layout%n");
        console.printf("  teacher/  student/  alone/      runs: run.conf, metrics.jsonl, checkpoints/, best.zip%n");
        console.printf("  %-30s  the settings of all three%n", CONFIGURATION);
        console.printf("%nTo see it, open this in a browser: %s%n", folder.resolve(ReportCommand.FILE));
        console.flush();
        return 0;
    }

    private static void step(PrintWriter console, int number, String what) {
        console.printf("%n%d/%d  %s%n", number, PARTS.size() + 2, what);
        console.flush();
    }

    /** conf/quickstart.conf travels in the jar, so that quickstart works wherever the jar does. */
    private static Path writeConfiguration(Path folder) {
        Path file = folder.resolve(CONFIGURATION);
        try (InputStream in = QuickstartCommand.class.getResourceAsStream("/conf/" + CONFIGURATION)) {
            Files.write(file, in.readAllBytes());
            return file;
        } catch (IOException e) {
            throw new InputError(file + ": cannot write: " + e.getMessage(), e);
        }
    }

    /** A process and Spark application of its own for each training, as a user starts one. */
    private static int train(Part part, Path configuration, Path folder, PrintWriter console, String device) {
        List<String> arguments =
                new ArrayList<>(List.of("train", "--conf", configuration.toString(), "--resume", "-D", "engine.device=" + device));
        part.settings(folder).forEach(setting -> arguments.addAll(List.of("-D", setting)));
        try {
            Process process = SameJvm.command(arguments).inheritIO().start();
            try (Interruption interruption = new Interruption(console, () -> {}, signal -> "quickstart stops here, by " + signal);
                    StopRequest.Promise promise = interruption.stop().promise(process::destroy)) {
                return process.waitFor();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start a JVM", e);
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted while training", e);
        }
    }

    private static Map<String, Object> about(String model, String data) {
        Map<String, Object> about = new LinkedHashMap<>();
        about.put("model", model);
        about.put("data", data);
        about.put("split", "test");
        about.put("epsilon", Attacks.EPSILON);
        about.put("seed", ModelEvaluation.SEED);
        return about;
    }

    private static String compare(String data, Path folder, Configuration hadoop) {
        ImageSet images = DataSources.open(data, hadoop).test(DataSource.ALL);
        List<Cascade> attacks = Attacks.named("pgd20", Attacks.EPSILON);
        LibTorch.threads(Math.min(4, Runtime.getRuntime().availableProcessors()));
        StringBuilder table =
                new StringBuilder(String.format("%-10s%-9s%-15s%12s%10s%10s%n", "", "method", "network", "parameters", "clean", "PGD-20"));
        try (EvaluationDisplay display = EvaluationDisplay.on(System.err, System.console() != null)) {
            for (Part part : PARTS) {
                String model = folder.resolve(part.name()).resolve(RunDirectory.BEST).toString();
                try (TorchNetwork network = new TorchNetwork(ModelFile.read(model, hadoop).graph());
                        Classifier classifier = network.freeze(CompilePasses.ALL)) {
                    Evaluation evaluation =
                            Evaluator.local(classifier, images, 250, ModelEvaluation.SEED).evaluate(about(model, data), attacks, display);
                    RunDirectory.at(folder.resolve(part.name()).toString(), hadoop)
                            .write(RecordedEvaluation.FILE, evaluation.json(images).getBytes(StandardCharsets.UTF_8));
                    table.append(String.format(Locale.ROOT, "%-10s%-9s%-15s%,12d%8.1f %%%8.1f %%%n", part.name(),
                            part.method().toUpperCase(Locale.ROOT),
                            part.architecture(), network.trainableParameters(), 100 * evaluation.clean().accuracy(),
                            100 * evaluation.attacks().values().iterator().next().accuracy()));
                }
            }
        }
        return table.toString();
    }
}
