package org.mmard.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mmard.config.Settings;
import org.mmard.config.SettingsReader;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Passes;
import org.mmard.engine.TorchNetwork;
import org.mmard.method.Method;
import org.mmard.method.Methods;
import org.mmard.method.Moment;
import org.mmard.model.Architectures;
import org.mmard.reference.GoldenNetworks;
import org.mmard.reference.Reference;
import org.nd4j.linalg.api.ndarray.INDArray;

class DistillationStepTest {
    private static final Settings.Attack ATTACK = SettingsReader.attack(Map.of("attack.steps", "2"), "test");
    private static final Passes PASSES = new Passes(true, true);

    @BeforeAll
    static void oneThread() {
        LibTorch.threads(1);
    }

    /** The reference stores x10: the outer loss is taken there, so that no sign of a tiny gradient decides. */
    @ParameterizedTest
    @CsvSource({"pgd_at, pgd-at, disagreement", "ard_general, ard, disagreement", "trades, trades, disagreement", "rslad, rslad, disagreement",
            "mmard_A, mmard, disagreement", "mmard_C, mmard, boundary"})
    void lossParameterGradientAndRunningStatisticsAreThePublishedCodes(String golden, String method, String teacherTerm) {
        String attack = switch (golden) {
            case "pgd_at" -> "attack_ce_uniform_clip_eval";
            case "ard_general" -> "attack_ce_uniform_noclip_eval";
            case "trades" -> "attack_kl_sx_gauss_noclip_eval";
            case "rslad" -> "attack_kl_tx_gauss_noclip_eval";
            default -> "attack_" + golden + "_gauss_noclip_eval";
        };
        ComputationGraph student = GoldenNetworks.load("student");
        Method built = method(Map.of("method.name", method, "method.teacher-term", teacherTerm, "method.alpha", "0.7", "method.temperature", "4",
                "method.b", "1", "method.triangle.smoothing", "1e-4"));
        try (PointerScope scope = new PointerScope(); DistillationStep step = new DistillationStep(student, teacher(GoldenNetworks.load("teacher")), epoch -> built, ATTACK, PASSES)) {
            Step.Result result = step.outerLoss(LibTorch.images(Reference.golden("x").floats()), LibTorch.images(Reference.golden(attack + ".x10").floats()),
                    Reference.golden("labels").ints());
            double expected = Reference.golden(golden + ".loss").values()[0];
            assertEquals(expected, result.loss(), 2e-5 * Math.max(1, Math.abs(expected)));
        }
        INDArray gradient = student.getGradientsViewArray();
        student.paramTable().forEach((name, view) -> {
            String torchName = GoldenNetworks.torchName(name);
            if (TorchNetwork.isRunningStatistic(name)) {
                INDArray after = GoldenNetworks.array(view, Reference.golden(golden + ".after." + torchName));
                assertEquals(0, after.sub(view).amaxNumber().doubleValue(), 2e-6, torchName);
            } else {
                long from = view.offset() - student.params().offset();
                INDArray ours = gradient.reshape(gradient.length()).get(org.nd4j.linalg.indexing.NDArrayIndex.interval(from, from + view.length()))
                        .dup().reshape(view.ordering(), view.shape());
                INDArray theirs = GoldenNetworks.array(view, Reference.golden(golden + ".grad." + torchName));
                assertEquals(0, theirs.sub(ours).amaxNumber().doubleValue(), 5e-5 * theirs.amaxNumber().doubleValue(), torchName);
            }
        });
    }

    @Test
    void theSameBatchGivesTheSameBitsTwice() {
        assertArrayEquals(gradientOfOneStep(), gradientOfOneStep());
    }

    private static float[] gradientOfOneStep() {
        ComputationGraph student = Architectures.network("cnn-8-16", 10, 1);
        try (DistillationStep step = mmard(student)) {
            step.gradient(batch(16, 2));
            return student.getGradientsViewArray().toFloatVector();
        }
    }

    @Test
    void residentMemoryIsFlatOverTwoThousandSteps() throws IOException {
        ComputationGraph student = Architectures.network("cnn-8-16", 10, 1);
        Step.Batch batch = batch(16, 2);
        try (DistillationStep step = mmard(student)) {
            long before = 0;
            for (int i = 0; i < 2000; i++) {
                if (i == 500) {
                    before = residentKilobytes();
                }
                step.gradient(batch);
            }
            long grown = residentKilobytes() - before;
            // One leaked activation of this batch is 256 KiB: 1,500 steps would show 375 MiB.
            assertTrue(grown < 48 * 1024, "resident memory grew by " + grown + " KiB over 1,500 steps");
        }
    }

    private static DistillationStep mmard(ComputationGraph student) {
        Method method = method(Map.of("method.name", "mmard"));
        return new DistillationStep(student, teacher(Architectures.network("cnn-8-16", 10, 5)), epoch -> method, ATTACK, PASSES);
    }

    private static Method method(Map<String, String> settings) {
        return Methods.of(SettingsReader.method(settings, "test"), Moment.end(1));
    }

    private static Classifier teacher(ComputationGraph graph) {
        try (TorchNetwork network = new TorchNetwork(graph)) {
            return network.freeze(PASSES);
        }
    }

    private static Step.Batch batch(int examples, long seed) {
        Random random = new Random(seed);
        float[] images = new float[examples * 3072];
        for (int i = 0; i < images.length; i++) {
            images[i] = random.nextFloat();
        }
        return new Step.Batch(images, random.ints(examples, 0, 10).toArray(), random.ints(examples, 0, 1000).toArray(), 7, 3);
    }

    private static long residentKilobytes() throws IOException {
        System.gc();
        return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("VmRSS"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).findFirst().orElseThrow();
    }
}
