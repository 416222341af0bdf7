package org.mmard.spark;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.config.Settings;
import org.mmard.config.SettingsReader;
import org.mmard.failure.RunStopped;
import org.mmard.model.Architectures;
import org.mmard.run.EpochSums;
import org.mmard.step.NanStep;
import org.mmard.step.Step;
import org.mmard.step.StepFactory;
import org.mmard.step.Tally;
import org.mmard.step.Toys;
import org.mmard.train.ClusterFailure;
import org.mmard.train.Epochs;
import org.mmard.train.StopRequest;
import org.mmard.train.WeightAverage;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A driver of its own JVM that trains a toy student and prints what happens, one line a report, so that a test can watch it or kill its
 * executors. Arguments: key=value of runs (one after the other, all alike), executors, epochs, images, batch, rate, synchronisation,
 * encoding, decay (of a moving average of the weights), begun (how many steps of the first epoch somebody has done before), nan (how many
 * of the first records make a step not finite), restarts (after failures of the cluster), start and stall (timeouts, seconds), pause
 * (seconds before each step).
 */
public final class ToyDriver {
    /** Of the arguments that are settings. */
    private static final Map<String, String> KEYS = Map.of("executors", "cluster.executors", "batch", "training.batch", "rate",
            "training.learning-rate", "decay", "training.averaging.decay", "synchronisation", "cluster.synchronisation", "encoding",
            "cluster.encoding", "start", "cluster.start-timeout", "stall", "cluster.stall-timeout", "device", "engine.device");

    public static void main(String[] arguments) {
        Map<String, String> options = Arrays.stream(arguments).map(a -> a.split("=", 2)).collect(Collectors.toMap(a -> a[0], a -> a[1]));
        Settings settings = settings(options);
        int status = 0;
        try (SparkCluster cluster = SparkCluster.start("toy", settings.cluster().executors())) {
            say("driver port " + cluster.spark().getConf().get("spark.driver.port"));
            for (int run = 0; run < Integer.parseInt(options.getOrDefault("runs", "1")); run++) {
                new ToyDriver(cluster, settings, options).train();
            }
        } catch (RunStopped e) {
            say("stopped " + e.getMessage());
            status = 1;
        }
        System.exit(status);
    }

    private final SparkCluster cluster;
    private final Settings settings;
    private final Map<String, String> options;
    private int epoch;
    private float[] parameters;
    private float[] velocity;

    private ToyDriver(SparkCluster cluster, Settings settings, Map<String, String> options) {
        this.cluster = cluster;
        this.settings = settings;
        this.options = options;
        ComputationGraph student = Architectures.network(options.getOrDefault("net", "cnn-4-8"), 10, settings.run().seed());
        parameters = student.params().toFloatVector();
        velocity = student.getUpdater().getStateViewArray().toFloatVector();
    }

    /** Trains all epochs, and goes on with the state after the last finished one when the cluster fails. */
    private void train() {
        for (int restarts = Integer.parseInt(options.getOrDefault("restarts", "0"));; restarts--) {
            try {
                attempt();
                return;
            } catch (ClusterFailure e) {
                if (restarts == 0) {
                    throw e;
                }
                say("failed " + e.getMessage());
                cluster.renew(settings.cluster().startTimeout());
            }
        }
    }

    private void attempt() {
        ComputationGraph student = Architectures.network(options.getOrDefault("net", "cnn-4-8"), 10, settings.run().seed());
        student.params().assign(Nd4j.createFromArray(parameters));
        student.getUpdater().getStateViewArray().assign(Nd4j.createFromArray(velocity));
        WeightAverage average = WeightAverage.after(Optional.empty(), settings.training().averaging());
        average.values(student.params().toFloatVector());
        try (Epochs driver =
                new SparkEpochs(cluster.spark(), student, average, Toys.images(Integer.parseInt(options.getOrDefault("images", "320")), 1),
                        Toys.images(200, 2), settings,
                        steps(Integer.parseInt(options.getOrDefault("nan", "0")), Integer.parseInt(options.getOrDefault("pause", "0"))),
                        new StopRequest())) {
            while (epoch < Integer.parseInt(options.getOrDefault("epochs", "2"))) {
                EpochSums before = epoch > 0 ? EpochSums.NONE : begun(Integer.parseInt(options.getOrDefault("begun", "0")));
                EpochSums sums = driver.train(epoch, before, (done, total, loss) -> say("progress " + done + "/" + total + " " + loss));
                say("epoch " + epoch + " loss=" + sums.loss() + " " + sums);
                say("parameters " + Arrays.hashCode(student.params().toFloatVector()) + " velocity "
                        + student.getUpdater().getStateViewArray().norm2Number());
                if (options.containsKey("decay")) {
                    say("average " + Arrays.hashCode(average.values()));
                }
                if (!options.containsKey("novalidate")) {
                    say("accuracy " + driver.validate(student));
                }
                parameters = student.params().toFloatVector();
                velocity = student.getUpdater().getStateViewArray().toFloatVector();
                epoch++;
            }
        }
    }

    private static EpochSums begun(int steps) {
        return steps == 0 ? EpochSums.NONE
                : new EpochSums(
                        Map.of("former", new Tally("host", "cpu", steps, 0, 32L * steps, 1, 32L * steps, BigDecimal.ONE, Map.of(), 0L, 0L)),
                        1);
    }

    /** @param nan batches with any of so many records are not finite; @param pause seconds before each step */
    private static StepFactory steps(int nan, int pause) {
        Set<Integer> records = IntStream.range(0, nan).boxed().collect(Collectors.toSet());
        return student -> {
            Step step = new NanStep(student, records);
            return pause == 0 ? step : new Step() {
                @Override
                public Result gradient(Batch batch) {
                    try {
                        Thread.sleep(pause * 1000L);
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    return step.gradient(batch);
                }

                @Override
                public void close() {
                    step.close();
                }
            };
        };
    }

    public static Settings settings(Map<String, String> options) {
        Map<String, String> values = new HashMap<>(Map.of("run.directory", "unused", "run.seed", "7", "data.uri", "unused",
                "student.architecture", "cnn-4-8", "method.name", "natural", "attack.steps", "2"));
        values.putAll(Map.of("training.epochs", "10", "training.batch", "32", "training.learning-rate", "0.05", "training.schedule",
                "constant", "training.max-skipped", "0.25", "training.averaging.kind", options.containsKey("decay") ? "ema" : "none",
                "training.averaging.batch-norm", "average"));
        values.putAll(Map.of("validation.examples", "200", "validation.steps", "2", "validation.batch", "64", "cluster.executors", "2",
                "cluster.averaging-frequency", "2", "cluster.max-restarts", "0", "engine.channels-last", "false",
                "engine.attack-precision", "float32"));
        KEYS.forEach((option, key) -> {
            if (options.containsKey(option)) {
                values.put(key, options.get(option));
            }
        });
        return SettingsReader.read(values, "test").settings();
    }

    private static void say(String line) {
        System.out.println("TOY " + System.currentTimeMillis() % 1000000 + " " + line);
    }
}
