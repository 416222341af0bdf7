package org.mmard.attack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mmard.data.ImageSet;
import org.mmard.data.ImageShape;
import org.mmard.engine.Classifier;
import org.mmard.engine.CompilePasses;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Logits;
import org.mmard.engine.TorchNetwork;
import org.mmard.model.Architectures;

class SanityChecksTest {
    @BeforeAll
    static void oneThread() {
        LibTorch.threads(1);
    }

    @Test
    void anOrdinaryNetworkGivesNoWarning() {
        assertEquals(List.of(), warnings(UnaryOperator.identity(), 1));
    }

    @Test
    void aRandomAnswerIsNoticed() {
        Random random = new Random(1);
        assertOnly("asked twice", warnings(logits -> {
            Logits noisy = Logits.zeros(logits.examples(), logits.classes());
            for (int i = 0; i < noisy.values().length; i++) {
                noisy.values()[i] = logits.values()[i] + 0.1 * random.nextGaussian();
            }
            return noisy;
        }, 1));
    }

    @Test
    void probabilitiesInThePlaceOfLogitsAreNoticed() {
        assertOnly("probabilities", warnings(logits -> {
            Logits probabilities = Logits.zeros(logits.examples(), logits.classes());
            for (int n = 0; n < logits.examples(); n++) {
                double sum = 0;
                for (int c = 0; c < logits.classes(); c++) {
                    sum += Math.exp(logits.get(n, c));
                }
                for (int c = 0; c < logits.classes(); c++) {
                    probabilities.values()[n * logits.classes() + c] = Math.exp(logits.get(n, c)) / sum;
                }
            }
            return probabilities;
        }, 1));
    }

    @Test
    void imagesWithoutGradientAreCounted() {
        assertOnly("at 6 of the first 6 images", warnings(UnaryOperator.identity(), 0));
    }

    @Test
    void anotherModelsGradientBeyondTheModelsOwnIsNoticed() {
        Attack pgd = Attacks.single("pgd20", 0.1);
        Cascade own = new Cascade("pgd20", List.of(pgd));
        Cascade from = Cascade.transferred(attack -> {
            throw new IllegalStateException("nobody attacks");
        }, "teacher.zip", "0123456789abcdef", Map.of(), "pgd20", 0.1).get(0);
        Robustness strong = robustness(new Robustness.Stage("pgd20", 1000, 500, 1));
        Robustness weak = robustness(new Robustness.Stage("pgd20", 1000, 900, 1));
        assertOnly("pgd20 from teacher.zip: another model's gradient lowers the robust accuracy by 40.00 points",
                SanityChecks.gradientMasking(List.of(own, from), Map.of("pgd20", weak, from.name(), strong)));
        assertEquals(List.of(), SanityChecks.gradientMasking(List.of(own, from), Map.of("pgd20", strong, from.name(), weak)));
    }

    @Test
    void squareBeyondTheGradientIsNoticedInACascadeAndBesideOtherAttacks() {
        Attack apgd = new Apgd("apgd-ce", Apgd.Loss.CROSS_ENTROPY, 0.1, 5, 1, 1);
        Attack square = new Square("square", 0.1, 5, 1);
        Cascade both = new Cascade("autoattack", List.of(apgd, square));
        Robustness masked = robustness(new Robustness.Stage("apgd-ce", 1000, 500, 1), new Robustness.Stage("square", 500, 490, 1));
        Robustness unmasked = robustness(new Robustness.Stage("apgd-ce", 1000, 500, 1), new Robustness.Stage("square", 500, 499, 1));
        assertOnly("autoattack: Square lowers the robust accuracy by 1.00 points",
                SanityChecks.gradientMasking(List.of(both), Map.of("autoattack", masked)));
        assertEquals(List.of(), SanityChecks.gradientMasking(List.of(both), Map.of("autoattack", unmasked)));
        List<Cascade> apart = List.of(new Cascade("square", List.of(square)), new Cascade("apgd-ce", List.of(apgd)));
        Map<String, Robustness> outcomes = new HashMap<>(Map.of("square", robustness(new Robustness.Stage("square", 1000, 400, 1))));
        outcomes.put("apgd-ce", robustness(new Robustness.Stage("apgd-ce", 1000, 500, 1)));
        assertOnly("square: Square lowers the robust accuracy by 10.00 points", SanityChecks.gradientMasking(apart, outcomes));
        outcomes.put("apgd-ce", robustness(new Robustness.Stage("apgd-ce", 1000, 390, 1)));
        assertEquals(List.of(), SanityChecks.gradientMasking(apart, outcomes));
    }

    private static Robustness robustness(Robustness.Stage... stages) {
        return new Robustness(new int[1000], new boolean[1000], new String[1000], List.of(stages));
    }

    private static void assertOnly(String expected, List<String> warnings) {
        assertTrue(warnings.size() == 1 && warnings.get(0).contains(expected), warnings.toString());
    }

    /** @param slope the network's input gradient is multiplied by it */
    private static List<String> warnings(UnaryOperator<Logits> change, double slope) {
        byte[] pixels = new byte[6 * ImageShape.CIFAR.size()];
        new Random(2).nextBytes(pixels);
        ImageSet images = new ImageSet(ImageShape.CIFAR, pixels, new byte[] {0, 1, 2, 3, 4, 5},
                List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"));
        try (TorchNetwork network = new TorchNetwork(Architectures.network("cnn-8", 10, 1));
                Classifier model = network.freeze(CompilePasses.ALL)) {
            return SanityChecks.of(Evaluator.local(changed(model, change, slope), images, 4, 0)).warnings();
        }
    }

    private static Classifier changed(Classifier model, UnaryOperator<Logits> change, double slope) {
        return new Classifier() {
            @Override
            public int classes() {
                return model.classes();
            }

            @Override
            public Logits logits(Tensor images) {
                return change.apply(model.logits(images));
            }

            @Override
            public Pass forward(Tensor images) {
                Pass pass = model.forward(images);
                return new Pass() {
                    @Override
                    public Logits logits() {
                        return change.apply(pass.logits());
                    }

                    @Override
                    public Tensor inputGradient(Logits cotangent) {
                        return pass.inputGradient(cotangent).mul(new org.bytedeco.pytorch.Scalar(slope));
                    }
                };
            }

            @Override
            public void close() {}
        };
    }
}
