package org.mmard.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.data.ImageShape;
import org.mmard.engine.Classifier;
import org.mmard.engine.CompilePasses;
import org.mmard.engine.LibTorch;
import org.mmard.engine.TorchNetwork;
import org.mmard.failure.InputError;
import org.mmard.files.HadoopConfiguration;
import org.mmard.files.Npy;
import org.mmard.reference.AutoAttackTrace;
import org.mmard.reference.Reference;

/** Networks with PyTorch's weights against PyTorch's logits. {@code src/test/fixtures/make_weights.py} made what this reads. */
class TorchImportTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {
        "plain.pt", "legacy.pt", "protocol4.pt", "parameters.pt", "double.pt", "wrapped.pth", "averaged.pt", "strided.pt",
        "strided-legacy.pt"})
    void weightsOfEveryFormGivePyTorchsLogits(String file) {
        ModelFile.Model model = read(fixture(file), "cnn-4-6");
        assertEquals(10, model.metadata().classNames().size());
        assertLogits("cnn-4-6", model.graph());
    }

    @ParameterizedTest
    @ValueSource(strings = {"half", "bfloat16"})
    void halfPrecisionIsReadExactly(String kind) {
        assertLogits(kind, read(fixture(kind + ".pt"), "cnn-4-6").graph());
    }

    @ParameterizedTest
    @ValueSource(strings = {"resnet18", "preactresnet18", "preactresnet18-raw-bn", "wideresnet-16-2", "mobilenetv2"})
    void networksOfTheFieldGivePyTorchsLogitsFromPyTorchsNames(String architecture) throws Exception {
        Path file = byFormula(architecture, folder.resolve("weights.pt"));
        assertLogits(architecture, read(file, architecture).graph());
    }

    /** A file with the names and shapes of a network's fixture, and the weights of the formula. */
    static Path byFormula(String architecture, Path file) throws IOException {
        HandPickled weights = new HandPickled().ascii("}(");
        List<String> entries = Files.readAllLines(fixture(architecture + ".txt"));
        for (int k = 0; k < entries.size(); k++) {
            String[] words = entries.get(k).split(" ");
            int[] shape = Arrays.stream(words).skip(1).mapToInt(Integer::parseInt).toArray();
            weights.text(words[0]).tensor(formula(words[0], shape, k), shape);
        }
        return weights.ascii("u").write(file);
    }

    @Test
    void theReferencesNetworkIsReadBitByBit() {
        Path file = Reference.folder("autoattack").resolve("smallcnn.pt");
        assertArrayEquals(AutoAttackTrace.network().params().toFloatVector(), read(file, "cnn-16-32-64").graph().params().toFloatVector());
    }

    @Test
    void torchvisionsNamesOfShortcutsAndOfTheLastLayerAreKnownToo() {
        assertEquals(List.of("layer2.0.shortcut.0.weight", "layer2.0.downsample.0.weight"),
                StateDictNames.of("resnet18", "stage2_block1_shortcut_conv_W"));
        assertEquals(List.of("layer2.0.shortcut.1.running_var", "layer2.0.downsample.1.running_var"),
                StateDictNames.of("resnet18", "stage2_block1_shortcut_bn_var"));
        assertEquals(List.of("linear.bias", "fc.bias"), StateDictNames.of("resnet18", "logits_b"));
    }

    @Test
    void aModelFileSaysWhatItIsAndContradictionIsRefused() throws Exception {
        Path file = folder.resolve("model.zip");
        try (var out = Files.newOutputStream(file)) {
            ModelFile.Metadata metadata = new ModelFile.Metadata("cnn-4", ImageShape.CIFAR, List.of("a", "b"), "", Map.of());
            ModelFile.write(out, Architectures.network("cnn-4", 2, 1), metadata, Map.of());
        }
        assertEquals("cnn-4", read(file, null).metadata().architecture());
        assertEquals("cnn-4", read(file, "cnn-4").metadata().architecture());
        InputError error = assertThrows(InputError.class, () -> read(file, "cnn-8"));
        assertEquals(file + " is a cnn-4, not a cnn-8", error.getMessage());
    }

    static Path fixture(String name) {
        return Path.of("src/test/resources/org/mmard/model", name);
    }

    private static ModelFile.Model read(Path file, String architecture) {
        return Models.read(file.toString(), WeightsChoice.of(architecture), ImageShape.CIFAR, HadoopConfiguration.load()).model();
    }

    /** The weights of {@code make_weights.py}'s {@code fill}. */
    private static float[] formula(String name, int[] shape, int k) {
        int length = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        if (name.endsWith("num_batches_tracked")) {
            return new float[length];
        }
        boolean positive = name.endsWith("running_var") || name.endsWith("weight") && shape.length == 1;
        double bound = shape.length > 1 ? 4 / Math.sqrt((double) length / shape[0]) : 0.2;
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            double t = (7919L * i + 104729L * k) % 2003 / 2003.0;
            values[i] = (float) (positive ? 0.5 + t : (t - 0.5) * bound);
        }
        return values;
    }

    /** Two images, those of {@code make_weights.py}. */
    static float[] pixels() {
        float[] pixels = new float[2 * 3 * 32 * 32];
        IntStream.range(0, pixels.length).forEach(i -> pixels[i] = (float) (7919L * i % 2003 / 2003.0));
        return pixels;
    }

    static void assertLogits(String expected, ComputationGraph graph) {
        double[] logits = Npy.read(fixture(expected + ".logits.npy")).values();
        float[] pixels = pixels();
        double largest = Arrays.stream(logits).map(Math::abs).max().orElseThrow();
        LibTorch.threads(1);
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(graph);
                Classifier frozen = network.freeze(CompilePasses.ALL)) {
            assertArrayEquals(logits, frozen.logits(LibTorch.images(ImageShape.CIFAR, pixels)).values(), 1e-5 * largest, expected);
        }
    }
}
