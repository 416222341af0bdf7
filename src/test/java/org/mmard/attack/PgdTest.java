package org.mmard.attack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.config.SettingsReader;
import org.mmard.data.ImageShape;
import org.mmard.data.RandomStreams.Purpose;
import org.mmard.engine.Classifier;
import org.mmard.engine.CompilePasses;
import org.mmard.engine.LibTorch;
import org.mmard.engine.TorchNetwork;
import org.mmard.loss.Objective;
import org.mmard.loss.Prediction;
import org.mmard.loss.Predictions;
import org.mmard.method.Methods;
import org.mmard.method.TrainingProgress;
import org.mmard.model.Architectures;

class PgdTest {
    private static final double EPSILON = 8 / 255.0;
    private static final double STEP = 2 / 255.0;
    private static final CompilePasses PASSES = CompilePasses.ALL;

    @BeforeAll
    static void oneThread() {
        LibTorch.threads(1);
    }

    private static Objective inner(Map<String, String> settings) {
        return Methods.of(SettingsReader.method(settings, "test"), TrainingProgress.end(1)).inner().orElseThrow();
    }

    private static Map<Prediction, Classifier> networks(Classifier student, Classifier teacher) {
        return Map.of(Prediction.STUDENT_ADVERSARIAL, student, Prediction.TEACHER_ADVERSARIAL, teacher);
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gaussian", "uniform"})
    void staysInsideTheBallAndTheImageRange(String start) {
        ComputationGraph graph = Architectures.network("cnn-8", 10, 1);
        float[] pixels = new float[4 * 3072];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = i % 7 / 6f;
        }
        int[] labels = {1, 2, 3, 4};
        Objective objective = inner(Map.of("method.inner", "pgd-at"));
        Starts starts = Starts.of(SettingsReader.attack(Map.of("attack.start", start), "test"));
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(graph);
                Classifier student = network.freeze(PASSES)) {
            Tensor natural = LibTorch.images(ImageShape.CIFAR, pixels);
            Predictions constants = new Predictions(labels);
            float[] adversarial = LibTorch.values(
                    new Pgd(objective, EPSILON, STEP, 5).perturb(Map.of(Prediction.STUDENT_ADVERSARIAL, student), natural, constants,
                            starts.from(natural, Purpose.EVALUATION, 1, 0, new int[] {0, 1, 2, 3})));
            float furthest = 0;
            for (int i = 0; i < pixels.length; i++) {
                assertTrue(adversarial[i] >= 0 && adversarial[i] <= 1, "pixel " + adversarial[i]);
                furthest = Math.max(furthest, Math.abs(adversarial[i] - pixels[i]));
            }
            assertEquals(EPSILON, furthest, 1e-6);
            assertArrayEquals(pixels, LibTorch.values(natural), "the natural images are left alone");
        }
    }

    @Test
    void startNoiseBelongsToTheRecordNotToItsPlaceInTheBatch() {
        Starts starts = new Starts(Starts.Kind.GAUSSIAN, 0.001, false);
        try (PointerScope scope = new PointerScope()) {
            Tensor zeros = LibTorch.images(ImageShape.CIFAR, new float[2 * 3072]);
            float[] one = LibTorch.values(starts.from(zeros, Purpose.ATTACK_START, 3, 4, new int[] {17, 23}));
            float[] other = LibTorch.values(starts.from(zeros, Purpose.ATTACK_START, 3, 4, new int[] {23, 17}));
            assertArrayEquals(Arrays.copyOfRange(one, 0, 3072), Arrays.copyOfRange(other, 3072, 6144));
            double deviation =
                    Math.sqrt(java.util.stream.IntStream.range(0, one.length).mapToDouble(i -> one[i] * one[i]).average().orElseThrow());
            assertEquals(0.001, deviation, 5e-5);
        }
    }
}
