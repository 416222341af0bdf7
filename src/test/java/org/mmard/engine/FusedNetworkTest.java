package org.mmard.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.data.ImageShape;
import org.mmard.model.Architectures;

/** Fused operations and a way back by hand, against the same networks by LibTorch's operations one by one and its autograd. */
class FusedNetworkTest {
    private static final CompilePasses UNFUSED = new CompilePasses(true, true, false);
    private static final int EXAMPLES = 4;
    private static final long[] ONE = {1, 1};
    private static final long[] TWO = {2, 2};
    private static final long[] NONE = {0, 0};

    @BeforeAll
    static void oneThread() {
        LibTorch.threads(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"cnn-8-16-24", "resnet8", "resnet8x2", "resnet20", "resnet18", "preactresnet18", "preactresnet18-raw-bn",
        "wideresnet-10-2", "wideresnet-10-2-swish", "wideresnet-10-2-dm", "mobilenetv2"})
    void isTheNetworkThatAutogradRuns(String architecture) {
        ComputationGraph graph = network(architecture);
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(graph)) {
            Tensor images = images(32, EXAMPLES, 1);
            for (boolean fold : new boolean[] {true, false}) {
                CompilePasses passes = new CompilePasses(fold, true, true);
                try (Classifier fused = fused(network.freeze(passes)); Classifier plain = network.freeze(UNFUSED)) {
                    assertSame(plain, fused, images, 2e-5);
                }
                // bfloat16 rounds either somewhere else: both are as far from float32.
                try (Classifier exact = network.freeze(UNFUSED); Classifier plain = network.freeze(UNFUSED, Precision.BFLOAT16);
                        Classifier fused = fused(network.freeze(passes, Precision.BFLOAT16))) {
                    if (fused instanceof FusedNetwork rounded && !rounded.fits(images)) {
                        // Without AVX-512 both are the plain network, slowly.
                        continue;
                    }
                    double rounding = distance(gradient(exact, images), gradient(plain, images));
                    double ours = distance(gradient(exact, images), gradient(fused, images));
                    assertTrue(ours < 1.3 * rounding + 0.01, architecture + ": off by " + ours + ", autograd's way by " + rounding);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"resnet8", "resnet18", "mobilenetv2", "cnn-8-16-24"})
    void noAdditionAndNoReluIsLeftByItself(String architecture) {
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(network(architecture))) {
            List<Fusion.Layer> layers = Fusion.layers(new Program(network.listing(true).ops()));
            assertEquals(0, layers.stream().filter(layer -> layer.op() instanceof Op.Add || layer.op() instanceof Op.Relu).count());
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void oddSizesStridesDilationAndPaddingAreRight(Precision precision) {
        assertSame(precision, new Op.Convolution(0, 1, "a_W", "a_b", TWO, ONE, ONE, 1), new Op.Relu(1, 2),
                new Op.Convolution(2, 3, "b_W", null, ONE, TWO, TWO, 1), new Op.Pad(3, 4, new long[] {0, 1, 2, 0}),
                new Op.Convolution(4, 5, "c_W", "c_b", TWO, NONE, ONE, 8), new Op.Relu(5, 6),
                new Op.Convolution(6, 7, "d_W", "d_b", ONE, TWO, ONE, 1), new Op.GlobalMean(7, 8), new Op.Dense(8, 9, "e_W", "e_b"));
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void registersWithSeveralReadersGetTheSumOfTheirGradients(Precision precision) {
        // 1 is read four times, once by the convolution that also adds it; 6 adds what are no convolutions; 8 is a strided projection first.
        assertSame(precision, new Op.Convolution(0, 1, "a_W", "a_b", ONE, ONE, ONE, 1),
                new Op.Convolution(1, 2, "b_W", null, ONE, ONE, ONE, 1), new Op.Add(1, 2, 3), new Op.Relu(1, 4), new Op.Swish(1, 5),
                new Op.Add(4, 5, 6), new Op.Add(3, 6, 7), new Op.Convolution(7, 8, "p_W", "p_b", TWO, NONE, ONE, 1),
                new Op.Convolution(7, 9, "q_W", null, TWO, NONE, ONE, 1), new Op.Add(9, 8, 10), new Op.Relu(10, 11),
                new Op.Relu(11, 12), new Op.GlobalMean(12, 13), new Op.Dense(13, 14, "e_W", "e_b"), new Op.Relu(14, 15),
                new Op.Dense(15, 16, "f_W", "f_b"), new Op.Relu(16, 17));
    }

    /** Elsewhere the other tests of this class would compare a network with itself: that is to be seen. */
    @ParameterizedTest
    @ValueSource(strings = {"resnet18", "mobilenetv2", "wideresnet-10-2-swish", "preactresnet18-swish"})
    void networksOfTheZooAreFusedOnThisProcessor(String architecture) {
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(network(architecture))) {
            for (Precision precision : Precision.values()) {
                try (Classifier frozen = network.freeze(CompilePasses.ALL, precision)) {
                    assumeTrue(frozen instanceof FusedNetwork fused && fused.fits(images(32, 1, 1)),
                            "fused convolutions were not tested: they are not right on this processor, or it is none");
                }
            }
        }
    }

    /** Where a sum may take its summand's place, and where a convolution may not add itself. */
    @ParameterizedTest
    @EnumSource(Precision.class)
    void whatIsAddedToItselfOrToTheImagesIsRight(Precision precision) {
        assertSame(precision, new Op.Convolution(0, 1, "g_W", null, ONE, ONE, ONE, 1), new Op.Add(0, 1, 2),
                new Op.Convolution(2, 3, "a_W", "a_b", ONE, ONE, ONE, 1), new Op.Add(3, 3, 4), new Op.GlobalMean(4, 5),
                new Op.Dense(5, 6, "e_W", "e_b"));
    }

    @Test
    void aPassThatImagesOfAnotherSizeCameBetweenIsRefused() {
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(network("resnet8"));
                Classifier fused = fused(network.freeze(CompilePasses.ALL))) {
            Classifier.Pass pass = fused.forward(images(32, 1, 1));
            assertTrue(Device.current().runsAhead() || pass.inputGradient(new Logits(new double[10], 1, 10)).defined());
            Classifier.Pass late = fused.forward(images(32, 1, 1));
            fused.logits(images(48, 1, 1));
            if (!Device.current().runsAhead()) {
                assertThrows(IllegalStateException.class, () -> late.inputGradient(new Logits(new double[10], 1, 10)));
            }
        }
    }

    @Test
    void imagesOfAnotherNumberAndAnotherSizeMayFollow() {
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(network("resnet8"));
                Classifier plain = network.freeze(UNFUSED); Classifier fused = fused(network.freeze(CompilePasses.ALL))) {
            for (int[] batch : new int[][] {{32, 3}, {32, 1}, {48, 2}, {4, 2}, {32, 5}}) {
                assertSame(plain, fused, images(batch[0], batch[1], 7), 2e-5);
            }
        }
    }

    @Test
    void theSameImagesGiveTheSameBits() {
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(network("mobilenetv2"))) {
            Tensor images = images(32, EXAMPLES, 3);
            float[] first;
            try (Classifier fused = fused(network.freeze(CompilePasses.ALL, Precision.BFLOAT16))) {
                first = gradient(fused, images);
                assertArrayEquals(first, gradient(fused, images));
                assertArrayEquals(fused.forward(images).logits().values(), fused.logits(images).values());
            }
            try (Classifier again = fused(network.freeze(CompilePasses.ALL, Precision.BFLOAT16))) {
                again.logits(images(48, 1, 4));
                assertArrayEquals(first, gradient(again, images));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"resnet8, conv1_W, FLOAT32", "resnet8, conv1_W, BFLOAT16", "preactresnet18, stage2_block2_bn1_gamma, FLOAT32"})
    void aWeightThatIsNoNumberIsSeenInTheLogits(String architecture, String weight, Precision precision) {
        ComputationGraph graph = network(architecture);
        graph.getParam(weight).putScalar(5, Float.NaN);
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(graph);
                Classifier fused = fused(network.freeze(CompilePasses.ALL, precision))) {
            assertTrue(Double.isNaN(fused.logits(images(32, 1, 1)).values()[0]));
        }
    }

    /** A program over made-up weights, which need 8 channels: {@code d} and {@code b} 3x3, {@code c} depthwise, {@code p} and {@code q} 1x1. */
    private static void assertSame(Precision precision, Op... ops) {
        Program program = new Program(List.of(ops));
        ScalarType type = precision == Precision.BFLOAT16 ? ScalarType.BFloat16 : ScalarType.Float;
        try (PointerScope scope = new PointerScope()) {
            Map<String, long[]> shapes =
                    Map.of("a_W", new long[] {8, 3, 3, 3}, "g_W", new long[] {3, 3, 3, 3}, "b_W", new long[] {8, 8, 3, 3}, "c_W",
                            new long[] {8, 1, 3, 3}, "d_W", new long[] {8, 8, 3, 3}, "p_W", new long[] {8, 8, 1, 1}, "q_W",
                            new long[] {8, 8, 1, 1}, "e_W", new long[] {10, 8}, "f_W", new long[] {10, 10});
            Random random = new Random(5);
            Map<String, Tensor> weights = new HashMap<>();
            for (String name : program.weights()) {
                boolean dense = name.startsWith("e") || name.startsWith("f");
                long[] shape = shapes.getOrDefault(name, new long[] {dense ? 10 : 8});
                float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) (0.3 * random.nextGaussian());
                }
                Tensor tensor = LibTorch.tensor(values, shape).to(dense ? ScalarType.Float : type);
                Tensor laid = shape.length == 4 ? tensor.contiguous(MemoryFormat.ChannelsLast) : tensor;
                weights.put(name, laid.retainReference());
            }
            Map<String, Tensor> lent = new HashMap<>(weights);
            lent.values().forEach(Tensor::retainReference);
            try (FrozenNetwork plain = new FrozenNetwork(program, lent, 10, true, precision, false, null);
                    FusedNetwork fused = new FusedNetwork(new FrozenNetwork(program, weights, 10, true, precision, false, null), program,
                            weights, precision)) {
                Tensor images = images(13, 2, 8).to(type).contiguous(MemoryFormat.ChannelsLast);
                float[] before = LibTorch.values(images.to(ScalarType.Float));
                assertSame(plain, fused, images, precision == Precision.BFLOAT16 ? 0.05 : 1e-5);
                assertArrayEquals(before, LibTorch.values(images.to(ScalarType.Float)), "the images are the caller's");
            }
        }
    }

    private static void assertSame(Classifier plain, Classifier fused, Tensor images, double tolerance) {
        double[] expected = plain.logits(images).values();
        double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
        assertArrayEquals(expected, fused.logits(images).values(), tolerance * largest);
        double off = distance(gradient(plain, images), gradient(fused, images));
        assertTrue(off <= 2 * tolerance, "gradients are apart by " + off);
    }

    private static Classifier fused(Classifier frozen) {
        if (!Device.current().runsAhead()) {
            assertInstanceOf(FusedNetwork.class, frozen);
        }
        return frozen;
    }

    private static float[] gradient(Classifier network, Tensor images) {
        int examples = (int) images.size(0);
        try (PointerScope scope = new PointerScope()) {
            double[] values = new Random(9).doubles(examples * 10L, -1, 1).toArray();
            Tensor cotangent = LibTorch.tensor(new Logits(values, examples, 10));
            float[] before = LibTorch.values(cotangent);
            float[] gradient = LibTorch.values(network.forward(images).inputGradient(cotangent));
            assertArrayEquals(before, LibTorch.values(cotangent));
            return gradient;
        }
    }

    /** Relative to the first, in the 2-norm. */
    private static double distance(float[] expected, float[] found) {
        assertEquals(expected.length, found.length);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow(expected[i] - (double) found[i], 2);
            norm += Math.pow(expected[i], 2);
        }
        return Math.sqrt(difference / norm);
    }

    private static Tensor images(int side, int examples, long seed) {
        float[] pixels = new float[examples * 3 * side * side];
        Random random = new Random(seed);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = random.nextFloat();
        }
        return LibTorch.images(new ImageShape(3, side, side), pixels);
    }

    private static ComputationGraph network(String architecture) {
        ComputationGraph graph = Architectures.network(architecture, 10, 11);
        Random random = new Random(12);
        graph.paramTable().forEach((name, view) -> {
            boolean positive = name.endsWith("_gamma") || name.endsWith("_var");
            if (positive || name.endsWith("_beta") || name.endsWith("_mean")) {
                for (long i = 0; i < view.length(); i++) {
                    view.putScalar(i, positive ? 0.5 + random.nextDouble() : 0.2 * random.nextGaussian());
                }
            }
        });
        return graph;
    }
}
