package org.mmard.attack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mmard.data.ImageShape;
import org.mmard.engine.Classifier;
import org.mmard.engine.CompilePasses;
import org.mmard.engine.LibTorch;
import org.mmard.engine.TorchNetwork;
import org.mmard.files.Npy;
import org.mmard.reference.AutoAttackTrace;

/** The attacks against what the official code did to the same network, images and random numbers, image by image. */
class AutoAttackTraceTest {
    private static final double EPSILON = Attacks.EPSILON;

    @BeforeAll
    static void oneThread() {
        LibTorch.threads(1);
    }

    @ParameterizedTest
    @CsvSource({"CROSS_ENTROPY, apgd_ce", "DLR, apgd_dlr", "TARGETED_DLR, apgd_t_dlr"})
    void apgdEndsWhereTheOfficialCodeEnds(Apgd.Loss loss, String trace) {
        onTracedNetwork((model, examples) -> {
            int[] targets = TargetClasses.ranked(model.logits(examples.images()), 2);
            if (loss == Apgd.Loss.TARGETED_DLR) {
                assertArrayEquals(AutoAttackTrace.array("apgd_t_dlr_ytarget").ints(), targets);
            }
            ApgdRun run = new ApgdRun(new Apgd(trace, loss, EPSILON, 100, 1, 1), model, examples, targets, 0, tracedDraws());
            for (int step = 0; step < 100; step++) {
                run.step();
            }
            int[] robust = AutoAttackTrace.array(trace + "_robust").ints();
            assertArrayEquals(IntStream.range(0, 16).filter(n -> robust[n] == 0).toArray(), run.broken());
            Npy losses = AutoAttackTrace.array(trace + "_loss_best");
            int same = 0;
            for (int n = 0; n < 16; n++) {
                int changed = differing(AutoAttackTrace.array(trace + "_x_best"), run.best(), n);
                same += changed == 0 ? 1 : 0;
                if (robust[n] == 1) {
                    assertEquals(0, differing(AutoAttackTrace.array(trace + "_x_best_adv"), run.adversarial(), n),
                            "the start of image " + n);
                }
                // DLR has no bound where the first and the third logit meet, which only happens beyond the boundary.
                if (loss != Apgd.Loss.DLR || robust[n] == 1) {
                    assertEquals(losses.values()[n], run.bestLosses()[n], 2e-4, "loss of image " + n);
                    // A hundred steps along signs: a gradient whose sign is a matter of rounding moves a value by whole steps.
                    assertTrue(changed < ImageShape.CIFAR.size() / 6, changed + " values of image " + n);
                }
            }
            assertTrue(same >= 4, same + " images end at the very same point");
        });
    }

    private static int differing(Npy expected, Tensor actual, int image) {
        float[] values = LibTorch.values(actual);
        return (int) IntStream.range(image * ImageShape.CIFAR.size(), (image + 1) * ImageShape.CIFAR.size())
                .filter(i -> Math.abs(expected.values()[i] - values[i]) > 1e-5).count();
    }

    @ParameterizedTest
    @CsvSource({"2, fab_t2", "3, fab_t3"})
    void fabFindsTheDistancesOfTheOfficialCode(int rank, String trace) {
        onTracedNetwork((model, examples) -> {
            FabRun run = new FabRun(model, examples, TargetClasses.ranked(model.logits(examples.images()), rank));
            for (int step = 0; step < 100; step++) {
                run.step();
            }
            float[] distances = AutoAttackTrace.array(trace + "_linf").floats();
            float[] points = AutoAttackTrace.array(trace + "_adv").floats();
            for (int n = 0; n < 16; n++) {
                assertEquals(distances[n], run.distances()[n], 0.003 * distances[n], "image " + n);
                double difference = 0;
                for (int i = n * ImageShape.CIFAR.size(); i < (n + 1) * ImageShape.CIFAR.size(); i++) {
                    difference += Math.abs(points[i] - run.nearest()[i]) / ImageShape.CIFAR.size();
                }
                assertTrue(difference < 0.05 * distances[n], "mean difference " + difference + " at image " + n);
            }
        });
    }

    @Test
    void projectionOntoAPlaneWithinTheBoxIsTheOfficialCodes() {
        float[] points = AutoAttackTrace.array("fabproj_point").floats();
        float[] normals = AutoAttackTrace.array("fabproj_w").floats();
        float[] offsets = AutoAttackTrace.array("fabproj_b").floats();
        float[] expected = AutoAttackTrace.array("fabproj_d").floats();
        float[] way = new float[48];
        for (int n = 0; n < offsets.length; n++) {
            float longest = BoxProjection.project(points, normals, n * 48, 48, offsets[n], way);
            float[] row = Arrays.copyOfRange(expected, n * 48, (n + 1) * 48);
            assertArrayEquals(row, way, 1e-5f, "row " + n);
            assertEquals(IntStream.range(0, 48).mapToDouble(i -> Math.abs(row[i])).max().orElseThrow(), longest, 1e-5);
        }
    }

    private static RandomSource tracedDraws() {
        float[] numbers = AutoAttackTrace.array("rand01").floats();
        return (record, run) -> new RandomGenerator() {
            private int next = record * ImageShape.CIFAR.size();

            @Override
            public double nextDouble() {
                return numbers[next++];
            }

            @Override
            public long nextLong() {
                throw new UnsupportedOperationException("the trace holds numbers in [0, 1) only");
            }
        };
    }

    private static void onTracedNetwork(BiConsumer<Classifier, Examples> test) {
        try (PointerScope scope = new PointerScope();
                TorchNetwork network = new TorchNetwork(AutoAttackTrace.network());
                Classifier model = network.freeze(CompilePasses.ALL)) {
            Tensor images = LibTorch.images(ImageShape.CIFAR, AutoAttackTrace.array("x").floats());
            test.accept(model, new Examples(images, AutoAttackTrace.array("y").ints(), IntStream.range(0, 16).toArray()));
        }
    }
}
