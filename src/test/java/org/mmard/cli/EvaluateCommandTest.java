package org.mmard.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.bytedeco.javacpp.PointerScope;
import org.mmard.attack.Attacks;
import org.mmard.attack.Examples;
import org.mmard.attack.RandomSource;
import org.mmard.data.DataSource;
import org.mmard.data.DataSources;
import org.mmard.data.ImageSet;
import org.mmard.data.ImageShape;
import org.mmard.data.ShapesFolder;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Logits;
import org.mmard.engine.TorchNetwork;
import org.mmard.files.HadoopConfiguration;
import org.mmard.files.Npy;
import org.mmard.model.Architectures;
import org.mmard.model.ModelFile;
import org.mmard.report.RecordedEvaluation;

class EvaluateCommandTest {
    @TempDir
    private static Path folder;
    private static String model;
    private static String data;

    @BeforeAll
    static void makeModelAndData() throws Exception {
        data = folder.resolve("shapes").toString();
        new ShapesFolder(50, 60, 1).write(data, HadoopConfiguration.load());
        model = write("cnn.zip", 10);
    }

    private static String write(String name, int classes) throws Exception {
        return write(name, Architectures.network("cnn-8", classes, 3), classes);
    }

    private static String write(String name, ComputationGraph network, int classes) throws Exception {
        Path file = folder.resolve(name);
        List<String> names = IntStream.range(0, classes).mapToObj(Integer::toString).toList();
        try (var out = Files.newOutputStream(file)) {
            ModelFile.write(out, network, new ModelFile.Metadata("cnn-8", ImageShape.CIFAR, names, data, Map.of()), Map.of());
        }
        return file.toString();
    }

    @Test
    void aClusterGivesTheFiguresOfOneProcess() throws Exception {
        JsonNode here = evaluate("here");
        System.setProperty("spark.master", "local[2]");
        JsonNode onSpark;
        try {
            onSpark = evaluate("spark");
        } finally {
            System.clearProperty("spark.master");
        }
        assertEquals(60, here.get("examples").asInt());
        assertEquals(here.get("clean"), onSpark.get("clean"));
        for (String attack : new String[] {"fgsm", "pgd20", "autoattack"}) {
            assertEquals(here.get("attacks").get(attack).get("robust"), onSpark.get("attacks").get(attack).get("robust"), attack);
        }
        assertEquals(4, here.get("attacks").get("autoattack").get("stages").size());
        assertEquals(64, here.get("model_sha256").asText().length());
        assertEquals(Files.readString(folder.resolve("here").resolve("evaluation.csv")),
                Files.readString(folder.resolve("spark").resolve("evaluation.csv")));
    }

    @Test
    void theLastLineSaysWhoWorked() {
        String[] options = {"evaluate", "--model", model, "--data", data, "--attacks", "clean", "--examples", "9", "--batch", "4", "--out",
            folder.resolve("who").toString(), "--threads"};
        Outcome one = Outcome.of(with(options, "1"));
        assertTrue(one.out().lines().anyMatch(line -> line.matches("\\d+ s by 1 thread")), one.out());
        Outcome two = Outcome.of(with(options, "2"));
        assertTrue(two.out().lines().anyMatch(line -> line.matches("\\d+ s by 2 threads; the seconds above are summed over them")),
                two.out());
        Outcome none = Outcome.of(with(options, "0"));
        assertEquals(2, none.exit());
        assertEquals("mmard: --threads 0: give 1 or more", none.err().strip());
    }

    @Test
    void pyTorchWeightsAreEvaluatedUnderTheirArchitecturesName() throws Exception {
        String out = folder.resolve("torch").toString();
        Outcome outcome = Outcome.of("evaluate", "--model", "src/test/resources/org/mmard/model/plain.pt", "--architecture", "cnn-4-6",
                "--data", data, "--attacks", "clean", "--out", out);
        assertEquals(0, outcome.exit(), outcome.err());
        JsonNode written = new ObjectMapper().readTree(Path.of(out, "evaluation.json").toFile());
        assertEquals("cnn-4-6", written.get("architecture").asText());
        assertEquals(60, written.get("examples").asInt());
    }

    @Test
    void aModelForImagesOfAnotherShapeIsRefused() throws Exception {
        Path file = folder.resolve("larger.zip");
        ImageShape shape = new ImageShape(3, 64, 64);
        List<String> names = IntStream.range(0, 10).mapToObj(Integer::toString).toList();
        try (var out = Files.newOutputStream(file)) {
            ModelFile.write(out, Architectures.network("cnn-8", shape, 10, 3), new ModelFile.Metadata("cnn-8", shape, names, "", Map.of()),
                    Map.of());
        }
        Outcome outcome = Outcome.of("evaluate", "--model", file.toString(), "--data", data, "--out", folder.resolve("refused").toString());
        assertEquals(2, outcome.exit());
        assertTrue(outcome.err().contains("larger.zip is for images of 3 x 64 x 64, those of " + data + " are 3 x 32 x 32"), outcome.err());
        assertFalse(Files.exists(folder.resolve("refused")));
    }

    @Test
    void aKilledEvaluationGoesOnWhereItWas() throws Exception {
        String[] options = {"evaluate", "--model", model, "--data", data, "--attacks", "pgd20x40,fgsm", "--batch", "4", "--out"};
        Path whole = folder.resolve("whole");
        assertEquals(0, Outcome.of(with(options, whole.toString())).exit());
        Path killed = folder.resolve("killed");
        Process process = SameJvm.command(List.of(with(options, killed.toString()))).redirectErrorStream(true)
                .redirectOutput(folder.resolve("killed.txt").toFile()).start();
        try {
            while (parts(killed) < 2) {
                assertTrue(process.isAlive(), () -> "ended before it could be killed: " + read(folder.resolve("killed.txt")));
                Thread.sleep(20);
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertFalse(Files.exists(killed.resolve(RecordedEvaluation.FILE)));
        Outcome resumed = Outcome.of(with(options, killed.toString()));
        assertEquals(0, resumed.exit(), resumed.err());
        assertTrue(resumed.out().contains("going on with"), resumed.out());
        assertEquals(Files.readString(whole.resolve("evaluation.csv")), Files.readString(killed.resolve("evaluation.csv")));
        try (Stream<Path> left = Files.list(killed)) {
            assertEquals(List.of("evaluation.csv", RecordedEvaluation.FILE),
                    left.map(path -> path.getFileName().toString()).sorted().toList());
        }
    }

    /** How many parts of the slow attack an evaluation has saved. */
    private static long parts(Path out) {
        try (Stream<Path> files = Files.walk(out)) {
            return files.filter(path -> path.getFileName().toString().matches("pgd20x40-\\d+\\.json")).count();
        } catch (IOException | UncheckedIOException e) {
            return 0;
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String[] with(String[] options, String last) {
        String[] all = Arrays.copyOf(options, options.length + 1);
        all[options.length] = last;
        return all;
    }

    @Test
    void adversarialExamplesAreSavedAsFloatsAndAsCifar() throws Exception {
        Path out = folder.resolve("saved");
        Outcome outcome =
                Outcome.of("evaluate", "--model", model, "--data", data, "--attacks", "pgd20", "--batch", "25", "--examples", "30",
                        "--save-adversarial", "--out", out.toString());
        assertEquals(0, outcome.exit(), outcome.err());
        Npy saved = Npy.read(out.resolve("adversarial-pgd20.npy"));
        assertArrayEquals(new int[] {30, 3, 32, 32}, saved.shape());
        ImageSet images = DataSources.open(data, HadoopConfiguration.load()).test(30);
        byte[] rounded = Files.readAllBytes(out.resolve("adversarial-pgd20.bin"));
        assertEquals(30 * 3073, rounded.length);
        JsonNode json = new ObjectMapper().readTree(out.resolve(RecordedEvaluation.FILE).toFile());
        int moved = 0;
        for (int record = 0; record < 30; record++) {
            assertEquals(images.label(record), rounded[record * 3073]);
            double furthest = 0;
            for (int i = 0; i < ImageShape.CIFAR.size(); i++) {
                double value = saved.values()[record * ImageShape.CIFAR.size() + i];
                furthest = Math.max(furthest, Math.abs(value - images.value(record, i) / 255.0));
                assertEquals(Math.round(255 * value), rounded[record * 3073 + 1 + i] & 0xff, "value " + i + " of image " + record);
            }
            assertTrue(furthest <= 8 / 255.0 + 1e-6, "image " + record + " was moved by " + furthest);
            boolean wrongBefore = json.get("clean").get("correct").get(record).asInt() == 0;
            assertTrue(wrongBefore || furthest > 7.9 / 255, "image " + record + " was moved by " + furthest);
            moved += furthest > 0 ? 1 : 0;
        }
        assertTrue(moved > 0, "no image was attacked");
    }

    @Test
    void examplesMadeOnAnotherModelAreCountedHereAndOnAClusterAlike() throws Exception {
        String teacher = write("teacher.zip", Architectures.network("cnn-8", 10, 7), 10);
        String[] options =
                {"evaluate", "--model", model, "--data", data, "--examples", "20", "--attacks", "clean", "--transfer-from", teacher,
                    "--transfer-attacks", "pgd3,fgsm", "--save-adversarial", "--out"};
        Path here = folder.resolve("transfer");
        Outcome outcome = Outcome.of(with(options, here.toString()));
        assertEquals(0, outcome.exit(), outcome.err());
        assertTrue(outcome.out().contains("pgd3 from teacher.zip"), outcome.out());
        JsonNode found =
                new ObjectMapper().readTree(here.resolve(RecordedEvaluation.FILE).toFile()).get("attacks").get("pgd3 from teacher.zip");
        JsonNode parameters = found.get("parameters");
        assertEquals("pgd3", parameters.get("attack").asText());
        assertEquals(3, parameters.get("steps").asInt());
        assertEquals(teacher, parameters.get("source").asText());
        String digits = parameters.get("source_sha256").asText().substring(0, 12);
        assertTrue(Files.readAllLines(here.resolve("evaluation.csv")).get(0)
                .startsWith("example,label,prediction,pgd3 from teacher.zip_prediction"));

        // What was saved is what the attack makes of the teacher, and what was counted is what the model answers there.
        ImageSet images = DataSources.open(data, HadoopConfiguration.load()).test(20);
        Npy saved = Npy.read(here.resolve("adversarial-pgd3-from-" + digits + ".npy"));
        try (Classifier source = TorchNetwork.frozen(Architectures.network("cnn-8", 10, 7));
                Classifier target = TorchNetwork.frozen(Architectures.network("cnn-8", 10, 3)); PointerScope scope = new PointerScope()) {
            Examples examples = Examples.of(images, IntStream.range(0, 20).toArray());
            float[] made = LibTorch.values(Attacks.single("pgd3", Attacks.EPSILON).perturb(source, examples,
                    RandomSource.of(0, "pgd3-from-" + digits)));
            Logits answers = target.logits(ImageShape.CIFAR, made);
            for (int n = 0; n < 20; n++) {
                assertEquals(answers.argMax(n) == images.label(n) ? 1 : 0, found.get("robust").get(n).asInt(), "image " + n);
                boolean attacked = images.label(n) == target.logits(ImageShape.CIFAR, pixels(images, n)).argMax(0);
                assertTrue(!attacked || answers.argMax(n) == found.get("predictions").get(n).asInt(), "image " + n);
                for (int i = 0; attacked && i < ImageShape.CIFAR.size(); i++) {
                    assertEquals(made[n * ImageShape.CIFAR.size() + i], saved.values()[n * ImageShape.CIFAR.size() + i], 1e-6);
                }
            }
        }

        System.setProperty("spark.master", "local[2]");
        try {
            Path cluster = folder.resolve("transfer-spark");
            Outcome onSpark = Outcome.of(with(options, cluster.toString()));
            assertEquals(0, onSpark.exit(), onSpark.err());
            assertEquals(Files.readString(here.resolve("evaluation.csv")), Files.readString(cluster.resolve("evaluation.csv")));
        } finally {
            System.clearProperty("spark.master");
        }
    }

    private static float[] pixels(ImageSet images, int record) {
        float[] pixels = new float[ImageShape.CIFAR.size()];
        images.floats(record, pixels, 0);
        return pixels;
    }

    @Test
    void sourcesOfTransferAttacksAreCheckedBeforeAnyWork() throws Exception {
        String out = folder.resolve("no-transfer").toString();
        assertMistake("no-such.zip", "--model", model, "--data", data, "--out", out, "--transfer-from", "no-such.zip");
        assertMistake("hundred-source.zip tells 100 classes apart", "--model", model, "--data", data, "--out", out, "--transfer-from",
                write("hundred-source.zip", 100));
        assertMistake("it is the same file as the model that is evaluated", "--model", model, "--data", data, "--out", out,
                "--transfer-from",
                model);
        String teacher = write("other.zip", Architectures.network("cnn-8", 10, 9), 10);
        assertMistake("it is the same file as " + teacher, "--model", model, "--data", data, "--out", out, "--transfer-from",
                teacher + "," + teacher);
        assertMistake("attack 'apgd-ce' stops where the model that it attacks is wrong", "--model", model, "--data", data, "--out", out,
                "--transfer-from", teacher, "--transfer-attacks", "apgd-ce");
        assertMistake("name an attack", "--model", model, "--data", data, "--out", out, "--transfer-from", teacher, "--transfer-attacks",
                "clean");
        assertMistake("name these by --transfer-from", "--model", model, "--data", data, "--out", out, "--transfer-attacks", "pgd3");
        assertMistake("choose one with --entry, in mmard model import, and transfer from the zip", "--model", model, "--data", data,
                "--out",
                out, "--transfer-from", "src/test/resources/org/mmard/model/last-best.pt");
        String imported = folder.resolve("imported.zip").toString();
        try (OutputStream file = Files.newOutputStream(Path.of(imported))) {
            ModelFile.write(file, Architectures.network("cnn-8", 10, 9), new ModelFile.Metadata("cnn-8", ImageShape.CIFAR,
                    IntStream.range(0, 10).mapToObj(Integer::toString).toList(), "none",
                    Map.of("imported-sha256", ModelFile.checksum(model, new Configuration()))), Map.of());
        }
        assertMistake("or one was imported from the other", "--model", model, "--data", data, "--out", out, "--transfer-from", imported);
        assertFalse(Files.exists(Path.of(out)));
        ComputationGraph network = Architectures.network("cnn-8", 10, 5);
        network.params().assign(3e38);
        Outcome damaged = Outcome.of("evaluate", "--model", model, "--data", data, "--out", out, "--attacks", "clean", "--transfer-from",
                write("damaged.zip", network, 10));
        assertEquals(2, damaged.exit());
        assertTrue(damaged.err().contains("the logits of the model that it attacks are not finite"), damaged.err());
    }

    @Test
    void everyAttackStaysInTheBallThatIsAskedForAndReachesItsEdge() throws Exception {
        Path out = folder.resolve("radius");
        String[] options = {"evaluate", "--model", model, "--data", data, "--attacks", "fgsm,pgd4@2/255x2", "--save-adversarial", "--out",
            out.toString(), "--epsilon"};
        assertEquals(0, Outcome.of(with(options, "8/255")).exit());
        Outcome outcome = Outcome.of(with(options, "4/255"));
        assertEquals(0, outcome.exit(), outcome.err());
        assertTrue(outcome.out().contains("L-infinity, epsilon 4/255"), outcome.out());
        JsonNode json = new ObjectMapper().readTree(out.resolve(RecordedEvaluation.FILE).toFile());
        assertEquals(4 / 255.0, json.get("epsilon").asDouble());
        assertEquals("{\"restarts\":2,\"step_size\":" + 2 / 255.0 + ",\"steps\":4}",
                json.get("attacks").get("pgd4@2/255x2").get("parameters").toString());
        ImageSet images = DataSources.open(data, HadoopConfiguration.load()).test(DataSource.ALL);
        for (String attack : new String[] {"fgsm", "pgd4@2_255x2"}) {
            double[] values = Npy.read(out.resolve("adversarial-" + attack + ".npy")).values();
            double furthest = 0;
            for (int i = 0; i < values.length; i++) {
                furthest = Math.max(furthest,
                        Math.abs(values[i] - images.value(i / ImageShape.CIFAR.size(), i % ImageShape.CIFAR.size()) / 255.0));
            }
            assertEquals(4 / 255.0, furthest, 1e-6, attack);
        }
    }

    private static JsonNode evaluate(String out) throws Exception {
        Outcome outcome =
                Outcome.of("evaluate", "--model", model, "--data", data, "--attacks", "clean,fgsm,pgd20,autoattack", "--batch", "25",
                        "--out", folder.resolve(out).toString());
        assertEquals(0, outcome.exit(), outcome.err());
        assertTrue(outcome.out().contains("pgd20"), outcome.out());
        return new ObjectMapper().readTree(folder.resolve(out).resolve(RecordedEvaluation.FILE).toFile());
    }

    @Test
    void mistakesAreOneLineAndExitTwo() throws Exception {
        assertMistake("no-such.zip", "--model", "no-such.zip", "--data", data);
        assertMistake("unknown attack 'pgd'", "--model", model, "--data", data, "--attacks", "pgd");
        for (String epsilon : new String[] {"0", "-8/255", "256/255", "8/0", "eight"}) {
            assertMistake("--epsilon " + epsilon + ": give a number above 0, up to 1", "--model", model, "--data", data, "--epsilon",
                    epsilon);
        }
        assertMistake("--batch 0", "--model", model, "--data", data, "--batch", "0");
        assertMistake("no-such-data", "--model", model, "--data", folder.resolve("no-such-data").toString());
        assertMistake("100 classes", "--model", write("hundred.zip", 100), "--data", data);
    }

    @Test
    void logitsThatAreNoNumbersAreAMistakeHereAndOnACluster() throws Exception {
        ComputationGraph network = Architectures.network("cnn-8", 10, 3);
        network.params().assign(3e38);
        String broken = write("broken.zip", network, 10);
        assertMistake("not finite", "--model", broken, "--data", data, "--attacks", "clean", "--out", folder.resolve("broken").toString());
        System.setProperty("spark.master", "local[2]");
        try {
            assertMistake("not finite", "--model", broken, "--data", data, "--attacks", "clean", "--out",
                    folder.resolve("broken").toString());
        } finally {
            System.clearProperty("spark.master");
        }
    }

    private static void assertMistake(String expected, String... options) {
        String[] arguments = new String[options.length + 1];
        arguments[0] = "evaluate";
        System.arraycopy(options, 0, arguments, 1, options.length);
        Outcome outcome = Outcome.of(arguments);
        assertEquals(2, outcome.exit(), outcome.err());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().contains(expected), outcome.err());
    }
}
