package org.mmard.step;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.attack.Evaluator;
import org.mmard.attack.Examples;
import org.mmard.config.Settings;
import org.mmard.config.SettingsReader;
import org.mmard.data.ImageSet;
import org.mmard.data.ImageShape;
import org.mmard.engine.Classifier;
import org.mmard.engine.CompilePasses;
import org.mmard.engine.LibTorch;
import org.mmard.engine.TorchNetwork;
import org.mmard.failure.InputError;
import org.mmard.method.Methods;
import org.mmard.method.TrainingProgress;
import org.mmard.model.Architectures;

class TrainingAttackTest {
    private static final Settings.Attack FROM_NATURAL = SettingsReader.attack(Map.of("attack.steps", "3", "attack.start", "none"), "test");
    private static final ImageSet IMAGES = Toys.images(6, 1);

    @BeforeAll
    static void oneThread() {
        LibTorch.threads(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"pgd-at", "rslad", "adaad", "saad", "mmard"})
    void makesTheExamplesThatTrainingMakes(String name) {
        ComputationGraph student = Architectures.network("cnn-8-16", 10, 1);
        Teacher teacher = teacher();
        Settings.Method method = SettingsReader.method(Map.of("method.name", name), "test");
        try (PointerScope scope = new PointerScope(); Classifier frozen = TorchNetwork.frozen(student);
                DistillationStep step =
                        new DistillationStep(student, teacher.frozen(), epoch -> Methods.of(method, TrainingProgress.end(1)),
                                FROM_NATURAL, CompilePasses.ALL)) {
            Examples examples = Examples.of(IMAGES, IntStream.range(0, IMAGES.size()).toArray());
            float[] trained = LibTorch.values(step.adversarial(examples.images(), examples.images(), examples.labels()));
            TrainingAttack attack = new TrainingAttack(method, FROM_NATURAL, teacher);
            assertArrayEquals(trained, LibTorch.values(attack.perturb(frozen, examples, (record, run) -> null)));
        }
    }

    @Test
    void isEvaluatedLikeAnyOtherAttack() {
        TrainingAttack attack = TrainingAttack.of("mmard", teacher());
        assertEquals("mmard", attack.name());
        assertEquals(8 / 255.0, attack.epsilon(), 1e-12);
        try (Classifier student = TorchNetwork.frozen(Architectures.network("cnn-8-16", 10, 1))) {
            // Leaving the ball would throw.
            assertEquals(IMAGES.size(), Evaluator.local(student, IMAGES, 4, 0).outcome(attack).correct().length);
        }
    }

    @Test
    void refusesAMethodWithoutAttackAndOneWithoutItsTeacher() {
        assertTrue(assertThrows(InputError.class, () -> TrainingAttack.of("natural", null)).getMessage().contains("makes no attack"));
        assertTrue(assertThrows(InputError.class, () -> TrainingAttack.of("rslad", null)).getMessage().contains("needs a teacher"));
        assertEquals("pgd-at", TrainingAttack.of("pgd-at", null).name());
    }

    private static Teacher teacher() {
        ComputationGraph graph = Architectures.network("cnn-8-16", 10, 5);
        return new Teacher("memory:teacher", "", "cnn-8-16", ImageShape.CIFAR, 10, graph.getConfiguration().toJson(),
                graph.params().toFloatVector());
    }
}
