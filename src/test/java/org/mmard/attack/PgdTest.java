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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.config.SettingsReader;
import org.mmard.data.Npy;
import org.mmard.data.RandomStreams.Purpose;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Passes;
import org.mmard.engine.TorchNetwork;
import org.mmard.loss.Objective;
import org.mmard.loss.Prediction;
import org.mmard.loss.Predictions;
import org.mmard.method.Methods;
import org.mmard.method.Moment;
import org.mmard.model.Architectures;
import org.mmard.reference.GoldenNetworks;
import org.mmard.reference.Reference;

class PgdTest {
    private static final double EPSILON = 8 / 255.0;
    private static final double STEP = 2 / 255.0;
    private static final Passes PASSES = new Passes(true, true);

    @BeforeAll
    static void oneThread() {
        LibTorch.threads(1);
    }

    @ParameterizedTest
    @CsvSource({"pgd-at, disagreement, attack_ce_uniform_clip_eval", "pgd-at, disagreement, attack_ce_uniform_noclip_eval",
            "trades, disagreement, attack_kl_sx_gauss_noclip_eval", "rslad, disagreement, attack_kl_tx_gauss_noclip_eval",
            "mmard, disagreement, attack_mmard_A_gauss_noclip_eval", "mmard, boundary, attack_mmard_C_gauss_noclip_eval"})
    void gradientsAndStepsAreThePublishedCodes(String inner, String teacherTerm, String golden) {
        int[] labels = Reference.golden("labels").ints();
        Npy x = Reference.golden("x");
        Objective objective = inner(Map.of("method.inner", inner, "method.teacher-term", teacherTerm));
        try (PointerScope scope = new PointerScope();
                TorchNetwork studentNetwork = new TorchNetwork(GoldenNetworks.load("student"));
                TorchNetwork teacherNetwork = new TorchNetwork(GoldenNetworks.load("teacher"));
                Classifier student = studentNetwork.freeze(PASSES);
                Classifier teacher = teacherNetwork.freeze(PASSES)) {
            Tensor natural = LibTorch.images(x.floats());
            Predictions constants = new Predictions(labels)
                    .with(Prediction.STUDENT_NATURAL, student.logits(natural)).with(Prediction.TEACHER_NATURAL, teacher.logits(natural));
            for (String at : new String[] {"start:g0", "x9:g9"}) {
                Tensor point = LibTorch.images(Reference.golden(golden + "." + at.split(":")[0]).floats());
                float[] mean = LibTorch.values(new Pgd(objective, EPSILON, STEP, 1).gradient(networks(student, teacher), point, constants));
                float[] sum = new float[mean.length];
                for (int i = 0; i < sum.length; i++) {
                    sum[i] = mean[i] * labels.length;
                }
                assertArrayEquals(Reference.golden(golden + "." + at.split(":")[1]).floats(), sum, 1e-6f, at);
            }
            assertStep(objective, student, teacher, natural, constants, golden, "start", "g0", "x1");
            assertStep(objective, student, teacher, natural, constants, golden, "x9", "g9", "x10");
        }
    }

    private static Objective inner(Map<String, String> settings) {
        return Methods.of(SettingsReader.method(settings, "test"), Moment.end(1)).inner().orElseThrow();
    }

    private static Map<Prediction, Classifier> networks(Classifier student, Classifier teacher) {
        return Map.of(Prediction.STUDENT_ADVERSARIAL, student, Prediction.TEACHER_ADVERSARIAL, teacher);
    }

    private static void assertStep(Objective objective, Classifier student, Classifier teacher, Tensor natural, Predictions constants,
            String golden, String from, String gradientName, String to) {
        float[] gradient = Reference.golden(golden + "." + gradientName).floats();
        float[] expected = Reference.golden(golden + "." + to).floats();
        float[] stepped = LibTorch.values(new Pgd(objective, EPSILON, STEP, 1)
                .perturb(networks(student, teacher), natural, constants, LibTorch.images(Reference.golden(golden + "." + from).floats())));
        int compared = 0;
        for (int i = 0; i < expected.length; i++) {
            // The sign of a tiny gradient is a matter of rounding.
            if (Math.abs(gradient[i]) > 1e-6) {
                assertEquals(expected[i], stepped[i], 1e-6, to);
                compared++;
            }
        }
        assertTrue(compared > expected.length / 2, compared + " of " + expected.length + " compared");
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
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(graph); Classifier student = network.freeze(PASSES)) {
            Tensor natural = LibTorch.images(pixels);
            Predictions constants = new Predictions(labels);
            float[] adversarial = LibTorch.values(new Pgd(objective, EPSILON, STEP, 5).perturb(Map.of(Prediction.STUDENT_ADVERSARIAL, student), natural, constants,
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
            Tensor zeros = LibTorch.images(new float[2 * 3072]);
            float[] one = LibTorch.values(starts.from(zeros, Purpose.ATTACK_START, 3, 4, new int[] {17, 23}));
            float[] other = LibTorch.values(starts.from(zeros, Purpose.ATTACK_START, 3, 4, new int[] {23, 17}));
            assertArrayEquals(Arrays.copyOfRange(one, 0, 3072), Arrays.copyOfRange(other, 3072, 6144));
            double deviation = Math.sqrt(java.util.stream.IntStream.range(0, one.length).mapToDouble(i -> one[i] * one[i]).average().orElseThrow());
            assertEquals(0.001, deviation, 5e-5);
        }
    }
}
