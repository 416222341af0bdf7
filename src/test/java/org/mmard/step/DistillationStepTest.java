package org.mmard.step;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.config.Settings;
import org.mmard.config.SettingsReader;
import org.mmard.data.ImageShape;
import org.mmard.engine.Classifier;
import org.mmard.engine.CompilePasses;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Precision;
import org.mmard.engine.TorchNetwork;
import org.mmard.loss.KlDivergence;
import org.mmard.loss.Objective;
import org.mmard.loss.Prediction;
import org.mmard.loss.Predictions;
import org.mmard.loss.WeightedSum;
import org.mmard.method.Method;
import org.mmard.method.Methods;
import org.mmard.method.TrainingProgress;
import org.mmard.model.Architectures;
import org.nd4j.linalg.ops.transforms.Transforms;

class DistillationStepTest {
    private static final Settings.Attack ATTACK = SettingsReader.attack(Map.of("attack.steps", "2"), "test");
    private static final CompilePasses PASSES = CompilePasses.ALL;

    @BeforeAll
    static void oneThread() {
        LibTorch.threads(1);
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
    void repeatedForwardMovesTheRunningStatisticsOnceMoreAndNothingElse() {
        ComputationGraph once = Architectures.network("cnn-8-16", 10, 1);
        ComputationGraph thrice = Architectures.network("cnn-8-16", 10, 1);
        Step.Result first = outerLoss(once, Map.of("method.name", "pgd-at"));
        Step.Result second =
                outerLoss(thrice, Map.of("method.name", "pgd-at", "method.forwards", "[adversarial, adversarial, adversarial]"));
        assertEquals(first, second);
        assertArrayEquals(once.getGradientsViewArray().toFloatVector(), thrice.getGradientsViewArray().toFloatVector());
        // m after k forwards of one batch mean b: 0.9^k m + (1 - 0.9^k) b, from m = 0
        float[] afterOne = once.getParam("bn1_mean").toFloatVector();
        float[] afterThree = thrice.getParam("bn1_mean").toFloatVector();
        for (int i = 0; i < afterOne.length; i++) {
            assertEquals(afterOne[i] / 0.1 * 0.271, afterThree[i], 1e-6);
        }
    }

    @Test
    void forwardThatTheLossDoesNotReadMovesTheRunningStatisticsOnly() {
        ComputationGraph without = Architectures.network("cnn-8-16", 10, 1);
        ComputationGraph with = Architectures.network("cnn-8-16", 10, 1);
        Step.Result first = outerLoss(without, Map.of("method.name", "pgd-at"));
        Step.Result second = outerLoss(with, Map.of("method.name", "pgd-at", "method.forwards", "[adversarial, natural]"));
        assertEquals(first.loss(), second.loss());
        assertArrayEquals(without.getGradientsViewArray().toFloatVector(), with.getGradientsViewArray().toFloatVector());
        assertNotEquals(without.getParam("bn1_mean"), with.getParam("bn1_mean"));
    }

    @Test
    void mirroredImageIsAsFarOnTheOtherSideAndNotClipped() {
        ComputationGraph student = Architectures.network("cnn-8-16", 10, 1);
        ComputationGraph other = Architectures.network("cnn-8-16", 10, 1);
        Map<String, String> igdm = Map.of("method.name", "igdm");
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(other);
                Classifier teacher = teacher(Architectures.network("cnn-8-16", 10, 5))) {
            Tensor natural = LibTorch.tensor(filled(0.01f), 4, 3, 32, 32);
            Tensor adversarial = LibTorch.tensor(filled(0.03f), 4, 3, 32, 32);
            Tensor mirrored = LibTorch.tensor(filled(-0.01f), 4, 3, 32, 32);
            Predictions predictions = new Predictions(new int[] {1, 2, 3, 4})
                    .with(Prediction.STUDENT_ADVERSARIAL, network.train(adversarial).logits())
                    .with(Prediction.STUDENT_MIRRORED, network.train(mirrored).logits())
                    .with(Prediction.TEACHER_ADVERSARIAL, teacher.logits(adversarial))
                    .with(Prediction.TEACHER_MIRRORED, teacher.logits(mirrored));
            try (DistillationStep step = step(student, igdm, Map.of())) {
                assertEquals(method(igdm).outer().evaluate(predictions).total(),
                        step.outerLoss(natural, adversarial, new int[] {1, 2, 3, 4}).loss(), 1e-6);
            }
            network.downloadStatistics();
        }
        assertEquals(other.getParam("bn1_mean"), student.getParam("bn1_mean"));
    }

    @Test
    void teacherIsAskedAtTheMirroredImageWhereTheStudentIsNot() {
        ComputationGraph student = Architectures.network("cnn-8-16", 10, 1);
        Objective outer = WeightedSum.of(KlDivergence.of(Prediction.TEACHER_MIRRORED, Prediction.STUDENT_ADVERSARIAL));
        Method method = new Method(method(Map.of("method.name", "pgd-at")).inner(), outer, List.of(Prediction.STUDENT_ADVERSARIAL), 1);
        try (PointerScope scope = new PointerScope();
                DistillationStep step = new DistillationStep(student, teacher(Architectures.network("cnn-8-16", 10, 5)), epoch -> method,
                        ATTACK, PASSES)) {
            Tensor natural = LibTorch.tensor(filled(0.01f), 4, 3, 32, 32);
            Tensor adversarial = LibTorch.tensor(filled(0.03f), 4, 3, 32, 32);
            assertTrue(step.outerLoss(natural, adversarial, new int[] {1, 2, 3, 4}).loss() > 0);
        }
    }

    /** Values that batch norm does not turn to zeros: ever brighter from pixel to pixel, about the given level. */
    private static float[] filled(float level) {
        float[] pixels = new float[4 * 3072];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = level * (1 + i % 97 / 97f) * (1 + i / 3072);
        }
        return pixels;
    }

    @ParameterizedTest
    @CsvSource({"eval, pgd-at, 0", "train, pgd-at, 3", "train, trades, 4", "train, mmard, 3"})
    void attackInTrainModeMovesTheRunningStatisticsAtEachForward(String batchNorm, String inner, int forwards) {
        ComputationGraph student = Architectures.network("cnn-8-16", 10, 1);
        ComputationGraph counted = Architectures.network("cnn-8-16", 10, 1);
        try (PointerScope scope = new PointerScope();
                DistillationStep step = step(student, Map.of("method.name", inner),
                        Map.of("attack.batch-norm", batchNorm, "attack.steps", "3",
                                "attack.epsilon", "1e-9", "attack.step-size", "1e-9"));
                TorchNetwork network = new TorchNetwork(counted)) {
            Tensor natural = LibTorch.images(ImageShape.CIFAR, batch(16, 2).images());
            step.adversarial(natural, natural, batch(16, 2).labels());
            for (int i = 0; i < forwards; i++) {
                network.train(natural);
            }
            network.downloadStatistics();
        }
        // x' stays next to x, so that every forward of the attack is one of x
        assertArrayEquals(counted.params().toFloatVector(), student.params().toFloatVector(), 1e-6f);
        assertEquals(forwards == 0, student.params().equals(Architectures.network("cnn-8-16", 10, 1).params()));
    }

    @ParameterizedTest
    @CsvSource({"eval, false", "train, true"})
    void batchStatisticsCoupleTheImagesOfAnAttack(String batchNorm, boolean coupled) {
        Map<String, String> method = Map.of("method.name", "pgd-at");
        try (PointerScope scope = new PointerScope();
                DistillationStep step = step(Architectures.network("cnn-8-16", 10, 1), method, Map.of("attack.batch-norm", batchNorm))) {
            Tensor natural = LibTorch.images(ImageShape.CIFAR, batch(2, 2).images());
            float[] one = LibTorch.values(step.attackGradient(natural, natural, new int[] {1, 2}));
            float[] other = LibTorch.values(step.attackGradient(natural, natural, new int[] {1, 5}));
            assertEquals(coupled, !Arrays.equals(Arrays.copyOf(one, 3072), Arrays.copyOf(other, 3072)));
        }
    }

    /** trades and the boundary term start where S(x') is all but S(x), or T(x') T(x): in bfloat16 they would climb rounding. */
    @ParameterizedTest
    @CsvSource({"pgd-at, disagreement, false", "rslad, disagreement, false", "adaad, disagreement, false", "mmard, disagreement, false",
        "trades, disagreement, true", "mmard, boundary, true"})
    void attackIsCoarseUnlessItComparesANetworkWithItself(String inner, String teacherTerm, boolean exact) {
        Map<String, String> method = Map.of("method.name", inner, "method.teacher-term", teacherTerm);
        float[] expected = attacked(method, Precision.FLOAT32);
        float[] found = attacked(method, Precision.BFLOAT16);
        assertEquals(exact, Arrays.equals(expected, found));
        long near = IntStream.range(0, found.length).filter(i -> Math.abs(expected[i] - found[i]) < 1e-6).count();
        assertTrue(near > 0.8 * found.length, near + " of " + found.length + " pixels are the same");
    }

    private static float[] attacked(Map<String, String> method, Precision precision) {
        ComputationGraph student = Architectures.network("cnn-8-16", 10, 1);
        Method built = method(method);
        try (PointerScope scope = new PointerScope(); TorchNetwork teacher = new TorchNetwork(Architectures.network("cnn-8-16", 10, 5));
                DistillationStep step = new DistillationStep(student,
                        new FrozenTeacher(teacher.freeze(PASSES), teacher.freeze(PASSES, precision)),
                        epoch -> built, SettingsReader.attack(Map.of(), "test"), Settings.WeightPerturbation.NONE, PASSES, precision,
                        Precision.FLOAT32)) {
            Tensor natural = LibTorch.images(ImageShape.CIFAR, batch(8, 2).images());
            Tensor start = LibTorch.images(ImageShape.CIFAR, batch(8, 2).images());
            start.add_(LibTorch.images(ImageShape.CIFAR, batch(8, 3).images()).sub_(new Scalar(0.5)), new Scalar(0.002));
            return LibTorch.values(step.adversarial(natural, start, batch(8, 2).labels()));
        }
    }

    /** The same gradient, rounded: and what is float32 by right stays so. */
    @ParameterizedTest
    @ValueSource(strings = {"natural", "rslad", "mmard", "igdm", "saad"})
    void trainingInBfloat16GivesTheSameGradientCoarser(String name) {
        ComputationGraph exact = Architectures.network("resnet8", 10, 1);
        ComputationGraph coarse = Architectures.network("resnet8", 10, 1);
        Step.Result expected = trained(exact, name, Settings.Engine.TrainingPrecision.FLOAT32);
        Step.Result found = trained(coarse, name, Settings.Engine.TrainingPrecision.BFLOAT16);
        assertEquals(expected.loss(), found.loss(), 0.02 * expected.loss());
        double cosine = Transforms.cosineSim(exact.getGradientsViewArray(), coarse.getGradientsViewArray());
        // igdm's terms are differences between predictions that lie close to each other.
        assertTrue(cosine > (name.equals("igdm") ? 0.5 : 0.9) && cosine < 1, "cosine " + cosine);
        double moved = exact.params().distance2(coarse.params()) / exact.params().norm2Number().doubleValue();
        assertTrue(moved > 0 && moved < 1e-3, "running statistics are apart by " + moved);
        float[] first = coarse.getGradientsViewArray().toFloatVector();
        ComputationGraph again = Architectures.network("resnet8", 10, 1);
        trained(again, name, Settings.Engine.TrainingPrecision.BFLOAT16);
        assertArrayEquals(first, again.getGradientsViewArray().toFloatVector());
    }

    private static Step.Result trained(ComputationGraph student, String name, Settings.Engine.TrainingPrecision precision) {
        Settings.Engine engine = SettingsReader.engine(
                Map.of("engine.attack-precision", "float32", "engine.training-precision", precision.toString()), "test");
        ComputationGraph teacher = Architectures.network("resnet8", 10, 5);
        DistillationSteps steps = new DistillationSteps(SettingsReader.method(Map.of("method.name", name), "test"), 1,
                SettingsReader.attack(Map.of("attack.steps", "2"), "test"), Settings.WeightPerturbation.NONE, engine,
                new Teacher("test", "", "resnet8", ImageShape.CIFAR, 10, teacher.getConfiguration().toJson(),
                        teacher.params().toFloatVector()));
        try (Step step = steps.create(student)) {
            return step.gradient(batch(16, 2));
        }
    }

    @Test
    void methodIsThatOfTheBatchsEpoch() {
        ComputationGraph student = Architectures.network("cnn-8-16", 10, 1);
        Settings.Method settings = SettingsReader.method(Map.of("method.name", "iad", "method.begin", "3"), "test");
        try (DistillationStep step = new DistillationStep(student, teacher(Architectures.network("cnn-8-16", 10, 5)),
                epoch -> Methods.of(settings, new TrainingProgress(epoch + 1, 5)), ATTACK, PASSES)) {
            Set<String> ard = Set.of("KL(T(x)||S(x'))");
            Set<String> iad = Set.of("KL(T(x)||S(x'))", "(1-w) KL(S(x)||S(x'))");
            assertEquals(ard, step.gradient(inEpoch(0)).terms().keySet());
            assertEquals(ard, step.gradient(inEpoch(2)).terms().keySet());
            assertEquals(iad, step.gradient(inEpoch(3)).terms().keySet());
            assertEquals(ard, step.gradient(inEpoch(1)).terms().keySet());
        }
    }

    private static Step.Batch inEpoch(int epoch) {
        Step.Batch batch = batch(4, 2);
        return new Step.Batch(ImageShape.CIFAR, batch.images(), batch.labels(), batch.records(), batch.seed(), epoch);
    }

    @ParameterizedTest
    @ValueSource(strings = {"natural", "pgd-at", "trades", "mart", "ard", "iad", "rslad", "adaad", "igdm", "saad", "mmard"})
    void everyMethodMakesAStepWithAFiniteGradient(String name) {
        ComputationGraph student = Architectures.network("cnn-8-16", 10, 1);
        try (DistillationStep step =
                step(student, Map.of("method.name", name), Map.of("attack.steps", "2", "attack.batch-norm", "train"))) {
            Step.Result result = step.gradient(batch(8, 2));
            assertTrue(Double.isFinite(result.loss()) && result.loss() > 0, "loss " + result.loss());
            double norm = student.getGradientsViewArray().norm2Number().doubleValue();
            assertTrue(Double.isFinite(norm) && norm > 0, "gradient " + norm);
        }
    }

    @Test
    void anAccuracyThatTheLossDoesNotLookAtIsNotMeasured() {
        ComputationGraph student = Architectures.network("cnn-8-16", 10, 1);
        Step.Result attacked = outerLoss(student, Map.of("method.name", "pgd-at"));
        assertNull(attacked.natural());
        assertNotNull(attacked.adversarial());
        Step.Result natural = outerLoss(student, Map.of("method.name", "natural"));
        assertNotNull(natural.natural());
        assertNull(natural.adversarial());
    }

    private static Step.Result outerLoss(ComputationGraph student, Map<String, String> method) {
        try (PointerScope scope = new PointerScope(); DistillationStep step = step(student, method, Map.of())) {
            return step.outerLoss(LibTorch.images(ImageShape.CIFAR, batch(16, 2).images()),
                    LibTorch.images(ImageShape.CIFAR, batch(16, 3).images()), batch(16, 2).labels());
        }
    }

    private static DistillationStep step(ComputationGraph student, Map<String, String> method, Map<String, String> attack) {
        Method built = method(method);
        return new DistillationStep(student, teacher(Architectures.network("cnn-8-16", 10, 5)), epoch -> built,
                SettingsReader.attack(attack, "test"), PASSES);
    }

    @Test
    void residentMemoryIsFlatOverTwoThousandSteps() throws IOException {
        Step.Batch batch = batch(16, 2);
        // Between them they take every way through a step: both attack modes, the linearised teacher, forwards with and without gradient, and
        // bfloat16, where it does not take minutes because the processor has no instructions for it.
        try (DistillationStep mmard = mmard(Architectures.network("cnn-8-16", 10, 1));
                DistillationStep saad = step(Architectures.network("cnn-8-16", 10, 1),
                        Map.of("method.name", "saad", "method.forwards", "[adversarial, adversarial, mirrored, natural]"),
                        Map.of("attack.steps", "2", "attack.batch-norm", "train"));
                DistillationStep coarse = coarse(Architectures.network("cnn-8-16", 10, 1))) {
            long before = 0;
            for (int i = 0; i < 2000; i++) {
                if (i == 500) {
                    before = residentKilobytes();
                }
                (i % 3 == 0 ? mmard : i % 3 == 1 ? saad : coarse).gradient(batch);
            }
            long grown = residentKilobytes() - before;
            // One leaked activation of this batch is 256 KiB: 500 steps of one kind would show 125 MiB.
            assertTrue(grown < 48 * 1024, "resident memory grew by " + grown + " KiB over 1,500 steps");
        }
    }

    private static DistillationStep coarse(ComputationGraph student) {
        Precision precision = Precision.of(Settings.Engine.AttackPrecision.AUTO);
        Method mmard = method(Map.of("method.name", "mmard"));
        try (TorchNetwork network = new TorchNetwork(Architectures.network("resnet8", 10, 5))) {
            Classifier teacher = network.freeze(PASSES, precision);
            return new DistillationStep(student, new FrozenTeacher(teacher, teacher), epoch -> mmard,
                    SettingsReader.attack(Map.of("attack.steps", "2"), "test"), Settings.WeightPerturbation.NONE, PASSES,
                    precision, precision);
        }
    }

    private static DistillationStep mmard(ComputationGraph student) {
        return step(student, Map.of("method.name", "mmard"), Map.of("attack.steps", "2"));
    }

    private static Method method(Map<String, String> settings) {
        return Methods.of(SettingsReader.method(settings, "test"), TrainingProgress.end(1));
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
        return new Step.Batch(ImageShape.CIFAR, images, random.ints(examples, 0, 10).toArray(), random.ints(examples, 0, 1000).toArray(), 7,
                3);
    }

    private static long residentKilobytes() throws IOException {
        System.gc();
        return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("VmRSS"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).findFirst().orElseThrow();
    }
}
