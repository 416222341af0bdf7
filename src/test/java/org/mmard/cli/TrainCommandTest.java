package org.mmard.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.data.ImageShape;
import org.mmard.model.Architectures;
import org.mmard.model.ModelFile;
import org.mmard.run.RunDirectory;
import org.mmard.run.RunLock;

/** The command from its configuration file to its files, with Spark in this process; several executors are for the cluster's own tests. */
class TrainCommandTest {
    private static final int MANY = 20;
    private static final String TASK = "Starting task ";

    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void endWhatAFailureLeft() {
        processes.forEach(Process::destroyForcibly);
    }

    @BeforeAll
    static void data() {
        assertEquals(0,
                Outcome.of("data", "shapes", "--out", shared.resolve("shapes").toString(), "--train", "200", "--test", "20").exit());
    }

    @Test
    void trainsResumesAndTellsWhenThereIsNothingToDo() throws IOException {
        teacher(10);
        Outcome first = train();
        assertEquals(0, first.exit(), first.err());
        assertTrue(first.out().contains("method     inner mmard, outer mmard"), first.out());
        assertTrue(first.out().contains("160 images to train on, 40 to validate, 10 classes"), first.out());
        assertTrue(first.out().lines().anyMatch(line -> line.matches("epoch 2/2   loss +[0-9.]+   train .* images/s .* s.*")), first.out());
        assertTrue(first.out().lines().anyMatch(line -> line.startsWith("next       mmard evaluate --model ")), first.out());

        Outcome again = train();
        assertEquals(2, again.exit());
        assertEquals("mmard: run.directory " + runUri() + ": already holds a run; go on with it by --resume, or choose another directory",
                again.err().strip());

        Outcome nothing = train("--resume");
        assertEquals(0, nothing.exit(), nothing.err());
        assertTrue(nothing.out().startsWith("nothing to do: "), nothing.out());

        Outcome more = train("--resume", "-D", "training.epochs=3");
        assertEquals(0, more.exit(), more.err());
        assertTrue(more.out().contains("resumed after epoch 2"), more.out());

        Path uninterrupted = folder.resolve("uninterrupted");
        assertEquals(0, train("-D", "training.epochs=3", "-D", "run.directory=" + uninterrupted).exit());
        assertEquals(losses(uninterrupted), losses(folder.resolve("run")));
        assertTrue(Arrays.equals(parameters(uninterrupted), parameters(folder.resolve("run"))));
    }

    @Test
    void aMovingAverageGoesOnBitForBitAfterAResume() throws IOException {
        teacher(10);
        String[] averaging =
                {"-D", "training.averaging.kind=ema", "-D", "training.averaging.decay=0.9", "-D", "training.averaging.from-epoch=1"};
        Path whole = folder.resolve("whole");
        assertEquals(0, train(with(averaging, "-D", "training.epochs=3", "-D", "run.directory=" + whole)).exit());
        Outcome first = train(with(averaging));
        assertEquals(0, first.exit(), first.err());
        assertTrue(first.out().contains("method     inner mmard, outer mmard, averaging ema\n"), first.out());
        Outcome resumed = train(with(averaging, "--resume", "-D", "training.epochs=3"));
        assertEquals(0, resumed.exit(), resumed.err());
        assertTrue(Arrays.equals(parameters(whole), parameters(folder.resolve("run"))));
        Path plain = folder.resolve("plain");
        assertEquals(0, train("-D", "training.epochs=3", "-D", "run.directory=" + plain).exit());
        assertEquals(losses(plain), losses(whole));
        assertFalse(Arrays.equals(parameters(plain), parameters(whole)));

        // As in a run that is older than the key.
        Path conf = plain.resolve("run.conf");
        Files.writeString(conf, Files.readString(conf).replaceAll("averaging \\{[^}]*}", ""));
        Outcome late = train(with(averaging, "--resume", "-D", "training.epochs=4", "-D", "run.directory=" + plain));
        assertEquals(2, late.exit(), late.out() + late.err());
        assertTrue(late.err().startsWith("mmard: training.averaging.kind = ema: the run's checkpoint of epoch 3 holds no average"),
                late.err());
    }

    @Test
    void aDirectoryInWhichADriverTrainsIsRefusedAndGivenBackAfterAMistake() throws IOException {
        teacher(10);
        refused("data.uri", "-D", "data.uri=null");
        assertFalse(Files.exists(folder.resolve("run")));
        try (RunLock lock = RunDirectory.at(runUri(), new org.apache.hadoop.conf.Configuration()).lock(line -> {})) {
            refused("run.directory " + runUri() + ": in use by another driver (process " + ProcessHandle.current().pid() + " on ");
        }
        refused("nowhere.zip", "-D", "teacher.model=" + folder.resolve("nowhere.zip"));
        assertFalse(Files.exists(folder.resolve("run")));
    }

    private static String[] with(String[] options, String... more) {
        return Stream.concat(Arrays.stream(options), Arrays.stream(more)).toArray(String[]::new);
    }

    @Test
    void everyMistakeIsFoundBeforeAnythingIsWritten() throws IOException {
        teacher(10);
        refused("teacher.model", "-D", "teacher.model=null");
        refused("nowhere.zip: there is no such model file", "-D", "teacher.model=" + folder.resolve("nowhere.zip"));
        refused("nowhere: no such file or folder", "-D", "data.uri=" + folder.resolve("nowhere"));
        refused("unknown architecture 'resnet9'", "-D", "student.architecture=resnet9");
        refused("method.outer", "-D", "method.outer=kindness");
        refused("the only addition is \"rslad + triangle\"", "-D", "method.outer=rslad + circle");
        refused("method.b is \"NaN\" (command line): give a finite number", "-D", "method.b=NaN");
        refused("outer loss mmard needs natural too", "-D", "method.forwards=[adversarial]");
        refused("preset is \"goldblum\" (command line): give one of trades-yaodongyu", "-D", "preset=goldblum");
        refused("cannot be written", "-D", "run.directory=" + folder.resolve("teacher.zip"));
        refused("student.initial", "-D", "student.initial=" + folder.resolve("teacher.zip"), "-D", "student.architecture=cnn-4-4");
        teacher(7);
        refused("tells 7 classes apart", "-D", "training.epochs=2");
        teacher(10, new ImageShape(3, 64, 64));
        refused("teacher.zip is for images of 3 x 64 x 64, those of " + shared.resolve("shapes") + " are 3 x 32 x 32", "-D",
                "training.epochs=2");
    }

    @Test
    void batchesThatCannotBeTrainedOnAreRefusedBeforeSparkStarts() throws IOException {
        teacher(10);
        refused("cluster.executors = 2: 160 training images in batches of 160 leave some executors without a batch; lower "
                + "cluster.executors or training.batch",
                "-D", "cluster.executors=2", "-D", "training.batch=160");
        String[] narrow = {"-D", "student.architecture=cnn-4-4-4-4-4-4-4"};
        refused("training.batch = 53: the last batch of an epoch, after 3 of 53, has one image, of which batch norm ",
                with(narrow, "-D", "training.batch=53"));
        refused("training.batch = 1: each batch has one image", with(narrow, "-D", "training.batch=1"));
    }

    @Test
    void whatAnotherHasPutIntoTheDirectoryIsNotWrittenOver() throws IOException {
        teacher(10);
        Path best = Files.writeString(Files.createDirectories(folder.resolve("run")).resolve("best.zip"), "mine");
        refused("best.zip: is there, but no run with its run.conf, and a new one would write over it");
        assertEquals("mine", Files.readString(best));
    }

    @Test
    void aFilesystemWhoseJarIsMissingIsSaidInASentence() throws IOException {
        teacher(10);
        for (String key : new String[] {"data.uri", "teacher.model", "run.directory"}) {
            refused("the class path has no jar for s3a://", "-D", key + "=s3a://bucket/cifar");
        }
        Outcome outcome = Outcome.of("train", "--conf", "s3a://bucket/run.conf");
        assertEquals(2, outcome.exit());
        assertTrue(outcome.err().lines().count() == 1 && outcome.err().contains("the class path has no jar for s3a://"), outcome.err());
    }

    @Test
    void theNextLineCanBePasted() throws Exception {
        teacher(10);
        String directory = folder.resolve("it's a \u001b run; $(true)").toString();
        Outcome outcome = train("-D", "training.epochs=1", "-D", "run.directory=" + directory);
        assertEquals(0, outcome.exit(), outcome.err());
        String next =
                outcome.out().lines().filter(line -> line.startsWith("next ")).findFirst().orElseThrow().replaceFirst("next +mmard ", "");
        Process words = new ProcessBuilder("bash", "-c", "printf '%s\\0' " + next).start();
        List<String> pasted = List.of(new String(words.getInputStream().readAllBytes(), StandardCharsets.UTF_8).split("\0"));
        assertEquals(List.of("evaluate", "--model", "file:" + directory + "/best.zip", "--data", shared.resolve("shapes").toString(),
                "--out", "file:" + directory), pasted);
        assertFalse(outcome.out().contains("\u001b"));
    }

    @Test
    void aRunIsGoneOnWithPastAnyDamageOfItsCheckpoints() throws Exception {
        teacher(10);
        assertEquals(0, train().exit());
        Path checkpoints = folder.resolve("run/checkpoints");
        Files.createDirectory(checkpoints.resolve("epoch-0009.zip"));
        assertEquals(0, new ProcessBuilder("mkfifo", checkpoints.resolve("epoch-0008.zip").toString()).start().waitFor());
        Files.write(checkpoints.resolve("epoch-0007.zip"), new byte[1000]);
        try (OutputStream out = Files.newOutputStream(checkpoints.resolve("epoch-0006.zip"))) {
            List<String> names = IntStream.range(0, 10).mapToObj(number -> "class " + number).toList();
            ModelFile.write(out, Architectures.network("cnn-4-8", 10, 1),
                    new ModelFile.Metadata("cnn-4-8", ImageShape.CIFAR, names, "none", Map.of()),
                    Map.of("state.json", "null".getBytes(StandardCharsets.UTF_8)));
        }
        Files.copy(checkpoints.resolve("epoch-0001.zip"), checkpoints.resolve("epoch-0005.zip"));
        Files.writeString(checkpoints.resolve("interrupted.zip"), "PK");
        Outcome resumed = train("--resume", "-D", "training.epochs=3");
        assertEquals(0, resumed.exit(), resumed.out() + resumed.err());
        assertTrue(resumed.out().contains("resumed after epoch 2"), resumed.out());
        for (String name : List.of("epoch-0009", "epoch-0008", "epoch-0007", "epoch-0006", "epoch-0005", "interrupted")) {
            assertTrue(
                    resumed.err().lines()
                            .anyMatch(line -> line.contains("skipped a checkpoint that cannot be used: ") && line.contains(name)),
                    name + " in " + resumed.err());
        }
    }

    @Test
    void aRunThatIsStoppedWithinAnEpochEndsWithTheSameBitsAsOneThatIsNot() throws Exception {
        teacher(10);
        List<String> options =
                List.of("-D", "training.epochs=3", "-D", "training.batch=1", "-D", "attack.steps=10", "-D", "training.averaging.kind=ema",
                        "-D", "training.averaging.decay=0.9", "-D", "training.averaging.from-epoch=1");
        // The second epoch is that in which the average begins.
        String line = stopWithinAnEpoch(3, options, Map.of(), "TERM", 143);
        assertTrue(line.matches("mmard: stopped by SIGTERM after step \\d+ of epoch [23]; kept in file:\\S*/checkpoints/interrupted.zip; "
                + "go on with: mmard train .* --resume"), line);

        Started resumed = new Started(Stream.concat(options.stream(), Stream.of("--resume")).toList(), Map.of());
        resumed.await("epoch 3/3   loss");
        resumed.end(0);
        assertTrue(resumed.lines.stream().anyMatch(text -> text.contains("resumed after step ")), resumed.text());
        assertFalse(Files.exists(folder.resolve("run/checkpoints/interrupted.zip")));

        Path whole = folder.resolve("whole");
        assertEquals(0, train(with(options.toArray(String[]::new), "-D", "run.directory=" + whole)).exit());
        assertEquals(metricsWithoutTimes(whole), metricsWithoutTimes(folder.resolve("run")));
        for (String entry : new String[] {"coefficients.bin", "updaterState.bin", "raw.bin"}) {
            assertTrue(Arrays.equals(entry(whole, entry), entry(folder.resolve("run"), entry)), entry);
        }
    }

    @Test
    void twoExecutorsBringBackTheirStateAlthoughCtrlCReachesThemToo() throws Exception {
        teacher(10);
        List<String> options =
                List.of("-D", "training.epochs=2", "-D", "training.batch=1", "-D", "attack.steps=10", "-D", "cluster.executors=2",
                        "-D", "cluster.start-timeout=400");
        Map<String, String> cluster = Map.of("MMARD_MASTER", "local-cluster[2,1,1024]");
        String line = stopWithinAnEpoch(2, options, cluster, "INT", 130);
        assertTrue(line.matches("mmard: stopped by SIGINT after step \\d+ of epoch 2; kept in file:\\S*/checkpoints/interrupted.zip; .*"),
                line);
        int steps = Integer.parseInt(line.replaceAll(".* step (\\d+) .*", "$1"));
        assertEquals(0, steps % 2, "executors stop after the same round");

        Started resumed = new Started(Stream.concat(options.stream(), Stream.of("--resume")).toList(), cluster);
        resumed.end(0);
        List<String> epochs = metricsWithoutTimes(folder.resolve("run"));
        assertEquals(2, epochs.size(), epochs.toString());
        assertTrue(epochs.get(1).contains("\"step\":320,") && epochs.get(1).contains("\"images\":160,"), epochs.get(1));
    }

    @Test
    void aRunGoesOnWithinAnEpochWithAnotherNumberOfExecutors() throws Exception {
        teacher(10);
        List<String> options =
                List.of("-D", "training.epochs=2", "-D", "training.batch=1", "-D", "attack.steps=10", "-D", "cluster.start-timeout=400");
        String line = stopWithinAnEpoch(2, options, Map.of(), "TERM", 143);
        int steps = Integer.parseInt(line.replaceAll(".* step (\\d+) .*", "$1"));

        List<String> two = List.of("--resume", "-D", "cluster.executors=2");
        Started resumed =
                new Started(Stream.concat(options.stream(), two.stream()).toList(), Map.of("MMARD_MASTER", "local-cluster[2,1,1024]"));
        resumed.end(0);
        assertTrue(resumed.text().contains("resumed after step " + steps + " of epoch 2 with 2 executors in place of 1"), resumed.text());
        List<String> epochs = metricsWithoutTimes(folder.resolve("run"));
        assertEquals(2, epochs.size(), epochs.toString());
        assertTrue(epochs.get(1).contains("\"step\":320,") && epochs.get(1).contains("\"images\":160,"), epochs.get(1));
        JsonNode starts = new ObjectMapper().readTree(folder.resolve("run/provenance.json").toFile()).path("starts");
        assertEquals(List.of(1, 2),
                List.of(starts.get(0).path("executors").asInt(), starts.get(starts.size() - 1).path("executors").asInt()));
    }

    @Test
    void aSecondSignalEndsTheProcessAtOnce() throws Exception {
        teacher(10);
        Started stopped =
                new Started(List.of("-D", "training.epochs=" + MANY, "-D", "attack.steps=1000000", "-D", "training.batch=80"), Map.of());
        stopped.await("accuracies below");
        stopped.awaitTask();
        // Until its first step is under way, a run can stop before that step; this one never ends.
        Thread.sleep(8000);
        stopped.signal("TERM");
        stopped.await("SIGTERM: stopping after the current step");
        Thread.sleep(1500);
        stopped.signal("TERM");
        stopped.end(143);
        assertFalse(stopped.text().contains("stopped by SIGTERM"), stopped.text());
    }

    @Test
    void aSignalBeforeTrainingBeginsSaysHowToGoOn() throws Exception {
        teacher(10);
        Started stopped = new Started(List.of("-D", "cluster.executors=2"), Map.of("MMARD_MASTER", "spark://127.0.0.1:9"));
        stopped.awaitLog("Initialized driver component", 1);
        stopped.signal("TERM");
        String line = stopped.end(143);
        assertTrue(line.startsWith("mmard: stopped by SIGTERM; finished epochs are kept in ") && line.endsWith(" --resume"), line);
    }

    /**
     * Starts the command, with two epochs or more, and sends a signal to it and its executors when some steps of the second are done;
     * again, and later, where there were none yet. @return the last line
     */
    private String stopWithinAnEpoch(int epochs, List<String> options, Map<String, String> environment, String signal, int code)
            throws Exception {
        List<String> resuming = Stream.concat(options.stream(), Stream.of("--resume")).toList();
        for (long wait = 300;; wait *= 3) {
            Started started = new Started(resuming, environment);
            started.await(wait == 300 ? "epoch 1/" + epochs + "   loss" : "accuracies below");
            started.awaitTask();
            Thread.sleep(wait);
            started.process.children().forEach(executor -> signal(executor.pid(), signal));
            started.signal(signal);
            String line = started.end(code);
            if (line.contains(" after step ") || wait > 10_000) {
                return line;
            }
        }
    }

    /** The command in a process of its own, as the launcher starts it: what it prints is what a user sees. */
    private final class Started {
        private final Process process;
        private final List<String> lines = new ArrayList<>();
        private final BufferedReader reader;
        private final Path log = folder.resolve("train-" + System.nanoTime() + ".log");

        Started(List<String> options, Map<String, String> environment) throws IOException {
            ProcessBuilder command = SameJvm.command(arguments(options)).redirectErrorStream(true);
            // Whoever runs the tests in the background has Ctrl-C ignored, by them and by all that they start.
            command.command().addAll(0, List.of("env", "--default-signal=INT"));
            command.command().addAll(3, List.of("-Dlog4j2.configurationFile=org/mmard/log4j2.properties", "-Dmmard.log=" + log));
            command.environment().putAll(environment);
            process = command.start();
            processes.add(process);
            reader = process.inputReader(StandardCharsets.UTF_8);
        }

        void await(String start) throws IOException {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(line);
                if (line.startsWith(start)) {
                    return;
                }
            }
            throw new AssertionError(text());
        }

        /** Waits until the executors have begun with something that they have not begun with yet. */
        void awaitTask() throws Exception {
            awaitLog(TASK, count(TASK) + 1);
        }

        void awaitLog(String words, int times) throws Exception {
            while (count(words) < times) {
                assertTrue(process.isAlive(), text());
                Thread.sleep(20);
            }
        }

        private int count(String words) throws IOException {
            return Files.exists(log) ? Files.readString(log).split(words, -1).length - 1 : 0;
        }

        void signal(String name) {
            TrainCommandTest.signal(process.pid(), name);
        }

        /** The last line of a process that ends with that code, within the time that a scheduler gives it. */
        String end(int code) throws Exception {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(line);
            }
            assertTrue(process.waitFor(code == 0 ? 300 : 20, TimeUnit.SECONDS));
            assertEquals(code, process.exitValue(), text());
            assertFalse(lines.stream().anyMatch(line -> line.contains("Exception")), text());
            return lines.get(lines.size() - 1);
        }

        String text() {
            return String.join("\n", lines);
        }
    }

    private static void signal(long process, String name) {
        try {
            assertEquals(0, new ProcessBuilder("kill", "-" + name, Long.toString(process)).inheritIO().start().waitFor());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static List<String> metricsWithoutTimes(Path run) throws IOException {
        return Files.readAllLines(run.resolve("metrics.jsonl")).stream()
                .map(line -> line.replaceAll("\"(time|seconds|images_per_second)\":(\"[^\"]*\"|[^,}]*)", "")).toList();
    }

    private static byte[] entry(Path run, String name) throws IOException {
        try (ZipFile zip = new ZipFile(run.resolve("last.zip").toFile())) {
            return zip.getInputStream(zip.getEntry(name)).readAllBytes();
        }
    }

    private void refused(String complaint, String... options) throws IOException {
        Outcome outcome = train(options);
        assertEquals(2, outcome.exit(), outcome.out() + outcome.err());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().contains(complaint), outcome.err());
        assertFalse(Files.exists(folder.resolve("run/run.conf")));
    }

    private Outcome train(String... options) throws IOException {
        return Outcome.of(arguments(List.of(options)).toArray(String[]::new));
    }

    private List<String> arguments(List<String> options) throws IOException {
        Path conf = folder.resolve("run.conf");
        Files.writeString(conf, """
                run { directory = "%s", seed = 3 }
                data.uri = "%s"
                student.architecture = cnn-4-8
                teacher.model = "%s"
                method.name = mmard
                attack.steps = 1
                training { epochs = 2, batch = 32, warm-up = 0, milestones = [] }
                validation { examples = 40, steps = 1 }
                cluster.executors = 1
                """.formatted(folder.resolve("run"), shared.resolve("shapes"), folder.resolve("teacher.zip")));
        return Stream.concat(Stream.of("train", "--conf", conf.toString()), options.stream()).toList();
    }

    private void teacher(int classes) throws IOException {
        teacher(classes, ImageShape.CIFAR);
    }

    private void teacher(int classes, ImageShape shape) throws IOException {
        List<String> names = Stream.iterate(0, i -> i + 1).limit(classes).map(Object::toString).toList();
        try (OutputStream out = Files.newOutputStream(folder.resolve("teacher.zip"))) {
            ModelFile.write(out, Architectures.network("cnn-4-8", shape, classes, 1),
                    new ModelFile.Metadata("cnn-4-8", shape, names, "none", Map.of()),
                    Map.of());
        }
    }

    private String runUri() {
        return "file:" + folder.resolve("run");
    }

    private static List<String> losses(Path run) throws IOException {
        return Files.readAllLines(run.resolve("metrics.jsonl")).stream().map(line -> line.replaceAll(".*\"loss\":([^,]*),.*", "$1"))
                .toList();
    }

    private static float[] parameters(Path run) {
        return ModelFile.read(run.resolve("last.zip").toString(), new org.apache.hadoop.conf.Configuration()).graph().params()
                .toFloatVector();
    }
}
