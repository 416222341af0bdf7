package org.mmard.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;
import org.mmard.model.Architectures;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The engine against DL4J's own layers, a second implementation of the same configuration. */
class TorchNetworkTest {
    private static final int EXAMPLES = 3;
    private static final CompilePasses ALL = CompilePasses.ALL;

    @BeforeAll
    static void oneThread() {
        LibTorch.threads(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"cnn-8-16-24", "resnet8", "resnet20", "resnet18", "preactresnet18", "preactresnet18-raw-bn", "wideresnet-10-2",
        "mobilenetv2"})
    void evalLogitsAreDl4jsUnderEveryPass(String architecture) {
        ComputationGraph graph = network(architecture);
        float[] pixels = pixels(1);
        double[] expected = doubles(graph.output(false, images(pixels))[0]);
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(graph)) {
            for (CompilePasses passes : new CompilePasses[] {CompilePasses.NONE, new CompilePasses(true, false, false),
                new CompilePasses(false, true, false), new CompilePasses(false, true, true), new CompilePasses(true, true, false), ALL}) {
                try (Classifier frozen = network.freeze(passes)) {
                    assertArrayEquals(expected, frozen.logits(LibTorch.images(ImageShape.CIFAR, pixels)).values(), 2e-5 * largest(expected),
                            passes.toString());
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cnn-8-16-24", "resnet8", "resnet8x2", "resnet20", "resnet20x2", "resnet18", "preactresnet18",
        "preactresnet18-raw", "preactresnet18-bn", "preactresnet18-raw-bn", "wideresnet-10-2", "mobilenetv2"})
    void everyNetworkOfTheZooRunsAt64x64(String architecture) {
        ImageShape shape = new ImageShape(3, 64, 64);
        ComputationGraph graph = Architectures.network(architecture, shape, 200, 1);
        assertEquals(Architectures.network(architecture, 200, 1).params(), graph.params(), "the same weights as at 32 x 32");
        float[] pixels = new float[shape.size()];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = i % 251 / 250f;
        }
        double[] expected = doubles(graph.output(false, Nd4j.createFromArray(pixels).reshape(1, 3, 64, 64))[0]);
        Logits cotangent = new Logits(random(5, 200), 1, 200);
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(graph);
                Classifier frozen = network.freeze(ALL)) {
            Classifier.Pass pass = frozen.forward(LibTorch.images(shape, pixels));
            assertArrayEquals(expected, pass.logits().values(), 1e-4 * largest(expected));
            float[] gradient = LibTorch.values(pass.inputGradient(cotangent));
            assertEquals(shape.size(), gradient.length);
            double norm = 0;
            for (float value : gradient) {
                norm += value * (double) value;
            }
            assertTrue(norm > 0 && Double.isFinite(norm), "gradient " + norm);
        }
    }

    /** Shallow networks only: a deeper one has so many ReLU kinks that any two libraries fall on different sides of some. */
    @ParameterizedTest
    @ValueSource(strings = {"cnn-8-16-24", "resnet8", "wideresnet-10-1"})
    void trainLogitsAndParameterGradientsAreDl4js(String architecture) {
        ComputationGraph graph = network(architecture);
        float[] pixels = pixels(2);
        double[] cotangent = random(3, EXAMPLES * 10);
        INDArray logits = graph.feedForward(new INDArray[] {images(pixels)}, true, false).get("logits").dup();
        graph.backpropGradient(Nd4j.createFromArray(cotangent).castTo(org.nd4j.linalg.api.buffer.DataType.FLOAT).reshape(EXAMPLES, 10));
        INDArray expected = graph.getGradientsViewArray().dup();
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(graph)) {
            network.zeroGradient();
            TrainPass pass = network.train(LibTorch.images(ImageShape.CIFAR, pixels));
            assertArrayEquals(doubles(logits), pass.logits().values(), 2e-5 * largest(doubles(logits)));
            pass.accumulate(new Logits(cotangent, EXAMPLES, 10));
            network.downloadGradient();
            for (String name : graph.paramTable().keySet()) {
                double[] ours = slice(graph, graph.getGradientsViewArray(), name);
                if (TorchNetwork.isRunningStatistic(name)) {
                    assertEquals(0, largest(ours), name + " is a statistic");
                } else {
                    double[] theirs = slice(graph, expected, name);
                    assertArrayEquals(theirs, ours, 5e-4 * largest(theirs) + 1e-6, name);
                }
            }
        }
    }

    @Test
    void inputGradientIsTheSlopeOfTheLogits() {
        ComputationGraph graph = network("cnn-8-16");
        float[] pixels = pixels(4);
        double[] cotangent = random(5, EXAMPLES * 10);
        Random random = new Random(6);
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(graph);
                Classifier frozen = network.freeze(ALL)) {
            float[] gradient = LibTorch
                    .values(frozen.forward(LibTorch.images(ImageShape.CIFAR, pixels)).inputGradient(new Logits(cotangent, EXAMPLES, 10)));
            float[] direction = new float[pixels.length];
            double expected = 0;
            for (int i = 0; i < direction.length; i++) {
                direction[i] = (float) (1e-4 * random.nextGaussian());
                expected += direction[i] * gradient[i];
            }
            double slope =
                    (value(frozen, moved(pixels, direction, 1), cotangent) - value(frozen, moved(pixels, direction, -1), cotangent)) / 2;
            assertEquals(expected, slope, 0.02 * Math.abs(expected));
        }
    }

    @Test
    void everyPassGivesTheSameInputGradient() {
        ComputationGraph graph = network("resnet8");
        Logits cotangent = new Logits(random(5, EXAMPLES * 10), EXAMPLES, 10);
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(graph)) {
            float[] expected = null;
            for (CompilePasses passes : new CompilePasses[] {CompilePasses.NONE, new CompilePasses(true, false, false),
                new CompilePasses(false, true, false), new CompilePasses(false, true, true), new CompilePasses(true, true, false), ALL}) {
                try (Classifier frozen = network.freeze(passes)) {
                    float[] gradient =
                            LibTorch.values(frozen.forward(LibTorch.images(ImageShape.CIFAR, pixels(7))).inputGradient(cotangent));
                    expected = expected == null ? gradient : expected;
                    float largest = 0;
                    for (float g : expected) {
                        largest = Math.max(largest, Math.abs(g));
                    }
                    assertArrayEquals(expected, gradient, 1e-4f * largest, passes.toString());
                }
            }
        }
    }

    @Test
    void runningStatisticsMoveByMomentumTowardsTheBatchWithUnbiasedVariance() {
        ComputationGraph graph = network("cnn-8");
        float[] pixels = pixels(8);
        double before = graph.getParam("bn1_mean").getDouble(0);
        double varianceBefore = graph.getParam("bn1_var").getDouble(0);
        INDArray activations = graph.feedForward(new INDArray[] {images(pixels)}, true, false).get("conv1");
        double[] channel =
                doubles(activations.get(org.nd4j.linalg.indexing.NDArrayIndex.all(), org.nd4j.linalg.indexing.NDArrayIndex.point(0)).dup());
        double mean = java.util.Arrays.stream(channel).average().orElseThrow();
        double variance = java.util.Arrays.stream(channel).map(v -> (v - mean) * (v - mean)).sum() / (channel.length - 1);
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(graph)) {
            network.train(LibTorch.images(ImageShape.CIFAR, pixels));
            network.downloadStatistics();
        }
        assertEquals(0.9 * before + 0.1 * mean, graph.getParam("bn1_mean").getDouble(0), 1e-5);
        assertEquals(0.9 * varianceBefore + 0.1 * variance, graph.getParam("bn1_var").getDouble(0), 1e-5);
    }

    @Test
    void frozenNetworkIsASnapshot() {
        for (CompilePasses passes : new CompilePasses[] {CompilePasses.NONE, new CompilePasses(false, true, false),
            new CompilePasses(false, true, true), new CompilePasses(true, true, false), ALL}) {
            ComputationGraph graph = network("cnn-8");
            try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(graph);
                    Classifier frozen = network.freeze(passes)) {
                Tensor images = LibTorch.images(ImageShape.CIFAR, pixels(9));
                double[] before = frozen.logits(images).values();
                graph.params().muli(2);
                assertArrayEquals(before, frozen.logits(images).values(), passes.toString());
            }
        }
    }

    @Test
    void frozenNetworkOutlivesItsGraph() {
        for (CompilePasses passes : new CompilePasses[] {CompilePasses.NONE, ALL}) {
            try (PointerScope scope = new PointerScope(); Classifier frozen = frozenAlone(passes)) {
                Tensor images = LibTorch.images(ImageShape.CIFAR, pixels(9));
                double[] before = frozen.logits(images).values();
                for (int i = 0; i < 20; i++) {
                    System.gc();
                    Nd4j.ones(3000 + i).muli(7);
                    assertArrayEquals(before, frozen.logits(images).values(), passes + ", round " + i);
                }
            }
        }
    }

    private static Classifier frozenAlone(CompilePasses passes) {
        try (TorchNetwork network = new TorchNetwork(network("cnn-8"))) {
            return network.freeze(passes);
        }
    }

    /**
     * bfloat16 has eight significant bits: some layers on, a logit is right to some per cent of the largest, and few gradients change their
     * sign.
     */
    @ParameterizedTest
    @CsvSource({"resnet8, true, 0.05, 0.9", "resnet8, false, 0.05, 0.9", "mobilenetv2, true, 0.2, 0.75", "mobilenetv2, false, 0.2, 0.75"})
    void bfloat16IsTheSameNetworkCoarser(String architecture, boolean folded, double rounding, double signs) {
        ComputationGraph graph = network(architecture);
        Logits cotangent = new Logits(random(5, EXAMPLES * 10), EXAMPLES, 10);
        CompilePasses passes = new CompilePasses(folded, true, true);
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(graph);
                Classifier exact = network.freeze(passes); Classifier coarse = network.freeze(passes, Precision.BFLOAT16)) {
            double[] expected = exact.logits(LibTorch.images(ImageShape.CIFAR, pixels(8))).values();
            double[] logits = coarse.logits(LibTorch.images(ImageShape.CIFAR, pixels(8))).values();
            assertArrayEquals(expected, logits, rounding * largest(expected));
            assertTrue(!Arrays.equals(expected, logits), "nothing was rounded");
            float[] gradient = LibTorch.values(exact.forward(LibTorch.images(ImageShape.CIFAR, pixels(8))).inputGradient(cotangent));
            float[] rounded = LibTorch.values(coarse.forward(LibTorch.images(ImageShape.CIFAR, pixels(8))).inputGradient(cotangent));
            long same = IntStream.range(0, gradient.length).filter(i -> Math.signum(gradient[i]) == Math.signum(rounded[i])).count();
            assertTrue(same > signs * gradient.length, same + " of " + gradient.length + " signs");
        }
    }

    @Test
    void refusesALayerItDoesNotKnowByName() {
        ComputationGraph graph = new ComputationGraph(new NeuralNetConfiguration.Builder().graphBuilder().addInputs("images")
                .setInputTypes(InputType.convolutional(32, 32, 3))
                .addLayer("odd", new SubsamplingLayer.Builder().build(), "images")
                .addLayer("logits", new DenseLayer.Builder().nOut(10).activation(Activation.IDENTITY).build(), "odd")
                .setOutputs("logits").build());
        graph.init();
        InputError error = assertThrows(InputError.class, () -> new TorchNetwork(graph));
        assertTrue(error.getMessage().contains("'odd'") && error.getMessage().contains("SubsamplingLayer"), error.getMessage());
    }

    /** A network whose batch norm parameters and statistics are anything but 0 and 1. */
    private static ComputationGraph network(String architecture) {
        ComputationGraph graph = Architectures.network(architecture, 10, 11);
        Random random = new Random(12);
        graph.paramTable().forEach((name, view) -> {
            if (name.endsWith("_gamma") || name.endsWith("_var")) {
                fill(view, () -> 0.5 + random.nextDouble());
            } else if (name.endsWith("_beta") || name.endsWith("_mean")) {
                fill(view, () -> 0.2 * random.nextGaussian());
            }
        });
        return graph;
    }

    private static void fill(INDArray view, java.util.function.DoubleSupplier values) {
        for (long i = 0; i < view.length(); i++) {
            view.putScalar(i, values.getAsDouble());
        }
    }

    private static double value(Classifier network, float[] pixels, double[] cotangent) {
        double[] logits = network.logits(LibTorch.images(ImageShape.CIFAR, pixels)).values();
        double value = 0;
        for (int i = 0; i < logits.length; i++) {
            value += logits[i] * cotangent[i];
        }
        return value;
    }

    private static float[] moved(float[] pixels, float[] direction, int sign) {
        float[] moved = pixels.clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] += sign * direction[i];
        }
        return moved;
    }

    private static float[] pixels(long seed) {
        float[] pixels = new float[EXAMPLES * 3 * 32 * 32];
        Random random = new Random(seed);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = random.nextFloat();
        }
        return pixels;
    }

    private static double[] random(long seed, int length) {
        return new Random(seed).doubles(length, -1, 1).toArray();
    }

    private static INDArray images(float[] pixels) {
        return Nd4j.createFromArray(pixels).reshape(EXAMPLES, 3, 32, 32);
    }

    private static double[] slice(ComputationGraph graph, INDArray flat, String name) {
        INDArray view = graph.paramTable().get(name);
        long from = view.offset() - graph.params().offset();
        return doubles(flat.reshape(flat.length()).get(org.nd4j.linalg.indexing.NDArrayIndex.interval(from, from + view.length())).dup());
    }

    private static double[] doubles(INDArray array) {
        return array.dup('c').reshape(array.length()).toDoubleVector();
    }

    private static double largest(double[] values) {
        return java.util.Arrays.stream(values).map(Math::abs).max().orElseThrow();
    }
}
