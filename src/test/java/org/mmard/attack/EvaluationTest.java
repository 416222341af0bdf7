package org.mmard.attack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mmard.config.InputError;
import org.mmard.data.ImageSet;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Passes;
import org.mmard.engine.TorchNetwork;
import org.mmard.model.Architectures;

class EvaluationTest {
    private static final String ALL = "clean,fgsm,pgd20,pgd-trades,cw";
    private static final Evaluator.Progress SILENT = (attack, done, total, accuracy) -> { };

    @BeforeAll
    static void oneThread() {
        LibTorch.threads(1);
    }

    @Test
    void outcomesDoNotDependOnHowExamplesAreBatched() {
        ImageSet images = images(11);
        try (Classifier model = model(3)) {
            for (Attack attack : Attacks.named(ALL, Attacks.EPSILON)) {
                Outcome whole = Evaluator.local(model, images, 11, 5).outcome(attack, SILENT);
                Outcome parts = Evaluator.local(model, images, 4, 5).outcome(attack, SILENT);
                assertArrayEquals(whole.correct(), parts.correct(), attack.name());
                assertArrayEquals(IntStream.range(0, 11).toArray(), parts.records());
            }
        }
    }

    @Test
    void strongerAttacksLeaveFewerExamplesRight() {
        ImageSet images = images(40);
        try (Classifier model = model(4)) {
            // Labels are the model's own answers, so that the clean accuracy is 1 and only the attack can lower it.
            ImageSet own = relabelled(images, model);
            Evaluation evaluation = Evaluator.local(model, own, 20, 5).evaluate(Map.of(), Attacks.named(ALL, 0.4), SILENT);
            assertEquals(1, evaluation.clean().accuracy());
            double fgsm = evaluation.attacks().get("fgsm").accuracy();
            double pgd = evaluation.attacks().get("pgd20").accuracy();
            assertTrue(pgd <= fgsm && pgd < 1, "fgsm " + fgsm + ", pgd20 " + pgd);
            Evaluation harmless = Evaluator.local(model, own, 20, 5).evaluate(Map.of(), Attacks.named(ALL, 1e-7), SILENT);
            harmless.attacks().forEach((name, outcome) -> assertEquals(1, outcome.accuracy(), name));
        }
    }

    @Test
    void jsonHoldsEveryExampleInFileOrder() throws Exception {
        Outcome clean = new Outcome(new int[] {1, 2}, new boolean[] {true, true}, 0.5).with(new Outcome(new int[] {0}, new boolean[] {false}, 0.25));
        Outcome pgd = new Outcome(new int[] {0, 1, 2}, new boolean[] {false, false, true}, 2);
        JsonNode json = new ObjectMapper().readTree(new Evaluation(Map.of("seed", 7), clean, Map.of("pgd20", pgd)).json());
        assertEquals(3, json.get("examples").asInt());
        assertEquals("[0,1,1]", json.get("clean").get("correct").toString());
        assertEquals(2 / 3.0, json.get("clean").get("accuracy").asDouble(), 1e-12);
        assertEquals("[0,0,1]", json.get("attacks").get("pgd20").get("robust").toString());
        assertEquals(1 / 3.0, json.get("attacks").get("pgd20").get("robust_accuracy").asDouble(), 1e-12);
        assertEquals(2, json.get("attacks").get("pgd20").get("seconds").asDouble());
        assertEquals(7, json.get("seed").asInt());
    }

    @Test
    void unknownAndRepeatedAttacksAreNamed() {
        assertTrue(assertThrows(InputError.class, () -> Attacks.named("clean,pgd21", 0.1)).getMessage().contains("'pgd21'"));
        assertTrue(assertThrows(InputError.class, () -> Attacks.named("cw,cw", 0.1)).getMessage().contains("twice"));
    }

    private static Classifier model(long seed) {
        try (TorchNetwork network = new TorchNetwork(Architectures.network("cnn-8-16", 10, seed))) {
            return network.freeze(new Passes(true, true));
        }
    }

    private static ImageSet relabelled(ImageSet images, Classifier model) {
        byte[] pixels = new byte[images.size() * ImageSet.PIXELS];
        byte[] labels = new byte[images.size()];
        float[] floats = new float[ImageSet.PIXELS];
        for (int i = 0; i < images.size(); i++) {
            for (int at = 0; at < ImageSet.PIXELS; at++) {
                pixels[i * ImageSet.PIXELS + at] = (byte) images.value(i, at);
            }
            images.floats(i, floats, 0);
            try (org.bytedeco.javacpp.PointerScope scope = new org.bytedeco.javacpp.PointerScope()) {
                labels[i] = (byte) model.logits(LibTorch.images(floats)).argMax(0);
            }
        }
        return new ImageSet(pixels, labels, images.classNames());
    }

    private static ImageSet images(int examples) {
        Random random = new Random(9);
        byte[] pixels = new byte[examples * ImageSet.PIXELS];
        random.nextBytes(pixels);
        byte[] labels = new byte[examples];
        for (int i = 0; i < examples; i++) {
            labels[i] = (byte) random.nextInt(10);
        }
        return new ImageSet(pixels, labels, List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"));
    }
}
