package org.mmard.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.bytedeco.javacpp.PointerScope;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.data.ImageShape;
import org.mmard.engine.Classifier;
import org.mmard.engine.CompilePasses;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Logits;
import org.mmard.engine.TorchNetwork;
import org.mmard.failure.InputError;
import org.mmard.files.HadoopConfiguration;
import org.mmard.files.Npy;

/** Weights as the field publishes them. {@code src/test/fixtures/make_published.py} made what this reads, with PyTorch. */
class PublishedWeightsTest {
    private static final Normalisation CIFAR = new Normalisation(List.of(0.4914, 0.4822, 0.4465), List.of(0.2471, 0.2435, 0.2616));

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {
        "inert.pt", "inert-legacy.pt", "inert-protocol4.pt", "flat.pt", "nested.pt", "averaged-beside.pt", "plain.safetensors", "plain.pt",
        "foreign.pt"})
    void theNetworkIsFoundWithoutBeingNamedAndWhateverStandsBesideIt(String file) {
        Models.Found found = read(file, WeightsChoice.of(null));
        assertEquals("cnn-4-6", found.model().metadata().architecture());
        assertTrue(found.notes().stream().anyMatch(note -> note.startsWith("taken for cnn-4-6 by its entries")), found.notes().toString());
        TorchImportTest.assertLogits("cnn-4-6", found.model().graph());
    }

    @Test
    void whatStandsBesideTheWeightsIsNamed() {
        String skipped = String.join("; ", read("inert.pt", WeightsChoice.of("cnn-4-6")).skipped());
        for (String each : List.of("epoch (numpy.core.multiarray.scalar)", "args (argparse.Namespace)", "best (a tensor)",
                "optimizer (a dictionary)", "device (torch.device)", "none (None)")) {
            assertTrue(skipped.contains(each), skipped);
        }
        assertEquals(List.of(), read("plain.pt", WeightsChoice.of("cnn-4-6")).skipped());
    }

    @Test
    void ofAnAverageAndTheWeightsThemselvesTheseAreTakenAndItIsSaid() {
        List<String> notes = read("averaged-beside.pt", WeightsChoice.of("cnn-4-6")).notes();
        assertEquals(List.of("took state_dict; there is ema_state_dict, an average of weights too: --entry takes it"), notes);
        Models.Found average = read("averaged-beside.pt", new WeightsChoice("cnn-4-6", "ema_state_dict", null));
        assertEquals("ema_state_dict", average.model().metadata().provenance().get("imported-entry"));
        assertEquals(1, average.model().graph().getParam("bn1_beta").sub(
                read("averaged-beside.pt", WeightsChoice.of("cnn-4-6")).model().graph().getParam("bn1_beta")).meanNumber().doubleValue(),
                1e-6);
    }

    @Test
    void ofSeveralNetworksOneIsToBeChosen() {
        assertRefused("last-best.pt", WeightsChoice.of("cnn-4-6"), "holds several networks that fit (last, best); choose one with --entry");
        TorchImportTest.assertLogits("cnn-4-6", read("last-best.pt", new WeightsChoice(null, "best", null)).model().graph());
        assertRefused("last-best.pt", new WeightsChoice(null, "ema", null), "--entry ema: there is no such network", "last, best");
        assertRefused("teacher-beside.pt", WeightsChoice.of(null), "holds several networks that fit (teacher, student)");
        TorchImportTest.assertLogits("cnn-4-6", read("teacher-beside.pt", new WeightsChoice(null, "student", null)).model().graph());
    }

    @Test
    void aLastLayerWithoutBiasHasOneOfZeros() throws IOException {
        Models.Found found = read("no-bias.pt", WeightsChoice.of(null));
        assertTrue(found.notes().contains("its last layer has no bias: zeros take its place"), found.notes().toString());
        assertOutcome("no-bias", found.model().graph());
    }

    @ParameterizedTest
    @ValueSource(strings = {"sequential.pt", "mu-sigma.pt", "attacker.pt"})
    void normalisationInsideTheNetworkBecomesPartOfIt(String file) throws IOException {
        ModelFile.Model model = read(file, WeightsChoice.of(null)).model();
        Normalisation found = Normalisation.of(model.graph()).orElseThrow();
        for (int channel = 0; channel < 3; channel++) {
            assertEquals(CIFAR.mean().get(channel), found.mean().get(channel), 1e-6);
            assertEquals(CIFAR.deviation().get(channel), found.deviation().get(channel), 1e-6);
        }
        assertOutcome("normalised", model.graph());
    }

    @Test
    void whereTheCodeHoldsTheNormalisationItIsGiven() throws IOException {
        assertOutcome("normalised", read("plain.pt", new WeightsChoice("cnn-4-6", null, CIFAR)).model().graph());
        assertRefused("mean-alone.pt", WeightsChoice.of("cnn-4-6"), "entry mean: cnn-4-6 has no such part", "--mean and --std");
        assertRefused("bytes.pt", WeightsChoice.of("cnn-4-6"), "entry mean: ", "not of images in [0, 1]", "divide both by 255");
        assertOutcome("normalised", read("bytes.pt", new WeightsChoice("cnn-4-6", null, CIFAR)).model().graph());
        Normalisation grey = new Normalisation(List.of(0.5), List.of(0.5));
        assertRefused("plain.pt", new WeightsChoice("cnn-4-6", null, grey), "a number for each channel: they have 1,", "3 channels");
    }

    /** The names of DeepMind's networks do not show ReLU or Swish: what is taken is said. */
    @ParameterizedTest
    @CsvSource({"resnet50, false", "wideresnet-16-2-swish, true", "wideresnet-16-2-dm, true", "preactresnet18-swish, true"})
    void theFieldsNetworksGivePyTorchsLogitsAndInputGradients(String architecture, boolean normalises) throws IOException {
        Path file = TorchImportTest.byFormula(architecture, folder.resolve("weights.pt"));
        Models.Found found =
                Models.read(file.toString(), new WeightsChoice(architecture, null, normalises ? CIFAR : null), ImageShape.CIFAR,
                        HadoopConfiguration.load());
        assertOutcome(architecture, found.model().graph());
    }

    @ParameterizedTest
    @CsvSource({"resnet18, resnet18", "preactresnet18, preactresnet18", "preactresnet18-raw-bn, preactresnet18-bn",
        "wideresnet-16-2, wideresnet-16-2", "mobilenetv2, mobilenetv2", "resnet50, resnet50",
        "wideresnet-16-2-dm, wideresnet-16-2-swish", "preactresnet18-swish, preactresnet18-swish"})
    void architecturesAreGuessedByNamesAndShapes(String architecture, String guessed) throws IOException {
        Path file = TorchImportTest.byFormula(architecture, folder.resolve("weights.pt"));
        Models.Found found = Models.read(file.toString(), WeightsChoice.of(null), ImageShape.CIFAR, HadoopConfiguration.load());
        assertEquals(guessed, found.model().metadata().architecture());
        if (!guessed.equals(architecture)) {
            assertTrue(found.notes().toString().contains(architecture + " would have the same"), found.notes().toString());
        }
    }

    /** A student of one architecture and its teacher of another. */
    @Test
    void ofTwoNetworksInOneDictionaryNoneIsTakenSilently() throws IOException {
        HandPickled both = new HandPickled().ascii("}(");
        for (String prefix : List.of("student.", "a.longer.prefix.")) {
            int width = prefix.equals("student.") ? 2 : 3;
            both.text(prefix + "conv1.weight").tensor(new float[27 * width], width, 3, 3, 3);
            for (String name : List.of("bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var")) {
                both.text(prefix + name).tensor(new float[width], width);
            }
            both.text(prefix + "fc.weight").tensor(new float[2 * width], 2, width).text(prefix + "fc.bias").tensor(new float[2], 2);
        }
        Path file = both.ascii("u").write(folder.resolve("both.pt"));
        InputError refused = assertThrows(InputError.class, () -> read(file, new WeightsChoice("cnn-2", null, null)));
        assertTrue(refused.getMessage().contains("entry a.longer.prefix.conv1.weight: cnn-2 has no such part"), refused.getMessage());
        Models.Found found = read(file, new WeightsChoice("cnn-2", "student", null));
        assertEquals("cnn-2", found.model().metadata().architecture());
        assertTrue(found.skipped().contains("a.longer.prefix.conv1.weight (a tensor)"), found.skipped().toString());
    }

    @Test
    void whatIsWrongIsSaidOfTheDictionaryOfAUsualName() throws IOException {
        HandPickled file = new HandPickled().ascii("}(");
        for (String name : List.of("ema", "model", "other")) {
            file.text(name).ascii("}(").text("conv1.weight").tensor(new float[54], 2, 3, 3, 3).ascii("u");
        }
        assertRefused(file.ascii("u").write(folder.resolve("three.pt")), WeightsChoice.of("cnn-2"), "bn1.weight is missing", "; model has");
    }

    @Test
    void weightsOfNoNetworkSayWhatTheyHave() throws IOException {
        Path file = new HandPickled().ascii("}(").text("encoder.weight").tensor(new float[4], 2, 2).ascii("u")
                .write(folder.resolve("other.pt"));
        assertRefused(file, WeightsChoice.of(null), "[encoder.weight] fit no network of the zoo");
    }

    @Test
    void aNormalisedNetworkIsWrittenAndReadAndKeepsItsNormalisation() throws IOException {
        ModelFile.Model model = read("sequential.pt", WeightsChoice.of(null)).model();
        Path zip = folder.resolve("model.zip");
        try (var out = Files.newOutputStream(zip)) {
            ModelFile.write(out, model.graph(), model.metadata(), Map.of());
        }
        assertOutcome("normalised", ModelFile.read(zip.toString(), HadoopConfiguration.load()).graph());
        ComputationGraph like = Architectures.networkLike(model.graph(), "cnn-4-6", ImageShape.CIFAR, 10, 1);
        assertEquals(Normalisation.of(model.graph()), Normalisation.of(like));
        ComputationGraph plain = Architectures.network("cnn-4-6", 10, 1);
        for (String name : plain.paramTable().keySet()) {
            assertEquals(plain.getParam(name), like.getParam(name), name + " is drawn as without normalisation");
        }
    }

    @Test
    void otherFilesAreCalledWhatTheyAre() throws IOException {
        Map<String, byte[]> files = Map.of(
                "a web page", "\n<!DOCTYPE html><html>Virus scan warning".getBytes(StandardCharsets.UTF_8),
                "a pointer of Git LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a".getBytes(StandardCharsets.UTF_8),
                "an empty file", new byte[0],
                "an HDF5 file", new byte[] {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'},
                "compressed by gzip", new byte[] {0x1f, (byte) 0x8b, 8, 0},
                "a protocol buffer, such as ONNX", new byte[] {8, 7, 0x12, 7, 'p', 'y', 't', 'o', 'r', 'c', 'h'},
                "a program of TorchScript", zip("net/data.pkl", "net/constants.pkl", "net/code/__torch__.py"),
                "a model of Keras", zip("metadata.json", "config.json", "model.weights.h5"),
                "arrays of NumPy (.npz)", zip("conv1.npy", "conv2.npy"),
                "a tar archive", tar());
        for (Map.Entry<String, byte[]> each : files.entrySet()) {
            Path file = Files.write(folder.resolve("other.pt"), each.getValue());
            assertRefused(file, WeightsChoice.of("cnn-4-6"), each.getKey());
            InputError asTeacher = assertThrows(InputError.class, () -> ModelFile.read(file.toString(), HadoopConfiguration.load()));
            assertTrue(asTeacher.getMessage().contains(each.getKey()), asTeacher.getMessage());
        }
    }

    @Test
    void aSafetensorsFileThatWasCutOrLiesIsRefusedInOneLine() throws IOException {
        byte[] whole = Files.readAllBytes(TorchImportTest.fixture("plain.safetensors"));
        for (int length = 9; length < whole.length; length += 101) {
            Path file = Files.write(folder.resolve("cut.safetensors"), Arrays.copyOf(whole, length));
            assertRefused(file, WeightsChoice.of("cnn-4-6"), "");
        }
        for (String header : List.of("{\"a\": 1}", "{\"a\": {\"dtype\": \"F32\", \"shape\": [1e9, 1e9], \"data_offsets\": [0, 4]}}",
                "{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [-4, 0]}}",
                "{\"a\": {\"dtype\": \"F8\", \"shape\": [1], \"data_offsets\": [0, 1]}}", "{\"a\": {}, \"a\": {}}", "{}", "{{")) {
            byte[] text = header.getBytes(StandardCharsets.UTF_8);
            byte[] file = new byte[8 + text.length + 4];
            file[0] = (byte) text.length;
            System.arraycopy(text, 0, file, 8, text.length);
            assertRefused(Files.write(folder.resolve("lies.safetensors"), file), WeightsChoice.of("cnn-4-6"), "");
        }
    }

    private static byte[] zip(String... names) throws IOException {
        var bytes = new java.io.ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (String name : names) {
                zip.putNextEntry(new ZipEntry(name));
                zip.write(1);
            }
        }
        return bytes.toByteArray();
    }

    private static byte[] tar() {
        byte[] block = new byte[1024];
        System.arraycopy("ustar".getBytes(StandardCharsets.US_ASCII), 0, block, 257, 5);
        return block;
    }

    private static Models.Found read(String fixture, WeightsChoice choice) {
        return read(TorchImportTest.fixture(fixture), choice);
    }

    private static Models.Found read(Path file, WeightsChoice choice) {
        return Models.read(file.toString(), choice, ImageShape.CIFAR, HadoopConfiguration.load());
    }

    private static void assertRefused(String fixture, WeightsChoice choice, String... parts) {
        assertRefused(TorchImportTest.fixture(fixture), choice, parts);
    }

    private static void assertRefused(Path file, WeightsChoice choice, String... parts) {
        InputError error = assertThrows(InputError.class,
                () -> Models.read(file.toString(), choice, ImageShape.CIFAR, HadoopConfiguration.load()));
        assertEquals(1, error.getMessage().lines().count(), error.getMessage());
        for (String part : parts) {
            assertTrue(error.getMessage().contains(part), error.getMessage());
        }
    }

    /** Logits, and the input gradient of their sum weighted with 1, 2, ..., 10. */
    private static void assertOutcome(String expected, ComputationGraph graph) throws IOException {
        TorchImportTest.assertLogits(expected, graph);
        double[] gradient = Npy.read(TorchImportTest.fixture(expected + ".gradient.npy")).values();
        double largest = Arrays.stream(gradient).map(Math::abs).max().orElseThrow();
        double[] weights = IntStream.range(0, 20).mapToDouble(i -> i % 10 + 1).toArray();
        for (CompilePasses passes : List.of(CompilePasses.ALL, new CompilePasses(false, true, true), CompilePasses.NONE)) {
            try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(graph);
                    Classifier frozen = network.freeze(passes)) {
                float[] found = LibTorch.values(frozen.forward(LibTorch.images(ImageShape.CIFAR, TorchImportTest.pixels()))
                        .inputGradient(new Logits(weights, 2, 10)));
                double[] off = IntStream.range(0, found.length).mapToDouble(i -> Math.abs(found[i] - gradient[i])).toArray();
                if (passes.foldBatchNorm()) {
                    // Folding rounds elsewhere: in a deep network a ReLU or two whose input is all but 0 falls on its other side, which ones
                    // depends on the processor. That moves few pixels, and little.
                    long far = Arrays.stream(off).filter(d -> d > 1e-4 * largest).count();
                    assertTrue(far < 0.02 * off.length, expected + ", " + passes + ": " + far + " pixels are off");
                    assertTrue(Arrays.stream(off).max().orElseThrow() < 0.05 * largest, expected + ", " + passes);
                } else {
                    assertEquals(0, Arrays.stream(off).max().orElseThrow(), 1e-4 * largest, expected + ", " + passes);
                }
            }
        }
    }
}
