package org.mmard.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
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
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.config.InputError;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class ModelFileTest {
    private static final ModelFile.Metadata METADATA =
            new ModelFile.Metadata("cnn-4-8", List.of("circle", "square", "star"), "shapes", Map.of("seed", "5", "git", "abc"));

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
        for (INDArray array : List.of(whole, whole.reshape(40_000), graph.params(), graph.getUpdater().getStateViewArray(), Nd4j.rand(DataType.FLOAT, 1))) {
            ByteArrayOutputStream expected = new ByteArrayOutputStream();
            Nd4j.write(array, new DataOutputStream(expected));
            assertArrayEquals(expected.toByteArray(), ModelFile.bytes(array));
        }
        INDArray part = whole.reshape(40_000).get(NDArrayIndex.interval(7, 20_001));
        assertEquals(part, ModelFile.array("here", "there", ModelFile.bytes(part)));
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
}
