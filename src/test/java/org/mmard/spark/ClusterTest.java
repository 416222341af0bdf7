package org.mmard.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.config.Settings;
import org.mmard.data.EpochOrder;
import org.mmard.data.ImageSet;
import org.mmard.model.Architectures;
import org.mmard.step.DistillingGraph;
import org.mmard.step.FlatRange;
import org.mmard.step.Schedule;
import org.mmard.step.ToyStep;
import org.mmard.step.Toys;
import org.mmard.step.TrainingBatch;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A standalone master and two workers, and drivers, in processes of their own. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ClusterTest {
    private static final Path SCRIPT = Path.of("deploy/local/cluster.sh").toAbsolutePath();
    @TempDir
    private static Path folder;
    private static String master;

    @BeforeAll
    static void start() throws Exception {
        cluster("start", "2");
        master = cluster("url").strip();
    }

    @AfterAll
    static void stop() throws Exception {
        cluster("stop");
    }

    private static String cluster(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(SCRIPT.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("MMARD_CLUSTER_DIR", folder.resolve("cluster").toString());
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes());
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    /** A toy driver, and what it says. */
    private static final class Driver implements AutoCloseable {
        private final Process process;
        private final BufferedReader output;
        private final List<String> lines = new ArrayList<>();

        Driver(String... options) throws IOException {
            List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
            ManagementFactory.getRuntimeMXBean().getInputArguments().stream().filter(a -> a.startsWith("--add-")).forEach(command::add);
            command.addAll(List.of("-Xmx1g", "-Dlog4j2.configurationFile=org/mmard/log4j2.properties",
                    "-Dmmard.log=" + System.getProperty("mmard.log"),
                    "-cp", System.getProperty("java.class.path"), ToyDriver.class.getName()));
            command.addAll(Arrays.asList(options));
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().put("MMARD_MASTER", master);
            process = builder.start();
            output = process.inputReader();
        }

        String await(Predicate<String> wanted) throws IOException {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                lines.add(line);
                if (wanted.test(line)) {
                    return line;
                }
            }
            throw new AssertionError("the driver ended after\n" + String.join("\n", lines));
        }

        int exitCode() throws Exception {
            while (output.readLine() != null) {
                // To its end, so that it never waits for a reader.
            }
            return process.waitFor();
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    private static double loss(String line) {
        return Double.parseDouble(field(line, "loss=([0-9.E-]+)"));
    }

    private static String field(String line, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(line);
        assertTrue(matcher.find(), line);
        return matcher.group(1);
    }

    @Test
    void twoExecutorsShareTheirUpdatesAndTheSameSeedGivesTheSameBits() throws Exception {
        List<String> parameters = new ArrayList<>();
        for (int run = 0; run < 2; run++) {
            try (Driver driver = new Driver("executors=2", "epochs=2", "images=210", "rate=0.1")) {
                String first = driver.await(line -> line.contains("epoch 0 "));
                // 7 batches of 32: four for the first shard, three for the second, whichever executor took which.
                assertEquals("7", String.valueOf(minibatches(first, 0) + minibatches(first, 1)));
                assertTrue(Math.abs(minibatches(first, 0) - minibatches(first, 1)) == 1, first);
                String early = driver.await(line -> line.contains("parameters "));
                String last = driver.await(line -> line.contains("epoch 1 "));
                assertTrue(loss(last) < 0.99 * loss(first), first + "\n" + last);
                String late = driver.await(line -> line.contains("parameters "));
                assertNotEquals(field(early, "parameters (-?\\d+)"), field(late, "parameters (-?\\d+)"));
                parameters.add(field(late, "parameters (-?\\d+)"));
                assertTrue(driver.await(line -> line.contains("accuracy ")).contains("examples=200"));
                assertEquals(0, driver.exitCode());
            }
        }
        assertEquals(parameters.get(0), parameters.get(1));
    }

    @Test
    void runsFollowOneAnotherInOneApplication() throws Exception {
        List<String> parameters = new ArrayList<>();
        // 7 batches: the first shard's last update, which the second does not take, must not reach the next run.
        try (Driver driver = new Driver("runs=2", "executors=2", "epochs=1", "images=210", "rate=0.1", "novalidate=1")) {
            for (int run = 0; run < 2; run++) {
                String line = driver.await(text -> text.contains("epoch 0 "));
                assertEquals(7, minibatches(line, 0) + minibatches(line, 1));
                parameters.add(field(driver.await(text -> text.contains("parameters ")), "parameters (-?\\d+)"));
            }
            assertEquals(0, driver.exitCode());
        }
        assertEquals(parameters.get(0), parameters.get(1));
    }

    @Test
    void aMovingAverageOfTwoExecutorsFollowsTheWeightsThatTheyShare() throws Exception {
        // With decay 0 it is the weights themselves, and the mean of the running statistics.
        try (Driver driver = new Driver("executors=2", "epochs=2", "images=210", "rate=0.1", "novalidate=1", "decay=0")) {
            for (int epoch = 0; epoch < 2; epoch++) {
                String parameters = driver.await(line -> line.contains("parameters "));
                String average = driver.await(line -> line.contains("average "));
                assertEquals(field(parameters, "parameters (-?\\d+)"), field(average, "average (-?\\d+)"));
            }
            assertEquals(0, driver.exitCode());
        }
    }

    /**
     * Seven batches. After three, the fourth belongs to the first shard; after six, one is left for one executor, and the other comes to
     * the second epoch.
     */
    @ParameterizedTest
    @ValueSource(ints = {3, 6})
    void twoExecutorsGoOnWithAnEpochThatAnotherNumberOfThemHasBegun(int begun) throws Exception {
        try (Driver driver =
                new Driver("executors=2", "epochs=2", "images=210", "rate=0.1", "encoding=exact", "novalidate=1", "begun=" + begun)) {
            List<Double> velocities = velocities(2, begun);
            for (int epoch = 0; epoch < 2; epoch++) {
                String start = "epoch " + epoch + " ";
                String line = driver.await(text -> text.contains(start));
                assertEquals(epoch == 0 ? 7 - begun : 7, minibatches(line, 0) + minibatches(line, 1), line);
                String state = driver.await(text -> text.contains("parameters "));
                assertEquals(velocities.get(epoch), Double.parseDouble(field(state, "velocity ([0-9.E-]+)")), 1e-4 * velocities.get(epoch),
                        state);
            }
            assertEquals(0, driver.exitCode());
        }
    }

    /**
     * The norms of the mean velocity after each of two epochs, by the rule that the architecture states, executor by executor in one place.
     */
    private static List<Double> velocities(int executors, int begun) {
        Settings settings = ToyDriver.settings(Map.of("rate", "0.1"));
        ComputationGraph student = Architectures.network("cnn-4-8", 10, settings.run().seed());
        List<FlatRange> trainable = FlatRange.trainable(student.getUpdater());
        float[] parameters = FlatRange.values(student.params(), trainable);
        INDArray mean = student.getUpdater().getStateViewArray().dup();
        ImageSet images = Toys.images(210, 1);
        EpochOrder order = new EpochOrder(IntStream.range(0, 210).toArray(), 32, settings.run().seed());
        List<Double> norms = new ArrayList<>();
        for (int epoch = 0; epoch < 2; epoch++) {
            int from = epoch == 0 ? begun : 0;
            int shards = Math.min(executors, 7 - from);
            List<INDArray> velocities = new ArrayList<>();
            for (int shard = 0; shard < shards; shard++) {
                velocities.add(mean.dup());
            }
            for (int first = from; first < 7; first += shards) {
                float[] next = parameters.clone();
                for (int k = first; k < Math.min(first + shards, 7); k++) {
                    FlatRange.assign(student.params(), trainable, parameters);
                    DistillingGraph replica = new DistillingGraph(
                            student.getConfiguration(), student.params(), velocities.get(k - first), settings.training(),
                            settings.run().seed(), ToyStep::new);
                    replica.begin(images, new Schedule(settings.training(), 7), (result, skipped, seconds) -> {});
                    replica.fit(new TrainingBatch(epoch, k, order.batches(epoch)[k]).toMultiDataSet());
                    float[] moved = FlatRange.values(replica.params(), trainable);
                    for (int i = 0; i < next.length; i++) {
                        next[i] += moved[i] - parameters[i];
                    }
                    velocities.set(k - first, replica.getUpdater().getStateViewArray().dup());
                }
                parameters = next;
            }
            mean.assign(0);
            velocities.forEach(mean::addi);
            mean.divi(shards);
            norms.add(mean.norm2Number().doubleValue());
        }
        return norms;
    }

    private static int minibatches(String line, int executor) {
        Matcher matcher = Pattern.compile("\\b" + executor + "=Tally\\[host=[^,]*, device=[^,]*, minibatches=(\\d+)").matcher(line);
        return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
    }

    @Test
    void twoExecutorsAverageTheirParameters() throws Exception {
        try (Driver driver = new Driver("executors=2", "epochs=2", "images=210", "rate=0.1", "synchronisation=averaging", "novalidate=1")) {
            String first = driver.await(line -> line.contains("epoch 0 "));
            assertEquals(7, minibatches(first, 0) + minibatches(first, 1));
            String last = driver.await(line -> line.contains("epoch 1 "));
            assertTrue(loss(last) < loss(first), first + "\n" + last);
            assertEquals(0, driver.exitCode());
        }
    }

    @Test
    void aStepThatIsNotFiniteOnOneOfTwoExecutorsIsSkippedByItAloneAndTheReplicasStayAlike() throws Exception {
        // Batches of 32 among 320: the batch with record 0 is one of ten. With decay 0 the average tells of every step that moved the
        // weights.
        try (Driver driver = new Driver("executors=2", "epochs=2", "images=320", "rate=0.1", "novalidate=1", "nan=1", "decay=0")) {
            for (int epoch = 0; epoch < 2; epoch++) {
                String start = "epoch " + epoch + " ";
                String line = driver.await(text -> text.contains(start));
                assertEquals(1, skipped(line, 0) + skipped(line, 1), line);
                assertEquals(10, minibatches(line, 0) + minibatches(line, 1), line);
                String parameters = driver.await(text -> text.contains("parameters "));
                assertFalse(parameters.contains("NaN"), parameters);
                assertEquals(field(parameters, "parameters (-?\\d+)"),
                        field(driver.await(text -> text.contains("average ")), "average (-?\\d+)"));
            }
            assertEquals(0, driver.exitCode());
        }
    }

    @Test
    void twoExecutorsEndAnEpochAfterTheSameRoundWhenTooManyStepsWereSkipped() throws Exception {
        // Two of ten may be skipped, and all are: after the second round it is over.
        try (Driver driver = new Driver("executors=2", "epochs=1", "images=320", "rate=0.1", "novalidate=1", "nan=320")) {
            String line = driver.await(text -> text.contains("epoch 0 "));
            assertEquals(List.of(2, 2), List.of(minibatches(line, 0), minibatches(line, 1)), line);
            assertEquals(List.of(2, 2), List.of(skipped(line, 0), skipped(line, 1)), line);
            assertEquals(0, driver.exitCode());
        }
    }

    private static int skipped(String line, int executor) {
        return Integer.parseInt(field(line, executor + "=Tally\\[host=[^,]*, device=[^,]*, minibatches=\\d+, skipped=(\\d+)"));
    }

    @Test
    void theLossOfAnExecutorEndsARunWithoutRestarts() throws Exception {
        try (Driver driver = new Driver("executors=2", "epochs=1000", "images=640", "novalidate=1")) {
            driver.await(line -> line.contains("epoch 0 "));
            executor(driver, 1).destroyForcibly();
            String line = driver.await(text -> text.contains("stopped "));
            assertTrue(line.contains("executor 1 was lost"), line);
            assertEquals(1, driver.exitCode());
        }
    }

    @Test
    void aRunGoesOnWithNewExecutorsAfterEachLoss() throws Exception {
        try (Driver driver = new Driver("executors=2", "epochs=6", "images=640", "rate=0.1", "restarts=2", "novalidate=1")) {
            int[] victims = {1, 2};
            String parameters = "";
            for (int loss = 0; loss < victims.length; loss++) {
                int done = 2 * loss;
                driver.await(line -> line.contains("epoch " + done + " "));
                parameters = field(driver.await(line -> line.contains("parameters ")), "parameters (-?\\d+)");
                executor(driver, victims[loss]).destroyForcibly();
                String failed = driver.await(line -> line.contains("failed "));
                assertTrue(failed.contains("executor " + victims[loss] + " was lost"), failed);
            }
            String next = driver.await(line -> line.contains(" epoch "));
            // Fresh ones: not even the survivor of the second loss.
            assertTrue(next.contains("4=Tally[") && next.contains("5=Tally["), next);
            assertNotEquals(parameters, field(driver.await(line -> line.contains("parameters ")), "parameters (-?\\d+)"));
            driver.await(line -> line.contains("epoch 5 "));
            assertEquals(0, driver.exitCode());
            assertEquals(6, driver.lines.stream().filter(line -> line.contains(" epoch ") && line.contains("loss=")).count());
        }
    }

    @Test
    void anEpochInWhichNothingMovesCountsAsAFailure() throws Exception {
        try (Driver driver = new Driver("executors=2", "epochs=1", "pause=300", "stall=1", "start=30", "novalidate=1")) {
            String line = driver.await(text -> text.contains("stopped "));
            assertTrue(line.contains("no step was reported for 1 s (cluster.stall-timeout) in epoch 1"), line);
            assertEquals(1, driver.exitCode());
        }
    }

    /** The process of an executor of this driver, which the driver's port on its command line tells from any other's on the machine. */
    private static ProcessHandle executor(Driver driver, int id) {
        String said = driver.lines.stream().filter(line -> line.contains("driver port ")).findFirst().orElseThrow();
        List<String> words =
                List.of("CoarseGrainedExecutorBackend", ":" + field(said, "driver port (\\d+)") + "\0", "--executor-id\0" + id + "\0");
        return ProcessHandle.allProcesses().filter(process -> {
            // The command line is too long for ProcessHandle to tell it.
            String command = commandLine(process.pid());
            return words.stream().allMatch(command::contains);
        }).findFirst().orElseThrow();
    }

    private static String commandLine(long process) {
        try {
            return Files.readString(Path.of("/proc/" + process + "/cmdline"));
        } catch (IOException e) {
            // It has ended meanwhile.
            return "";
        }
    }
}
