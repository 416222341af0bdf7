package org.mmard.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import onnx.Onnx;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.data.ImageShape;

/** ONNX Runtime, which shares nothing with us, runs what is written. */
class OnnxFileTest {
    private static final ImageShape LARGER = new ImageShape(3, 64, 64);

    @ParameterizedTest
    @CsvSource({"cnn-8-16, false", "cnn-8-16, true", "resnet8, false", "resnet8, true", "preactresnet18, false", "preactresnet18, true",
        "wideresnet-10-1, false", "wideresnet-10-1, true", "mobilenetv2, false", "mobilenetv2, true"})
    void onnxRuntimesLogitsAreTheEnginesForBatchesOfAnySize(String architecture, boolean folded) throws Exception {
        assertLogits(architecture, ImageShape.CIFAR, folded, 1, 7);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void imagesOfAnotherShapeAreWrittenAsSuch(boolean folded) throws Exception {
        assertLogits("resnet8", LARGER, folded, 2);
        assertLogits("cnn-4-6", new ImageShape(1, 28, 30), folded, 2);
    }

    @ParameterizedTest
    @CsvSource({"cnn-4-6, false", "wideresnet-10-1-swish, false", "wideresnet-10-1-dm, true", "preactresnet18-swish, true"})
    void normalisationSwishAndPaddingAreWrittenToo(String architecture, boolean folded) throws Exception {
        assertLogits(Networks.normalised(architecture), architecture, ImageShape.CIFAR, folded, 3);
    }

    private static void assertLogits(String architecture, ImageShape shape, boolean folded, int... batches) throws Exception {
        assertLogits(Networks.of(architecture, shape), architecture, shape, folded, batches);
    }

    private static void assertLogits(ComputationGraph graph, String architecture, ImageShape shape, boolean folded, int... batches)
            throws Exception {
        byte[] file = Networks.written(ExportFormat.ONNX, graph, architecture, shape, folded);
        OrtEnvironment runtime = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = oneThread(); OrtSession session = runtime.createSession(file, options)) {
            for (int images : batches) {
                float[] pixels = Networks.pixels(images, shape);
                double[] expected = Networks.logits(graph, shape, pixels);
                double[] found = run(runtime, session, pixels, images, shape);
                assertArrayEquals(expected, found, 1e-5 * Networks.largest(expected), architecture + ", batch of " + images);
            }
        }
    }

    private static OrtSession.SessionOptions oneThread() throws OrtException {
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(1);
        return options;
    }

    private static double[] run(OrtEnvironment runtime, OrtSession session, float[] pixels, int images, ImageShape shape)
            throws OrtException {
        long[] sizes = {images, shape.channels(), shape.height(), shape.width()};
        try (OnnxTensor input = OnnxTensor.createTensor(runtime, FloatBuffer.wrap(pixels), sizes);
                OrtSession.Result result = session.run(Map.of("images", input))) {
            float[][] logits = (float[][]) result.get("logits").orElseThrow().getValue();
            assertEquals(images, logits.length);
            return Arrays.stream(logits).flatMapToDouble(row -> IntStream.range(0, row.length).mapToDouble(c -> row[c])).toArray();
        }
    }

    @Test
    void theFileSaysWhatItIsAndWhereItCameFrom() throws Exception {
        byte[] file = Networks.written(ExportFormat.ONNX, Networks.of("resnet8", LARGER), "resnet8", LARGER, false);
        Onnx.ModelProto model = Onnx.ModelProto.parseFrom(file);
        assertEquals(13, model.getOpsetImport(0).getVersion());
        assertEquals(7, model.getIrVersion());
        assertEquals("batch", model.getGraph().getInput(0).getType().getTensorType().getShape().getDim(0).getDimParam());
        OrtEnvironment runtime = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = oneThread(); OrtSession session = runtime.createSession(file, options)) {
            assertEquals("mmard", session.getMetadata().getProducerName());
            assertEquals("resnet8: logits of 10 classes for images of 3 x 64 x 64 in [0, 1]",
                    session.getMetadata().getDescription());
            assertEquals(Map.of("architecture", "resnet8", "images", "[3,64,64]", "data", "shapes", "provenance.seed", "17",
                    "pixels", "float32 in [0, 1], [batch, channels, height, width]",
                    "classes", "[\"class 0\",\"class 1\",\"class 2\",\"cat, \\\"tabby\\\"\",\"class 4\",\"class 5\",\"class 6\","
                            + "\"class 7\",\"class 8\",\"class 9\"]"),
                    session.getMetadata().getCustomMetadata());
        }
    }

    @Test
    void weightsHaveTheNamesOfTheStateDictionary() throws Exception {
        Onnx.GraphProto graph = graph("resnet8", false);
        Set<String> names = graph.getInitializerList().stream().map(Onnx.TensorProto::getName).collect(Collectors.toSet());
        assertTrue(
                names.containsAll(List.of("conv1.weight", "bn1.running_var", "layer2.0.shortcut.1.bias", "linear.weight", "linear.bias")),
                names.toString());
        assertTrue(graph.getNodeList().stream().anyMatch(node -> node.getName().equals("layer3.0.conv2")));
    }

    @Test
    void foldedNetworksKeepTheBatchNormsThatStandBehindNoConvolution() throws Exception {
        assertEquals(0, batchNorms(graph("resnet8", true)));
        // The first of each block and the last of all: they read a sum, or a convolution that the shortcut reads too.
        assertEquals(4, batchNorms(graph("wideresnet-10-1", true)));
        Set<String> names =
                graph("resnet8", true).getInitializerList().stream().map(Onnx.TensorProto::getName).collect(Collectors.toSet());
        assertTrue(names.containsAll(List.of("conv1.weight", "conv1.bias")), names.toString());
        assertFalse(names.contains("bn1.weight"), names.toString());
    }

    @Test
    void theSameModelGivesTheSameBytes() throws Exception {
        for (ExportFormat format : ExportFormat.values()) {
            ComputationGraph graph = Networks.of("cnn-4-6", ImageShape.CIFAR);
            byte[] first = Networks.written(format, graph, "cnn-4-6", ImageShape.CIFAR, false);
            assertArrayEquals(first, Networks.written(format, graph, "cnn-4-6", ImageShape.CIFAR, false), format.toString());
        }
    }

    private static Onnx.GraphProto graph(String architecture, boolean folded) throws Exception {
        ComputationGraph graph = Networks.of(architecture, ImageShape.CIFAR);
        return Onnx.ModelProto.parseFrom(Networks.written(ExportFormat.ONNX, graph, architecture, ImageShape.CIFAR, folded)).getGraph();
    }

    private static long batchNorms(Onnx.GraphProto graph) {
        return graph.getNodeList().stream().filter(node -> node.getOpType().equals("BatchNormalization")).count();
    }
}
