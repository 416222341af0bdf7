package org.mmard.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class ArchitecturesTest {
    /** By hand: convolutions k*k*in*out, batch norms 2*width, dense in*classes + classes. The resnet18 counts are the published ones. */
    @ParameterizedTest
    @CsvSource({
        "resnet18, 10, 11173962", "resnet18, 100, 11220132",
        "resnet8, 10, 78042", "resnet8x2, 10, 308650", "resnet20, 10, 272474", "resnet20x2, 10, 1084586",
        "cnn-16-32, 10, 5466", "cnn-5, 3, 163",
        "preactresnet18, 10, 11171146", "preactresnet18-raw, 10, 11171146", "preactresnet18-bn, 10, 11172170",
        "wideresnet-28-10, 10, 36479194", "wideresnet-34-10, 10, 46160474", "mobilenetv2, 10, 2296922", "mobilenetv2, 100, 2412212"})
    void hasTheTrainableParametersOfThePublishedNetwork(String name, int classes, long expected) {
        assertEquals(expected, Outline.of(Architectures.of(name, classes, 1), ImageShape.CIFAR).trainable());
    }

    @Test
    void startsWithPyTorchsDefaultWeights() {
        ComputationGraph graph = Architectures.network("resnet8", 10, 7);
        for (Map.Entry<String, INDArray> parameter : graph.paramTable().entrySet()) {
            INDArray value = parameter.getValue();
            switch (parameter.getKey().substring(parameter.getKey().lastIndexOf('_') + 1)) {
                case "gamma", "var" ->
                    assertEquals(1.0, value.minNumber().doubleValue() * value.maxNumber().doubleValue(), parameter.getKey());
                case "beta", "mean" -> assertEquals(0.0, value.amaxNumber().doubleValue(), parameter.getKey());
                case "b" -> assertTrue(value.amaxNumber().doubleValue() <= 1 / Math.sqrt(64) && value.amaxNumber().doubleValue() > 0);
                default -> {
                    double bound =
                            1 / Math.sqrt(parameter.getKey().equals("logits_W") ? 64 : value.size(1) * value.size(2) * value.size(3));
                    assertTrue(value.amaxNumber().doubleValue() <= bound, parameter.getKey());
                    assertEquals(bound / Math.sqrt(3), value.stdNumber(false).doubleValue(), 0.1 * bound, parameter.getKey());
                }
            }
        }
    }

    @Test
    void sameSeedGivesTheSameBitsWhateverNd4jsGeneratorDid() {
        float[] first = Architectures.network("cnn-4-8", 10, 3).params().toFloatVector();
        Nd4j.getRandom().setSeed(99);
        assertArrayEquals(first, Architectures.network("cnn-4-8", 10, 3).params().toFloatVector());
        assertFalse(Arrays.equals(first, Architectures.network("cnn-4-8", 10, 4).params().toFloatVector()));
    }

    @Test
    void layersDrawFromDifferentStreams() {
        ComputationGraph graph = Architectures.network("cnn-8-8-8", 10, 3);
        assertNotEquals(graph.getParam("conv2_W"), graph.getParam("conv3_W"));
    }

    @ParameterizedTest
    @CsvSource({"resnet8, 10", "resnet20x2, 100", "cnn-4-8-16, 7", "mobilenetv2, 10"})
    void givesLogitsFromImages(String name, int classes) {
        INDArray logits = Architectures.network(name, classes, 1).outputSingle(Nd4j.rand(DataType.FLOAT, 2, 3, 32, 32));
        assertArrayEquals(new long[] {2, classes}, logits.shape());
        assertFalse(Double.isNaN(logits.sumNumber().doubleValue()));
    }

    @Test
    void strideHalvesTheMapAtEachStageAfterTheFirst() {
        ComputationGraph graph = Architectures.network("resnet8", 10, 1);
        Map<String, INDArray> activations = graph.feedForward(Nd4j.rand(DataType.FLOAT, 1, 3, 32, 32), false);
        assertArrayEquals(new long[] {1, 16, 32, 32}, activations.get("stage1_block1_relu2").shape());
        assertArrayEquals(new long[] {1, 32, 16, 16}, activations.get("stage2_block1_shortcut_bn").shape());
        assertArrayEquals(new long[] {1, 64, 8, 8}, activations.get("stage3_block1_relu2").shape());
    }

    @ParameterizedTest
    @ValueSource(strings = {"resnet9", "cnn", "cnn-", "cnn-0", "cnn-16-x", "", "resnet8 ", "wideresnet-28", "wideresnet-27-10",
        "wideresnet-4-1", "preactresnet18-bn-raw"})
    void refusesAnUnknownNameListingWhatThereIs(String name) {
        InputError error = assertThrows(InputError.class, () -> Architectures.of(name, 10, 1));
        for (String part : new String[] {"'" + name + "'", "resnet20x2", "cnn-16-32-64"}) {
            assertTrue(error.getMessage().contains(part), error.getMessage());
        }
    }

    @Test
    void refusesLessThanTwoClasses() {
        assertThrows(InputError.class, () -> Architectures.of("resnet8", 1, 1));
    }
}
