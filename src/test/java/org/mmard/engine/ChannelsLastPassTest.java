package org.mmard.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.data.ImageShape;
import org.mmard.model.Architectures;

/** The train-mode pass by hand against autograd over the same program, and its batch norm against LibTorch's in float64. */
class ChannelsLastPassTest {
    private static final int EXAMPLES = 8;
    private static final long[] ONE = {1, 1};
    private static final long[] TWO = {2, 2};
    private static final long[] NONE = {0, 0};

    @BeforeAll
    static void oneThread() {
        LibTorch.threads(1);
    }

    /** In a deep network some of very many ReLUs fall on the other side: the whole gradient is the same up to those. */
    @ParameterizedTest
    @CsvSource({"cnn-8-16-24, 1e-5", "resnet8, 1e-5", "wideresnet-10-1, 1e-5", "wideresnet-10-2-swish, 1e-5", "preactresnet18-raw-bn, 0.05",
        "resnet20, 0.05", "resnet18, 0.05", "mobilenetv2, 0.05"})
    void logitsGradientAndRunningStatisticsAreAutograds(String architecture, double tolerance) {
        ComputationGraph graph = Architectures.network(architecture, 10, 3);
        float[] start = graph.params().dup().data().asFloat();
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(graph)) {
            Tensor images = images(32, EXAMPLES);
            float[] before = LibTorch.values(images);
            TrainPass expected = network.autograd(images);
            float[][] autograd = passed(network, graph, expected);
            double[] logits = expected.logits().values();
            graph.params().assign(org.nd4j.linalg.factory.Nd4j.createFromArray(start));
            network.upload();
            TrainPass pass = assertInstanceOf(ChannelsLastPass.class, network.train(images));
            assertArrayEquals(logits, pass.logits().values(), 2e-5 * Arrays.stream(logits).map(Math::abs).max().orElseThrow());
            float[][] ours = passed(network, graph, pass);
            assertTrue(distance(autograd[0], ours[0]) < tolerance, "gradients are apart by " + distance(autograd[0], ours[0]));
            assertArrayEquals(autograd[1], ours[1], 2e-6f);
            assertArrayEquals(before, LibTorch.values(images), "the images are the caller's");
        }
    }

    private static float[][] passed(TorchNetwork network, ComputationGraph graph, TrainPass pass) {
        network.zeroGradient();
        pass.accumulate(cotangent());
        network.downloadGradient();
        network.downloadStatistics();
        return new float[][] {graph.getGradientsViewArray().dup().data().asFloat(), graph.params().dup().data().asFloat()};
    }

    @Test
    void registersWithSeveralReadersGetTheSumOfTheirGradients() {
        // 2 is read by four, two of which hand on one gradient as it is; 7 adds a register to itself; 9 is what both ReLU and addition read.
        assertSame(new Op.Convolution(0, 1, "a_W", "a_b", ONE, ONE, ONE, 1), new Op.BatchNorm(1, 2, "n1", 0.1, 1e-5), new Op.Relu(2, 3),
                new Op.Swish(2, 4), new Op.Add(3, 2, 5), new Op.Add(5, 2, 6), new Op.Add(6, 6, 7), new Op.Add(7, 4, 8),
                new Op.BatchNorm(8, 9, "n2", 0.3, 1e-3), new Op.Relu(9, 10), new Op.Add(9, 10, 11), new Op.Relu(11, 12),
                new Op.Convolution(12, 13, "p_W", null, TWO, NONE, ONE, 1), new Op.Convolution(12, 14, "b_W", "b_b", TWO, ONE, ONE, 1),
                new Op.Add(13, 14, 15), new Op.GlobalMean(15, 16), new Op.Dense(16, 17, "e_W", "e_b"));
    }

    @Test
    void whatStandsOnTheImagesAsksForNoGradientOfTheirs() {
        assertSame(new Op.BatchNorm(0, 1, "n0", 0.1, 1e-5), new Op.Relu(0, 2), new Op.Add(1, 2, 3),
                new Op.Pad(3, 4, new long[] {0, 1, 2, 0}),
                new Op.Convolution(4, 5, "a_W", "a_b", TWO, NONE, ONE, 1), new Op.Relu(5, 6),
                new Op.Convolution(6, 7, "c_W", null, ONE, TWO, TWO, 8), new Op.BatchNorm(7, 8, "n1", 0.1, 1e-5), new Op.GlobalMean(8, 9),
                new Op.BatchNorm(9, 10, "n2", 0.1, 1e-5), new Op.Dense(10, 11, "e_W", "e_b"));
    }

    /** Where a network begins with what is no parameter, or has none before its last layer. */
    @Test
    void layersWithoutParametersBeforeThemGoBackNoFurther() {
        assertSame(new Op.Relu(0, 1), new Op.Pad(1, 2, new long[] {1, 1, 1, 1}), new Op.GlobalMean(2, 3), new Op.Dense(3, 4, "f_W", "f_b"));
    }

    /** LibTorch's own kernel of this layout gives gamma's gradient 7e-5 off at the first of these sizes: it sums 65,536 numbers one by one. */
    @ParameterizedTest
    @ValueSource(strings = {"64 16 32 32", "3 1 5 7", "5 4 1 6", "5 4 6 1", "7 3 1 1"})
    void batchNormIsThatOfFloat64(String sizes) {
        long[] shape = Arrays.stream(sizes.split(" ")).mapToLong(Long::parseLong).toArray();
        int channels = (int) shape[1];
        try (PointerScope scope = new PointerScope()) {
            Tensor input = numbers(1, 0.7, shape).add_(numbers(2, 1, 1, channels, 1, 1));
            Tensor gradient = numbers(3, 1, shape).add_(numbers(4, 0.1, 1, channels, 1, 1));
            Map<String, Tensor> weights = Map.of("n_gamma", asked(numbers(5, 1, channels)), "n_beta", asked(numbers(6, 1, channels)),
                    "n_mean", numbers(7, 1, channels), "n_var", numbers(8, 1, channels).abs());
            Map<String, Tensor> exact = new HashMap<>();
            weights.forEach((name, values) -> exact.put(name, values.detach().to(ScalarType.Double)));
            Tensor x = input.to(ScalarType.Double).set_requires_grad(true);
            Tensor gamma = exact.get("n_gamma").set_requires_grad(true);
            Tensor beta = exact.get("n_beta").set_requires_grad(true);
            Tensor expected =
                    torch.batch_norm(x, new TensorOptional(gamma), new TensorOptional(beta), new TensorOptional(exact.get("n_mean")),
                            new TensorOptional(exact.get("n_var")), true, 0.3, 1e-5, false);
            expected.backward(gradient.to(ScalarType.Double), new BoolOptional(), false, new TensorArrayRefOptional());

            BatchStatistics statistics =
                    BatchStatistics.of(new Op.BatchNorm(0, 1, "n", 0.3, 1e-5), weights, input.contiguous(MemoryFormat.ChannelsLast));
            near(expected.detach(), statistics.normalised().detach(), 2e-6);
            near(exact.get("n_mean"), weights.get("n_mean"), 1e-6);
            near(exact.get("n_var"), weights.get("n_var"), 1e-6);
            Tensor further = statistics.back(BatchStatistics.laid(gradient), true);
            near(x.grad(), further, 2e-6);
            near(gamma.grad(), weights.get("n_gamma").grad(), 5e-6);
            near(beta.grad(), weights.get("n_beta").grad(), 5e-6);
            statistics.close();
        }
    }

    private static void near(Tensor expected, Tensor found, double tolerance) {
        double largest = LibTorch.values(expected.abs().max().to(ScalarType.Float))[0];
        double off = LibTorch.values(expected.sub(found.to(ScalarType.Double)).abs().max().to(ScalarType.Float))[0];
        assertTrue(off <= tolerance * largest, "off by " + off + " of " + largest);
    }

    /** A parameter whose gradient has a place. */
    private static Tensor asked(Tensor values) {
        values.set_requires_grad(true);
        values.mutable_grad().put(torch.zeros_like(values));
        return values;
    }

    private static Tensor numbers(int seed, double size, long... shape) {
        Random random = new Random(seed);
        float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (size * random.nextGaussian());
        }
        return LibTorch.tensor(values, shape);
    }

    /** A program over made-up weights of 8 channels: {@code a} and {@code b} 3x3, {@code c} depthwise, {@code p} 1x1; {@code f} reads images. */
    private static void assertSame(Op... ops) {
        Program program = new Program(List.of(ops));
        Map<String, long[]> shapes = Map.of("a_W", new long[] {8, 3, 3, 3}, "b_W", new long[] {8, 8, 3, 3}, "c_W",
                new long[] {8, 1, 3, 3}, "p_W", new long[] {8, 8, 1, 1}, "e_W", new long[] {10, 8}, "e_b", new long[] {10}, "f_W",
                new long[] {10, 3}, "f_b", new long[] {10});
        try (PointerScope scope = new PointerScope()) {
            Map<String, Tensor> expected = new HashMap<>();
            Map<String, Tensor> found = new HashMap<>();
            for (String name : program.weights()) {
                long[] shape = shapes.getOrDefault(name, new long[] {name.startsWith("n0") ? 3 : 8});
                for (Map<String, Tensor> weights : List.of(expected, found)) {
                    Tensor values = numbers(name.hashCode(), 0.5, shape);
                    boolean statistic = TorchNetwork.isRunningStatistic(name);
                    weights.put(name, statistic ? values.abs() : asked(values));
                }
            }
            Tensor images = images(13, EXAMPLES);
            Tensor output = program.run(expected, images, true);
            ChannelsLastPass pass = new ChannelsLastPass(program, found, images);
            assertArrayEquals(LibTorch.logits(output).values(), pass.logits().values(), 1e-4);
            output.backward(LibTorch.tensor(cotangent()), new BoolOptional(), false, new TensorArrayRefOptional());
            pass.accumulate(cotangent());
            for (String name : program.weights()) {
                if (TorchNetwork.isRunningStatistic(name)) {
                    assertArrayEquals(LibTorch.values(expected.get(name)), LibTorch.values(found.get(name)), 1e-5f, name);
                } else {
                    // A bias before a batch norm has no gradient but rounding.
                    float[] gradient = LibTorch.values(expected.get(name).grad());
                    float[] ours = LibTorch.values(found.get(name).grad());
                    float largest = 1;
                    for (float value : gradient) {
                        largest = Math.max(largest, Math.abs(value));
                    }
                    assertArrayEquals(gradient, ours, 1e-4f * largest, name);
                }
            }
        }
    }

    @Test
    void channelsFirstIsAutogradsWay() {
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(Architectures.network("cnn-8", 10, 3))) {
            boolean processor = !Device.current().runsAhead();
            assertEquals(processor, network.train(images(32, 2), Precision.FLOAT32, true) instanceof ChannelsLastPass);
            assertFalse(network.train(images(32, 2), Precision.FLOAT32, false) instanceof ChannelsLastPass);
        }
    }

    @Test
    void theSameImagesGiveTheSameBits() {
        ComputationGraph graph = Architectures.network("resnet8", 10, 3);
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(graph)) {
            float[] first = passed(network, graph, network.train(images(32, EXAMPLES)))[0];
            assertEquals(0, distance(first, passed(network, graph, network.train(images(32, EXAMPLES)))[0]));
        }
    }

    private static Logits cotangent() {
        return new Logits(new Random(9).doubles(EXAMPLES * 10L, -1, 1).toArray(), EXAMPLES, 10);
    }

    private static Tensor images(int side, int examples) {
        ImageShape shape = new ImageShape(3, side, side);
        float[] pixels = new float[examples * shape.size()];
        Random random = new Random(4);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = random.nextFloat();
        }
        return LibTorch.images(shape, pixels);
    }

    private static double distance(float[] expected, float[] found) {
        double square = 0;
        double whole = 0;
        for (int i = 0; i < expected.length; i++) {
            square += Math.pow(expected[i] - (double) found[i], 2);
            whole += Math.pow(expected[i], 2);
        }
        return Math.sqrt(square / whole);
    }
}
