package org.mmard.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class ModelFileTest {
    private static final ModelFile.Metadata METADATA =
            new ModelFile.Metadata("cnn-4-8", ImageShape.CIFAR, List.of("circle", "square", "star"), "shapes",
                    Map.of("seed", "5", "git", "abc"));

    @TempDir
    Path folder;

    private ComputationGraph graph;
    private Path file;

    @BeforeEach
    void writeModel() throws IOException {
        graph = Architectures.network("cnn-4-8", 3, 5);
        graph.getUpdater().getStateViewArray().assign(0.25);
        file = folder.resolve("model.zip");
        try (OutputStream out = Files.newOutputStream(file)) {
            ModelFile.write(out, graph, METADATA, Map.of("progress.json", "{}".getBytes(StandardCharsets.UTF_8)));
        }
    }

    @Test
    void readsWhatWasWritten() {
        ModelFile.Model model = read(file);
        assertArrayEquals(graph.params().toFloatVector(), model.graph().params().toFloatVector());
        assertEquals(METADATA, model.metadata());
        assertEquals(0.25, model.updaterState().meanNumber().doubleValue());
        assertEquals(List.of("progress.json"), List.copyOf(model.extras().keySet()));
        assertNull(model.graph().getUpdater(false), "the state is handed over, not installed");
    }

    @Test
    void plainDl4jLoadsItAndComputesTheSameLogits() throws IOException {
        INDArray images = Nd4j.rand(DataType.FLOAT, 4, 3, 32, 32);
        ComputationGraph plain = ModelSerializer.restoreComputationGraph(file.toFile());
        assertArrayEquals(graph.outputSingle(images).toFloatMatrix(), plain.outputSingle(images).toFloatMatrix());
        assertEquals(0.25, plain.getUpdater().getStateViewArray().meanNumber().doubleValue());
    }

    @Test
    void arraysAreWrittenAsNd4jWritesThem() throws IOException {
        INDArray whole = Nd4j.rand(DataType.FLOAT, 1, 40_000);
        for (INDArray array : List.of(whole, whole.reshape(40_000), graph.params(), graph.getUpdater().getStateViewArray(),
                Nd4j.rand(DataType.FLOAT, 1))) {
            ByteArrayOutputStream expected = new ByteArrayOutputStream();
            Nd4j.write(array, new DataOutputStream(expected));
            assertArrayEquals(expected.toByteArray(), ModelFile.bytes(array));
        }
        INDArray part = whole.reshape(40_000).get(NDArrayIndex.interval(7, 20_001));
        assertEquals(part, ModelFile.array("here", "there", ModelFile.bytes(part), part.length()));
    }

    @Test
    void weightsAreStoredUncompressed() throws IOException {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (String entry : List.of("coefficients.bin", "updaterState.bin", "progress.json")) {
                assertEquals(ZipEntry.STORED, zip.getEntry(entry).getMethod(), entry);
            }
        }
    }

    @Test
    void configurationNamesNoClassOfOurs() throws IOException {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            String json = new String(zip.getInputStream(zip.getEntry("configuration.json")).readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(json.contains("org.deeplearning4j"));
            assertFalse(json.contains("org.mmard"));
        }
    }

    @Test
    void sameModelGivesTheSameBytes() throws IOException {
        ByteArrayOutputStream again = new ByteArrayOutputStream();
        ModelFile.write(again, graph, METADATA, Map.of("progress.json", "{}".getBytes(StandardCharsets.UTF_8)));
        assertArrayEquals(Files.readAllBytes(file), again.toByteArray());
    }

    @Test
    void modelWithoutUpdaterHasNoState() throws IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            ModelFile.write(out, Architectures.network("cnn-4-8", 3, 5), METADATA, Map.of());
        }
        assertNull(read(file).updaterState());
    }

    @Test
    void refusesToOverwriteItsOwnEntries() {
        assertThrows(IllegalArgumentException.class,
                () -> ModelFile.write(OutputStream.nullOutputStream(), graph, METADATA, Map.of("coefficients.bin", new byte[0])));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100, 2_000, -1_000, -22, -1})
    void refusesAFileCutAnywhere(int length) throws IOException {
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, length >= 0 ? length : whole.length + length));
        assertRefused(file, "");
    }

    @Test
    void namesTheEntryWhoseBytesAreDamaged() throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        bytes[text.indexOf("coefficients.bin") + 500] ^= 1;
        Files.write(file, bytes);
        assertRefused(file, "coefficients.bin");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mmard.json", "configuration.json", "coefficients.bin"})
    void namesAMissingEntry(String entry) throws IOException {
        rewrite(entry, content -> null);
        assertRefused(file, "entry " + entry + " is missing");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mmard.json", "configuration.json", "coefficients.bin", "updaterState.bin"})
    void namesAnEntryOfNonsense(String entry) throws IOException {
        rewrite(entry, content -> "nonsense".getBytes(StandardCharsets.UTF_8));
        assertRefused(file, entry);
    }

    @Test
    void refusesParametersOfAnotherNetwork() throws IOException {
        Path other = folder.resolve("other.zip");
        try (OutputStream out = Files.newOutputStream(other)) {
            ModelFile.write(out, Architectures.network("cnn-4-9", 3, 5), METADATA, Map.of());
        }
        try (ZipFile zip = new ZipFile(other.toFile())) {
            byte[] parameters = zip.getInputStream(zip.getEntry("coefficients.bin")).readAllBytes();
            rewrite("coefficients.bin", content -> parameters);
        }
        assertRefused(file, "coefficients.bin: does not fit");
    }

    @Test
    void refusesAConfigurationThatNamesClassesFromElsewhere() throws IOException {
        rewrite("configuration.json", content -> new String(content, StandardCharsets.UTF_8)
                .replace("org.nd4j.linalg.learning.config.Nesterovs", "javax.swing.JEditorPane").getBytes(StandardCharsets.UTF_8));
        assertRefused(file, "javax.swing.JEditorPane");
    }

    @Test
    void refusesAMissingFileAFolderAndAnUnknownScheme() {
        assertRefused(folder.resolve("absent.zip"), "no such model file");
        assertRefused(folder, "a folder");
        InputError error = assertThrows(InputError.class, () -> ModelFile.read("nowhere:///model.zip", new Configuration()));
        assertTrue(error.getMessage().startsWith("nowhere:///model.zip: "), error.getMessage());
    }

    /**
     * Changes to the 113 bytes of a good header: text, count, text, from byte 32 on rank, size, stride, type, stride of elements, order as
     * 8 bytes each, and again text, count, text.
     */
    @ParameterizedTest
    @CsvSource({"32, 40, shape is none", "32, 1099511627776, shape is none", "40, 1099511627776, has 1099511627776 numbers",
        "40, -1, has -1 numbers", "40, 100, has a shape of 100",
        "48, 1000000007, strides leave", "48, -1, strides leave", "56, 0, not float32", "64, 0, strides leave", "72, 7, order is neither",
        "98, 1099511627776, over 1099511627776", "18, 9000000000, shape is none"})
    void anArrayIsAPlainRowOrRefusedBeforeMemoryIsTakenForIt(int offset, long value, String saying) throws IOException {
        for (String entry : new String[] {"coefficients.bin", "updaterState.bin"}) {
            writeModel();
            rewrite(entry, content -> {
                ByteBuffer.wrap(content).putLong(offset, value);
                return content;
            });
            assertRefused(file, "entry " + entry + ": no array as ND4J stores it");
            assertRefused(file, saying);
        }
    }

    @Test
    void anArrayOfAnotherLengthTypeOrWithoutNumbersIsRefused() throws IOException {
        rewrite("coefficients.bin", content -> Arrays.copyOf(content, content.length - 4));
        assertRefused(file, "coefficients.bin: no array as ND4J stores it: has a shape of " + graph.numParams() + " numbers, and is");
        writeModel();
        ByteArrayOutputStream doubles = new ByteArrayOutputStream();
        Nd4j.write(graph.params().castTo(DataType.DOUBLE), new DataOutputStream(doubles));
        rewrite("coefficients.bin", content -> doubles.toByteArray());
        assertRefused(file, "coefficients.bin: does not fit");
        writeModel();
        rewrite("updaterState.bin", content -> ModelFile.bytes(graph.params()));
        assertRefused(file, "updaterState.bin: does not fit the configuration: " + graph.numParams() + " numbers");
        writeModel();
        graph.params().putScalar(3, Float.NaN);
        writeGraph();
        assertRefused(file, "coefficients.bin: element 3 is NaN");
        graph.params().putScalar(3, 0);
        graph.getParam("bn1_var").putScalar(0, -1);
        writeGraph();
        assertRefused(file, "bn1_var has a variance of -1");
    }

    /** The row that DL4J wrote in older versions has two dimensions. */
    @Test
    void aRowOfTwoDimensionsIsRead() throws IOException {
        rewrite("coefficients.bin", content -> ModelFile.bytes(graph.params().dup().reshape(1, graph.numParams())));
        assertArrayEquals(graph.params().toFloatVector(), read(file).graph().params().toFloatVector());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "\"stride\" : [ 1, 1 ] | \"stride\" : [ 0, 0 ] | stride is [0,0]",
        "\"kernelSize\" : [ 3, 3 ] | \"kernelSize\" : [ -3, 3 ] | kernelSize is [-3,3]",
        "\"padding\" : [ 1, 1 ] | \"padding\" : [ 20000, 20000 ] | padding is [20000,20000]",
        "\"bn1\" : [ \"conv1\" ] | \"bn1\" : [ \"relu2\" ] | vertexInputs.bn1",
        "\"vertices\" : { | \"vertices\" : null, \"x\" : { | x is there",
        "\"nout\" : 4 | \"nout\" : 2147483647 | nout is 2147483647",
        "\"@class\" : \"org.nd4j.linalg.activations.impl.ActivationReLU\" | \"@class\" : "
                + "\"org.nd4j.linalg.activations.impl.ActivationReLU\", \"@class\" : \"evil.Gadget\" | Duplicate field",
        "\"weightInitFn\" : { | \"weightInitFn\" : { \"type\" : \"evil.Gadget\", | weightInitFn.type is there",
        "\"iupdater\" : { | \"iupdater\" : { \"evil.Gadget\" : {}, | iupdater.evil.Gadget is there"})
    void aConfigurationIsThatOfItsArchitectureValueByValue(String good, String bad, String saying) throws IOException {
        rewrite("configuration.json", content -> {
            String changed = new String(content, StandardCharsets.UTF_8).replace(good, bad);
            assertFalse(changed.equals(new String(content, StandardCharsets.UTF_8)));
            return changed.getBytes(StandardCharsets.UTF_8);
        });
        assertRefused(file, "entry configuration.json: ");
        assertRefused(file, saying);
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "[]", "{}", "{\"confs\": []}", "7", "{\"vertices\": null}", ""})
    void aConfigurationOfAnotherKindIsRefused(String json) throws IOException {
        rewrite("configuration.json", content -> json.getBytes(StandardCharsets.UTF_8));
        assertRefused(file, "entry configuration.json: ");
    }

    /** Not even its static initialiser runs. */
    public static final class Victim {
        static {
            System.setProperty("mmard.test.victim", "ran");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"org.nd4j.linalg.activations.impl.ActivationReLU", "org.deeplearning4j.nn.weights.WeightInitRelu",
        "org.deeplearning4j.nn.conf.graph.LayerVertex"})
    void noClassThatAConfigurationNamesIsLoaded(String victims) throws IOException {
        rewrite("configuration.json", content -> new String(content, StandardCharsets.UTF_8).replace(victims, Victim.class.getName())
                .getBytes(StandardCharsets.UTF_8));
        assertRefused(file, "Victim");
        assertNull(System.getProperty("mmard.test.victim"));
    }

    @Test
    void namesThatDoNotAgreeWithTheNetworkAreRefused() throws IOException {
        writeGraph(new ModelFile.Metadata("cnn-4-8", ImageShape.CIFAR, List.of("circle", "square"), "", Map.of()));
        assertRefused(file, "the network has 3 logits, and mmard.json 2 class names");
        writeGraph(new ModelFile.Metadata("cnn-4-9", ImageShape.CIFAR, METADATA.classNames(), "", Map.of()));
        assertRefused(file, "where cnn-4-9 has");
        writeGraph(new ModelFile.Metadata("cnn" + "-4".repeat(50_000), ImageShape.CIFAR, METADATA.classNames(), "", Map.of()));
        assertRefused(file, "entry mmard.json: unknown architecture");
    }

    @Test
    void aModelKnowsTheShapeOfItsImages() throws IOException {
        ImageShape grey = new ImageShape(1, 28, 64);
        graph = Architectures.network("cnn-4-8", grey, 3, 5);
        writeGraph(new ModelFile.Metadata("cnn-4-8", grey, METADATA.classNames(), "", Map.of()));
        assertEquals(grey, read(file).metadata().shape());
        writeGraph(METADATA);
        assertRefused(file, "where cnn-4-8 has");
    }

    @Test
    void aFileThatSaysNoShapeIsForImagesOfCifars() throws IOException {
        rewrite("mmard.json", content -> new String(content, StandardCharsets.UTF_8).replaceFirst("\"shape\" : \\{[^}]*\\},", "")
                .getBytes(StandardCharsets.UTF_8));
        assertEquals(METADATA, read(file).metadata());
    }

    @Test
    void aShapeThatNoImageHasIsRefused() throws IOException {
        rewrite("mmard.json", content -> new String(content, StandardCharsets.UTF_8).replace("\"height\" : 32", "\"height\" : 1000000")
                .getBytes(StandardCharsets.UTF_8));
        assertRefused(file, "entry mmard.json: images of 3 x 1000000 x 32 values");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "null | is null", "[] | mmard.json", "{} | architecture is missing",
        "{\"architecture\": \"cnn-4-8\", \"data\": \"\", \"provenance\": {}} | classNames is missing",
        "{\"architecture\": \"cnn-4-8\", \"data\": \"\", \"provenance\": {}, \"classNames\": [\"a\", null]} | classNames",
        "{\"architecture\": \"cnn-4-8\", \"data\": \"\", \"provenance\": {\"seed\": null}, \"classNames\": [\"a\", \"b\"]} | provenance",
        "{\"architecture\": \"cnn-4-8\", \"architecture\": \"cnn-4\"} | Duplicate field"})
    void aDescriptionWithMissingPartsIsRefused(String json, String saying) throws IOException {
        rewrite("mmard.json", content -> json.getBytes(StandardCharsets.UTF_8));
        assertRefused(file, "entry mmard.json: ");
        assertRefused(file, saying);
    }

    @Test
    void wordsThatSteerATerminalAreEscaped() throws IOException {
        writeGraph(
                new ModelFile.Metadata("cnn-4-8", ImageShape.CIFAR, List.of("\u001b[2J", "b", "c"), "one\ntwo", Map.of("seed", "\u202e5")));
        ModelFile.Metadata read = read(file).metadata();
        assertEquals(List.of("\\u001b[2J", "b", "c"), read.classNames());
        assertEquals("one\\u000atwo", read.data());
        assertEquals("\\u202e5", read.provenance().get("seed"));
    }

    @Test
    void entriesTwiceUnknownOrWithoutEndAreRefused() throws IOException {
        HandZipped twice = new HandZipped();
        entries().forEach((name, content) -> twice.entry(name, content).entry(name.equals("mmard.json") ? name : name + "~", new byte[0]));
        assertRefused(Files.write(file, twice.bytes()), "entry mmard.json is there twice");
        writeModel();
        HandZipped surplus = new HandZipped().entry("movie.bin", new byte[2 << 20]);
        entries().forEach(surplus::entry);
        assertRefused(Files.write(file, surplus.bytes()), "entry movie.bin of 2097152 bytes is none that a model has");
        writeModel();
        HandZipped bomb = new HandZipped();
        entries().forEach(bomb::entry);
        assertRefused(Files.write(file, bomb.entry("raw.bin", new byte[270 << 20]).bytes()), "would unpack to more than 256 MiB");
        writeModel();
        HandZipped longer = new HandZipped();
        entries().forEach((name, content) -> (name.equals("mmard.json") ? longer.claim(content.length - 1) : longer).entry(name, content));
        assertRefused(Files.write(file, longer.bytes()), "entry mmard.json is damaged");
    }

    @Test
    void aFifoIsNotWaitedFor() throws Exception {
        Path fifo = folder.resolve("fifo.zip");
        assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
        assertTimeoutPreemptively(Duration.ofMinutes(1), () -> assertRefused(fifo, "FIFO"));
    }

    private static ModelFile.Model read(Path path) {
        return ModelFile.read(path.toUri().toString(), new Configuration());
    }

    private static void assertRefused(Path path, String saying) {
        InputError error = assertThrows(InputError.class, () -> read(path));
        assertTrue(error.getMessage().startsWith(path.toUri().toString()), error.getMessage());
        assertTrue(error.getMessage().contains(saying), error.getMessage());
        assertEquals(1, error.getMessage().lines().count(), error.getMessage());
    }

    /** Replaces an entry of the model file, or drops it where the new content is null. */
    private void rewrite(String entry, UnaryOperator<byte[]> change) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipFile from = new ZipFile(file.toFile()); ZipOutputStream to = new ZipOutputStream(bytes)) {
            for (ZipEntry old : Collections.list(from.entries())) {
                byte[] content = from.getInputStream(old).readAllBytes();
                byte[] changed = old.getName().equals(entry) ? change.apply(content) : content;
                if (changed != null) {
                    to.putNextEntry(new ZipEntry(old.getName()));
                    to.write(changed);
                }
            }
        }
        Files.write(file, bytes.toByteArray());
    }

    private void writeGraph() throws IOException {
        writeGraph(METADATA);
    }

    private void writeGraph(ModelFile.Metadata metadata) throws IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            ModelFile.write(out, graph, metadata, Map.of());
        }
    }

    private Map<String, byte[]> entries() throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (ZipEntry entry : Collections.list(zip.entries())) {
                entries.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
            }
        }
        return entries;
    }
}
