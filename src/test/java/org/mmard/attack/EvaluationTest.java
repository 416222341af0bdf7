package org.mmard.attack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.data.ImageSet;
import org.mmard.data.ImageShape;
import org.mmard.engine.Classifier;
import org.mmard.engine.CompilePasses;
import org.mmard.engine.LibTorch;
import org.mmard.engine.TorchNetwork;
import org.mmard.failure.InputError;
import org.mmard.model.Architectures;
import org.mmard.reference.AutoAttackTrace;

class EvaluationTest {
    private static final String ALL = "clean,fgsm,pgd20,pgd-trades,cw";
    private static final Evaluator.Progress SILENT = (attack, done, total, atMost) -> {};

    @BeforeAll
    static void oneThread() {
        LibTorch.threads(1);
    }

    @Test
    void ledgerKeepsTheImagesThatAnAttackMakesOfAWholeSet() {
        ImageSet images = tracedImages();
        try (Classifier model = TorchNetwork.frozen(AutoAttackTrace.network())) {
            Ledger.InMemory ledger = new Ledger.InMemory(true);
            new EvaluationRun(Evaluator.local(model, images, 16, 5), ledger, SILENT).evaluate(Map.of(),
                    Attacks.named("pgd20", Attacks.EPSILON));
            float[] all = Attacks.single("pgd20", Attacks.EPSILON).perturb(model, images, 5);
            assertTrue(ledger.known("pgd20").right() < 16);
            for (int record = 0; record < 16; record++) {
                float[] kept = ledger.image("pgd20", record).orElseThrow();
                assertEquals(ledger.known("pgd20").predictions()[record], model.logits(ImageShape.CIFAR, kept).argMax(0));
                assertArrayEquals(Arrays.copyOfRange(all, record * ImageShape.CIFAR.size(), (record + 1) * ImageShape.CIFAR.size()), kept,
                        1e-6f);
            }
            assertTrue(ledger.image("fgsm", 0).isEmpty());
        }
    }

    static Stream<Attack> attacks() {
        double epsilon = Attacks.EPSILON;
        return Stream.concat(
                Attacks.named("fgsm,pgd20,pgd20x3,pgd-trades,cw,apgd-ce", epsilon).stream().flatMap(cascade -> cascade.attacks().stream()),
                Stream.of(new Apgd("apgd-dlr", Apgd.Loss.DLR, epsilon, 30, 2, 1),
                        new Apgd("apgd-t", Apgd.Loss.TARGETED_DLR, epsilon, 30, 1, 3),
                        new Fab("fab-t", epsilon, 30, 3), new Square("square", epsilon, 300, 2)));
    }

    @ParameterizedTest
    @MethodSource("attacks")
    void outcomesDoNotDependOnHowExamplesAreBatched(Attack attack) {
        ImageSet images = tracedImages();
        try (TorchNetwork network = new TorchNetwork(AutoAttackTrace.network());
                Classifier model = network.freeze(CompilePasses.ALL)) {
            Outcome whole = Evaluator.local(model, images, 16, 5).outcome(attack);
            assertArrayEquals(IntStream.range(0, 16).toArray(), whole.records());
            assertTrue(whole.right() > 0 && whole.right() < 16, whole.right() + " robust: the test shows nothing");
            for (int batch : new int[] {1, 7}) {
                Outcome parts = Evaluator.local(model, images, batch, 5).outcome(attack);
                assertArrayEquals(whole.correct(), parts.correct(), "in batches of " + batch);
                assertArrayEquals(whole.predictions(), parts.predictions(), "in batches of " + batch);
                assertArrayEquals(whole.records(), parts.records());
            }
        }
    }

    /** The 16 images of the trace, as bytes. */
    private static ImageSet tracedImages() {
        float[] pixels = AutoAttackTrace.array("x").floats();
        byte[] bytes = new byte[pixels.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Math.round(255 * pixels[i]);
        }
        int[] classes = AutoAttackTrace.array("y").ints();
        byte[] labels = new byte[classes.length];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = (byte) classes[i];
        }
        return new ImageSet(ImageShape.CIFAR, bytes, labels, images(1).classNames());
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
    void eachAttackOfACascadeIsRunOnWhatIsStillRobust() {
        ImageSet images = tracedImages();
        try (TorchNetwork network = new TorchNetwork(AutoAttackTrace.network());
                Classifier model = network.freeze(CompilePasses.ALL)) {
            Cascade cascade = new Cascade("both",
                    List.of(new Apgd("apgd-ce", Apgd.Loss.CROSS_ENTROPY, Attacks.EPSILON, 20, 1, 1),
                            new Fab("fab-t", Attacks.EPSILON, 20, 9)));
            Evaluator evaluator = Evaluator.local(model, images, 8, 5);
            Robustness robustness = evaluator.evaluate(Map.of(), List.of(cascade), SILENT).attacks().get("both");
            Outcome first = evaluator.outcome(cascade.attacks().get(0));
            Outcome second = evaluator.outcome(cascade.attacks().get(1));
            assertTrue(first.right() < 16 && robustness.stages().get(1).robust() < first.right(),
                    "one of the attacks breaks nothing: the test shows little");
            assertEquals(first.right(), robustness.stages().get(1).attacked());
            for (int n = 0; n < 16; n++) {
                assertEquals(first.correct()[n] && second.correct()[n], robustness.robust()[n], "image " + n);
                String breaker = !first.correct()[n] ? "apgd-ce" : !second.correct()[n] ? "fab-t" : null;
                assertEquals(breaker, robustness.brokenBy()[n], "image " + n);
            }
        }
    }

    @Test
    void whatTheModelGetsWrongIsNotAttackedAndNotRobust() {
        try (Classifier model = model(4)) {
            ImageSet images = images(24);
            Evaluation evaluation = Evaluator.local(model, images, 8, 5).evaluate(Map.of(), Attacks.named("fab-t", 1e-6), SILENT);
            Robustness robustness = evaluation.attacks().get("fab-t");
            assertTrue(evaluation.clean().right() < 24);
            assertEquals(evaluation.clean().right(), robustness.stages().get(0).attacked());
            assertArrayEquals(evaluation.clean().correct(), robustness.robust());
            for (int n = 0; n < 24; n++) {
                assertEquals(robustness.robust()[n] ? null : Attacks.CLEAN, robustness.brokenBy()[n]);
            }
        }
    }

    @Test
    void partsAreOfOneLengthAndHoldEveryRecordOnce() {
        List<int[]> parts = Evaluator.parts(IntStream.range(100, 177).toArray(), 32);
        assertEquals(List.of(25, 26, 26), parts.stream().map(part -> part.length).toList());
        assertArrayEquals(IntStream.range(100, 177).toArray(), parts.stream().flatMapToInt(IntStream::of).toArray());
        assertEquals(List.of(), Evaluator.parts(new int[0], 32));
    }

    @Test
    void anAttackThatTwoCascadesShareIsRunOnce() {
        try (Classifier model = model(4)) {
            ImageSet images = relabelled(images(12), model);
            Attack attack = new Apgd("apgd-ce", Apgd.Loss.CROSS_ENTROPY, 0.03, 5, 1, 1);
            List<String> trials = new ArrayList<>();
            Evaluator evaluator = Evaluator.local(model, images, 12, 5);
            new EvaluationRun(evaluator, new Ledger.InMemory() {
                @Override
                public void add(String name, Outcome part, float[] pixels) {
                    trials.add(name);
                    super.add(name, part, pixels);
                }
            }, SILENT).evaluate(Map.of(), List.of(new Cascade("one", List.of(attack)), new Cascade("other", List.of(attack))));
            assertEquals(List.of(Attacks.CLEAN, "apgd-ce"), trials);
        }
    }

    @Test
    void jsonAndCsvHoldEveryExampleInFileOrder() throws Exception {
        Outcome clean = new Outcome(new int[] {1, 2}, new int[] {5, 6}, new boolean[] {true, true}, 0.5)
                .with(new Outcome(new int[] {0}, new int[] {4}, new boolean[] {false}, 0.25));
        Robustness both = new Robustness(new int[] {4, 7, 6}, new boolean[] {false, false, true}, new String[] {"clean", "square", null},
                List.of(new Robustness.Stage("apgd-ce", 2, 2, 1.5), new Robustness.Stage("square", 2, 1, 0.5)));
        Evaluation evaluation = new Evaluation(Map.of("seed", 7), clean, Map.of("both", both), List.of("beware"));
        ImageSet images =
                new ImageSet(ImageShape.CIFAR, new byte[3 * ImageShape.CIFAR.size()], new byte[] {3, 5, 6}, images(1).classNames());
        JsonNode json = new ObjectMapper().readTree(evaluation.json(images));
        assertEquals(3, json.get("examples").asInt());
        assertEquals(images.classNames().get(9), json.get("classes").get(9).asText());
        assertEquals("[3,5,6]", json.get("labels").toString());
        assertEquals("[4,5,6]", json.get("clean").get("predictions").toString());
        assertEquals("[4,7,6]", json.get("attacks").get("both").get("predictions").toString());
        assertEquals("[0,1,1]", json.get("clean").get("correct").toString());
        assertEquals(2 / 3.0, json.get("clean").get("accuracy").asDouble(), 1e-12);
        assertEquals("[0,0,1]", json.get("attacks").get("both").get("robust").toString());
        assertEquals(1 / 3.0, json.get("attacks").get("both").get("robust_accuracy").asDouble(), 1e-12);
        assertEquals(2, json.get("attacks").get("both").get("seconds").asDouble());
        assertEquals(2 / 3.0, json.get("attacks").get("both").get("stages").get(0).get("robust_accuracy").asDouble(), 1e-12);
        assertEquals("[\"beware\"]", json.get("warnings").toString());
        assertEquals(7, json.get("seed").asInt());
        assertTrue(evaluation.table().contains("warning: beware"), evaluation.table());
        assertTrue(new Evaluation(Map.of("epsilon", 4 / 255.0), clean, Map.of("both", both), List.of()).table()
                .startsWith("L-infinity, epsilon 4/255" + System.lineSeparator()));
        assertEquals("example,label,prediction,both_prediction,both_broken_by\n0,3,4,4,clean\n1,5,5,7,square\n2,6,6,6,\n",
                evaluation.csv(images));
    }

    @Test
    void unknownRepeatedAndPointlesslyRestartedAttacksAreNamed() {
        assertTrue(assertThrows(InputError.class, () -> Attacks.named("clean,pgd-21", 0.1)).getMessage().contains("'pgd-21'"));
        assertTrue(assertThrows(InputError.class, () -> Attacks.named("cw,cw", 0.1)).getMessage().contains("twice"));
        assertTrue(assertThrows(InputError.class, () -> Attacks.named("fgsmx3", 0.1)).getMessage().contains("fgsmx3"));
        assertTrue(assertThrows(InputError.class, () -> Attacks.named("autoattackx2", 0.1)).getMessage().contains("autoattackx2"));
    }

    @Test
    void stepsStepSizesQueriesAndRestartsAreReadFromTheName() {
        double epsilon = 4 / 255.0;
        assertEquals(Map.of("steps", 20, "step_size", 1 / 255.0, "restarts", 1), Attacks.single("pgd20", epsilon).parameters());
        assertEquals(Map.of("steps", 200, "step_size", 1 / 255.0, "restarts", 1), Attacks.single("pgd200", epsilon).parameters());
        assertEquals(Map.of("steps", 50, "step_size", 2 / 255.0, "restarts", 10), Attacks.single("pgd50@2/255x10", epsilon).parameters());
        assertEquals(Map.of("steps", 7, "step_size", 0.007, "restarts", 1), Attacks.single("cw7@0.007", epsilon).parameters());
        assertEquals(Map.of("steps", 10000, "step_size", 1.0, "restarts", 100), Attacks.single("pgd10000@1x100", epsilon).parameters());
        assertEquals(new Apgd("apgd-ce40x2", Apgd.Loss.CROSS_ENTROPY, epsilon, 40, 2, 1), Attacks.single("apgd-ce40x2", epsilon));
        assertEquals(new Apgd("apgd-dlr40", Apgd.Loss.DLR, epsilon, 40, 1, 1), Attacks.single("apgd-dlr40", epsilon));
        assertEquals(new Apgd("apgd-t40", Apgd.Loss.TARGETED_DLR, epsilon, 40, 1, 9), Attacks.single("apgd-t40", epsilon));
        assertEquals(new Fab("fab-t40", epsilon, 40, 9), Attacks.single("fab-t40", epsilon));
        assertEquals(new Square("square40x3", epsilon, 40, 3), Attacks.single("square40x3", epsilon));
        assertEquals(new Square("square", epsilon, 5000, 1), Attacks.single("square", epsilon));
    }

    @ParameterizedTest
    @ValueSource(strings = {"pgd0", "pgd10001", "pgd99999999999", "pgd20@", "pgd20@abc", "pgd20@0", "pgd20@2", "pgd20@2/0", "pgd20@-1/255",
        "pgd20@0.1@0.2", "cw@2/255", "square0", "square5@0.1", "apgd-ce020", "fab-t10001", "pgd20x0y"})
    void aMalformedNameIsToldItsForm(String name) {
        String message = assertThrows(InputError.class, () -> Attacks.single(name, 0.1)).getMessage();
        assertTrue(message.startsWith("attack '" + name + "': its form is ") && message.contains("N from 1 to 10000"), message);
        assertEquals(1, message.lines().count());
    }

    @Test
    void restartsHaveTheirRange() {
        for (String name : new String[] {"pgd20x0", "pgd20@2/255x101", "cwx101", "squarex1000"}) {
            assertEquals("attack '" + name + "': xR behind a name asks for R restarts, from 1 to 100",
                    assertThrows(InputError.class, () -> Attacks.single(name, 0.1)).getMessage());
        }
        assertTrue(assertThrows(InputError.class, () -> Attacks.single("fab-t20x2", 0.1)).getMessage().contains("nothing in it is random"));
    }

    @Test
    void leavingTheBallIsAnErrorThatNamesAttackAndImage() {
        for (double wrong : new double[] {0.1001, Double.NaN}) {
            Attack astray = new Attack() {
                @Override
                public String name() {
                    return "astray";
                }

                @Override
                public double epsilon() {
                    return 0.1;
                }

                @Override
                public Tensor perturb(Classifier model, Examples examples, RandomSource random) {
                    float[] pixels = LibTorch.values(examples.images());
                    pixels[ImageShape.CIFAR.size() + 5] += wrong;
                    return LibTorch.images(ImageShape.CIFAR, pixels);
                }
            };
            try (Classifier model = model(4)) {
                ImageSet images =
                        new ImageSet(ImageShape.CIFAR, new byte[3 * ImageShape.CIFAR.size()], new byte[3], images(1).classNames());
                String message =
                        assertThrows(IllegalStateException.class, () -> Evaluator.local(model, images, 3, 0).outcome(astray)).getMessage();
                assertTrue(message.contains("'astray'") && message.contains("image 1"), message);
            }
        }
    }

    private static Classifier model(long seed) {
        try (TorchNetwork network = new TorchNetwork(Architectures.network("cnn-8-16", 10, seed))) {
            return network.freeze(CompilePasses.ALL);
        }
    }

    private static ImageSet relabelled(ImageSet images, Classifier model) {
        byte[] pixels = new byte[images.size() * ImageShape.CIFAR.size()];
        byte[] labels = new byte[images.size()];
        float[] floats = new float[ImageShape.CIFAR.size()];
        for (int i = 0; i < images.size(); i++) {
            for (int at = 0; at < ImageShape.CIFAR.size(); at++) {
                pixels[i * ImageShape.CIFAR.size() + at] = (byte) images.value(i, at);
            }
            images.floats(i, floats, 0);
            try (org.bytedeco.javacpp.PointerScope scope = new org.bytedeco.javacpp.PointerScope()) {
                labels[i] = (byte) model.logits(LibTorch.images(ImageShape.CIFAR, floats)).argMax(0);
            }
        }
        return new ImageSet(ImageShape.CIFAR, pixels, labels, images.classNames());
    }

    private static ImageSet images(int examples) {
        Random random = new Random(9);
        byte[] pixels = new byte[examples * ImageShape.CIFAR.size()];
        random.nextBytes(pixels);
        byte[] labels = new byte[examples];
        for (int i = 0; i < examples; i++) {
            labels[i] = (byte) random.nextInt(10);
        }
        return new ImageSet(ImageShape.CIFAR, pixels, labels, List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"));
    }
}
