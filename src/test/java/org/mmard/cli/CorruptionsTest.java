package org.mmard.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.app.ModelEvaluation;
import org.mmard.attack.BalancedNetwork;
import org.mmard.data.CorruptedFixture;
import org.mmard.data.DataSource;
import org.mmard.data.DataSources;
import org.mmard.data.ImageSet;
import org.mmard.data.ImageShape;
import org.mmard.data.ShapesFolder;
import org.mmard.engine.Classifier;
import org.mmard.engine.TorchNetwork;
import org.mmard.files.HadoopConfiguration;
import org.mmard.model.ModelFile;
import org.mmard.report.RecordedEvaluation;

/** {@code mmard evaluate --corruptions}, on files of CIFAR-10-C's layout. */
class CorruptionsTest {
    private static final int EACH = 12;

    @TempDir
    private static Path folder;
    private static String model;
    private static String data;
    private static String corrupted;
    private static ImageSet images;

    @BeforeAll
    static void makeModelAndData() throws Exception {
        data = folder.resolve("shapes").toString();
        new ShapesFolder(50, 20, 1).write(data, HadoopConfiguration.load());
        images = DataSources.open(data, HadoopConfiguration.load()).test(DataSource.ALL);
        corrupted = CorruptedFixture.write(folder.resolve("SHAPES-C"), images, EACH, "fog", "snow", "spatter").toString();
        model = folder.resolve("cnn.zip").toString();
        List<String> names = IntStream.range(0, 10).mapToObj(Integer::toString).toList();
        try (OutputStream out = Files.newOutputStream(Path.of(model))) {
            ModelFile.write(out, network(), new ModelFile.Metadata("cnn-8", ImageShape.CIFAR, names, data, Map.of()), Map.of());
        }
    }

    private static ComputationGraph network() {
        return BalancedNetwork.of("cnn-8", images, 3);
    }

    private static Outcome evaluate(Path out, String... options) {
        return Outcome.of(Stream.concat(Stream.of("evaluate", "--model", model, "--data", data, "--examples", "10", "--attacks", "clean",
                "--batch", "4", "--out", out.toString()), Arrays.stream(options)).toArray(String[]::new));
    }

    private static JsonNode written(Path out) throws IOException {
        return new ObjectMapper().readTree(out.resolve(RecordedEvaluation.FILE).toFile()).get("corruptions");
    }

    @Test
    void accuraciesOnCorruptedImagesAreToldWrittenAndTheSameOnACluster() throws IOException {
        Path out = folder.resolve("here");
        Outcome outcome = evaluate(out, "--corruptions", corrupted);
        assertEquals(0, outcome.exit(), outcome.err());
        assertFalse(outcome.out().contains("warning"), outcome.out());
        JsonNode found = written(out);
        assertEquals("file:" + corrupted, found.get("data").asText());
        assertEquals(10, found.get("examples").asInt());
        assertEquals("[1,2,3,4,5]", found.get("severities").toString());
        assertEquals(2, found.get("mean_over").asInt());
        double sum = 0;
        try (Classifier classifier = TorchNetwork.frozen(network())) {
            for (String name : List.of("fog", "snow", "spatter")) {
                JsonNode one = found.get("by_corruption").get(name);
                int right = 0;
                for (int severity = 1; severity <= 5; severity++) {
                    int ofThis = right(classifier, name, severity, 10);
                    right += ofThis;
                    assertEquals(ofThis / 10.0, one.get("accuracies").get(severity - 1).asDouble(), name + " " + severity);
                    assertEquals(64, one.get("data_sha256").get(severity - 1).asText().length());
                }
                assertEquals(right / 50.0, one.get("accuracy").asDouble(), 1e-12, name);
                assertEquals(!name.equals("spatter"), one.get("in_mean").asBoolean());
                assertEquals(Files.size(Path.of(corrupted, name + ".npy")), one.get("bytes").asLong());
                sum += one.get("in_mean").asBoolean() ? right / 50.0 : 0;
            }
        }
        assertEquals(sum / 2, found.get("mean_accuracy").asDouble(), 1e-12);
        // A model that gives every image the same class would not see a wrong one.
        assertTrue(found.findValues("accuracies").stream().distinct().count() == 3, found.toString());
        assertTrue(outcome.out().contains(String.format("mean of 2 of 15   %8.2f %%        100", 100 * sum / 2)), outcome.out());

        System.setProperty("spark.master", "local[2]");
        try {
            Path cluster = folder.resolve("spark");
            Outcome onSpark = evaluate(cluster, "--corruptions", corrupted);
            assertEquals(0, onSpark.exit(), onSpark.err());
            JsonNode there = written(cluster);
            assertEquals(found.get("mean_accuracy"), there.get("mean_accuracy"));
            found.get("by_corruption").fields().forEachRemaining(one -> assertEquals(one.getValue().get("accuracies"),
                    there.get("by_corruption").get(one.getKey()).get("accuracies"), one.getKey()));
        } finally {
            System.clearProperty("spark.master");
        }
    }

    /** Each image by itself. */
    private static int right(Classifier classifier, String corruption, int severity, int examples) {
        int right = 0;
        for (int record = 0; record < examples; record++) {
            float[] pixels = CorruptedFixture.planes(images, corruption, severity, record);
            right += classifier.logits(ImageShape.CIFAR, pixels).argMax(0) == images.label(record) ? 1 : 0;
        }
        return right;
    }

    @Test
    void aStoppedMeasurementGoesOnWithTheSeveritiesThatAreNotDone() throws IOException {
        Path out = folder.resolve("stopped");
        Path own = CorruptedFixture.write(folder.resolve("own-C"), images, EACH, "fog", "snow");
        List<String> told = new ArrayList<>();
        assertThrows(IllegalStateException.class, () -> evaluation(out, own).listener((name, done, total, atMost) -> {
            if (name.equals("fog") && done > 2 * EACH) {
                throw new IllegalStateException("stopped");
            }
        }).run());
        assertFalse(Files.exists(out.resolve(RecordedEvaluation.FILE)));
        // Another image at the beginning of the second severity: of it, nothing is known.
        Path fog = own.resolve("fog.npy");
        byte[] whole = Files.readAllBytes(fog);
        whole[128 + EACH * ImageShape.CIFAR.size()] ^= 1;
        Files.write(fog, whole);
        evaluation(out, own).listener((name, done, total, atMost) -> told.add(name + " " + done)).run();
        // A severity in one step was known, others are done four images at a time. The corruptions come in the paper's order.
        assertEquals(List.of("snow 0", "snow 12", "snow 24", "snow 36", "snow 48", "snow 60", "fog 0", "fog 12", "fog 16", "fog 20",
                "fog 24", "fog 28", "fog 32", "fog 36"), told.stream().filter(line -> line.matches("(snow|fog).*")).limit(14).toList());
        try (Stream<Path> left = Files.list(out)) {
            assertEquals(List.of("evaluation.csv", RecordedEvaluation.FILE),
                    left.map(file -> file.getFileName().toString()).sorted().toList());
        }
        Path anew = folder.resolve("anew");
        evaluation(anew, own).run();
        for (String name : List.of("fog", "snow")) {
            for (String field : List.of("accuracy", "accuracies", "data_sha256")) {
                assertEquals(written(anew).get("by_corruption").get(name).get(field),
                        written(out).get("by_corruption").get(name).get(field));
            }
        }
    }

    private static ModelEvaluation evaluation(Path out, Path corruptions) {
        return ModelEvaluation.of(model).data(data).attacks("clean").batch(4).corruptions(corruptions.toString()).out(out.toString());
    }

    @Test
    void severitiesAreChosen() throws IOException {
        Path out = folder.resolve("severe");
        Outcome outcome = evaluate(out, "--corruptions", corrupted, "--severities", "5,3");
        assertEquals(0, outcome.exit(), outcome.err());
        assertTrue(outcome.out().contains("at severity 3, 5"), outcome.out());
        assertEquals("[3,5]", written(out).get("severities").toString());
        try (Classifier classifier = TorchNetwork.frozen(network())) {
            assertEquals(right(classifier, "snow", 5, 10) / 10.0,
                    written(out).get("by_corruption").get("snow").get("accuracies").get(1).asDouble());
        }
    }

    @Test
    void imagesOfAnotherTestSetAreWarnedOfAndOtherFilesAreNamed() throws IOException {
        Path other =
                CorruptedFixture.write(folder.resolve("other-C"), images.select(IntStream.rangeClosed(1, 19).map(i -> 20 - i).toArray()),
                        EACH, "fog", "unheard_of");
        Path out = folder.resolve("other");
        Outcome outcome = evaluate(out, "--corruptions", other.toString());
        assertEquals(0, outcome.exit(), outcome.err());
        assertTrue(outcome.out().contains("warning: the corrupted images have other labels than the test images at "), outcome.out());
        assertTrue(outcome.out().contains("other-C/unheard_of.npy: no corruption of the benchmark, left out"), outcome.out());
    }

    @Test
    void theReportShowsAccuraciesBySeverity() throws IOException {
        Path out = folder.resolve("reported");
        assertEquals(0, evaluate(out, "--corruptions", corrupted).exit());
        Path page = folder.resolve("page.html");
        Outcome outcome = Outcome.of("report", out.toString(), out.toString(), "--out", page.toString());
        assertEquals(0, outcome.exit(), outcome.err());
        String html = Files.readString(page);
        assertTrue(html.contains("<h4>On corrupted images</h4>"), html);
        String percent = String.format("%.1f", 100 * written(out).get("by_corruption").get("snow").get("accuracies").get(4).asDouble());
        assertTrue(html.contains("title=\"snow, severity 5: " + percent + "\u00a0%\">" + percent + "</td>"), html);
        // The mean stands between those that it is of and the extra one.
        assertTrue(html.indexOf("<th scope=\"row\">mean of 2 corruptions</th>") > html.indexOf("<th scope=\"row\">fog</th>"), html);
        assertTrue(html.indexOf("<th scope=\"row\">spatter</th>") > html.indexOf("<th scope=\"row\">mean of 2 corruptions</th>"), html);
    }

    @Test
    void mistakesAreOneLineBeforeAnyWork() throws IOException {
        Path out = folder.resolve("mistaken");
        assertMistake(out, "no-such-folder: no such folder", "--corruptions", folder.resolve("no-such-folder").toString());
        assertMistake(out, "shapes: has none of the files of CIFAR-10-C or CIFAR-100-C", "--corruptions", data);
        assertMistake(out, "cnn.zip: is a file; unpack it", "--corruptions", model);
        assertMistake(out, "--severities are those of corrupted images", "--severities", "1");
        assertMistake(out, "severities [0, 1] of ", "--corruptions", corrupted, "--severities", "1,0");
        assertMistake(out, "severities [2, 2] of ", "--corruptions", corrupted, "--severities", "2,2");
        assertMistake(out, "--severities", "--corruptions", corrupted, "--severities", "mild");
        Path larger = CorruptedFixture.write(folder.resolve("larger-C"),
                new ImageSet(new ImageShape(3, 64, 64), new byte[10 * 3 * 64 * 64], new byte[10], List.of("a")), 10, "fog");
        assertMistake(out, "fog.npy: has shape [50, 64, 64, 3], where [50, 32, 32, 3] is wanted", "--corruptions", larger.toString());
        assertFalse(Files.exists(out));
    }

    private static void assertMistake(Path out, String expected, String... options) {
        Outcome outcome = evaluate(out, options);
        assertEquals(2, outcome.exit(), outcome.err());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().contains(expected), outcome.err());
    }
}
