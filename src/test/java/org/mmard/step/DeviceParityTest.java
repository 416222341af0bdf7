package org.mmard.step;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.attack.Attack;
import org.mmard.attack.Attacks;
import org.mmard.config.Settings;
import org.mmard.config.SettingsReader;
import org.mmard.data.EpochOrder;
import org.mmard.data.ImageShape;
import org.mmard.engine.Classifier;
import org.mmard.engine.Device;
import org.mmard.engine.LibTorch;
import org.mmard.engine.TorchNetwork;
import org.mmard.model.Architectures;

/**
 * The same work on a device that shares ND4J's memory and on one that does not: a transfer that is forgotten anywhere on these ways shows
 * as another bit.
 */
class DeviceParityTest {
    private static final int BATCH = 10;

    @BeforeAll
    static void oneThread() {
        LibTorch.threads(1);
    }

    /** Each has a way through a step of its own: which networks are asked, in which mode, what is written in the middle. */
    static Stream<Map<String, String>> trainings() {
        return Stream.of(
                Map.of("method.name", "natural"),
                Map.of("method.name", "mmard"),
                Map.of("method.name", "mmard", "attack.batch-norm", "train"),
                Map.of("method.name", "trades", "gamma", "0.01", "attack.batch-norm", "train"),
                Map.of("method.name", "igdm", "decay", "0.9"),
                Map.of("method.name", "saad", "method.forwards", "[adversarial, adversarial, mirrored, natural]"));
    }

    @ParameterizedTest
    @MethodSource("trainings")
    void trainingGivesTheSameBitsWhereTheDeviceHasMemoryOfItsOwn(Map<String, String> keys) {
        State shared = on(Device.HOST, () -> trained(keys, false));
        State copied = on(Device.COPYING, () -> trained(keys, false));
        shared.requireEquals(copied);
    }

    @Test
    void skippedStepLeavesTheSameBitsWhereTheDeviceHasMemoryOfItsOwn() {
        Map<String, String> keys = Map.of("method.name", "mmard", "attack.batch-norm", "train");
        State shared = on(Device.HOST, () -> trained(keys, true));
        assertTrue(Float.isFinite(shared.parameters[0]));
        shared.requireEquals(on(Device.COPYING, () -> trained(keys, true)));
    }

    /** LibTorch's losses round differently: what they decide is the sign of a gradient, which few pixels see. */
    @ParameterizedTest
    @ValueSource(strings = {"pgd-at", "trades", "rslad", "adaad", "saad", "mmard"})
    void trainingIsTheSameButForRoundingWhereTheDeviceRunsAhead(String method) {
        Map<String, String> keys = Map.of("method.name", method);
        State shared = on(Device.HOST, () -> trained(keys, false));
        State ahead = on(Device.STAND_IN, () -> trained(keys, false));
        assertArrayEquals(shared.losses, ahead.losses, 1e-4);
        assertArrayEquals(shared.parameters, ahead.parameters, 1e-3f);
    }

    @Test
    void batchStatisticsAreTheSameBits() {
        Supplier<float[]> estimated = () -> {
            try (BatchStatistics statistics = new BatchStatistics(Architectures.network("resnet8", 10, 1))) {
                Step.Batch batch = new TrainingBatch(0, 0, new int[] {3, 4, 5}).load(Toys.images(20, 1), 7, true);
                statistics.of(new TrainingBatch(0, 0, new int[] {1, 2}).load(Toys.images(20, 1), 7, true));
                return statistics.of(batch);
            }
        };
        assertArrayEquals(on(Device.HOST, estimated), on(Device.COPYING, estimated));
    }

    @ParameterizedTest
    @ValueSource(strings = {"fgsm", "pgd20x2", "cw", "apgd-ce", "apgd-t", "fab-t", "square"})
    void attacksGiveTheSameBits(String name) {
        Attack attack = Attacks.single(name, Attacks.EPSILON);
        Supplier<float[]> attacked = () -> {
            ComputationGraph graph = Architectures.network("cnn-4-8", 10, 3);
            try (PointerScope scope = new PointerScope(); Classifier model = TorchNetwork.frozen(graph)) {
                return attack.perturb(model, Toys.images(6, 1), 5);
            }
        };
        assertArrayEquals(on(Device.HOST, attacked), on(Device.COPYING, attacked));
    }

    /** All that a training leaves behind. */
    private record State(double[] losses, float[] parameters, float[] velocity, float[] average) {
        void requireEquals(State other) {
            assertTrue(Arrays.equals(losses, other.losses), Arrays.toString(losses) + " and " + Arrays.toString(other.losses));
            assertArrayEquals(parameters, other.parameters, "parameters and running statistics");
            assertArrayEquals(velocity, other.velocity, "velocity");
            assertArrayEquals(average, other.average, "average");
        }
    }

    private static <T> T on(Device device, Supplier<T> work) {
        Device before = Device.current();
        Device.use(device);
        try {
            return work.get();
        } finally {
            Device.use(before);
        }
    }

    /** @param broken whether the second step's images are no numbers */
    private static State trained(Map<String, String> keys, boolean broken) {
        Settings.Training training = Toys.training(BATCH, 0.1);
        ComputationGraph ofTeacher = Architectures.network("cnn-4-8", 10, 5);
        Teacher teacher =
                new Teacher("memory:teacher", "", "cnn-4-8", ImageShape.CIFAR, 10, ofTeacher.getConfiguration().toJson(),
                        ofTeacher.params().toFloatVector());
        ComputationGraph student = Architectures.network("resnet8", 10, 1);
        List<Double> losses = new ArrayList<>();
        EpochOrder order = new EpochOrder(IntStream.range(0, 3 * BATCH).toArray(), BATCH, 7);
        StepFactory steps = broken ? graph -> breaking(steps(keys, teacher).create(graph)) : steps(keys, teacher);
        DistillingGraph graph = new DistillingGraph(student.getConfiguration(), student.params(), null, training, 7, steps);
        try {
            graph.begin(Toys.images(3 * BATCH, 1), new Schedule(training, order.batchesPerEpoch()), (result, skipped, seconds) -> {
                losses.add(result.loss());
                assertEquals(broken && losses.size() == 2, skipped);
            });
            boolean averaged = keys.containsKey("decay");
            graph.follow(averaged ? student.params().toFloatVector() : null, averaged ? Double.parseDouble(keys.get("decay")) : 0);
            int[][] batches = order.batches(0);
            for (int k = 0; k < batches.length; k++) {
                graph.fit(new TrainingBatch(0, k, batches[k]).toMultiDataSet());
            }
            return new State(losses.stream().mapToDouble(Double::doubleValue).toArray(), graph.params().toFloatVector(),
                    graph.getUpdater().getStateViewArray().toFloatVector(), averaged ? graph.average().toFloatVector() : null);
        } finally {
            graph.close();
        }
    }

    private static Step breaking(Step step) {
        int[] done = {0};
        return new Step() {
            @Override
            public Result gradient(Batch batch) {
                if (++done[0] == 2) {
                    Arrays.fill(batch.images(), Float.NaN);
                }
                return step.gradient(batch);
            }

            @Override
            public void close() {
                step.close();
            }
        };
    }

    private static DistillationSteps steps(Map<String, String> keys, Teacher teacher) {
        Map<String, String> attack = new TreeMap<>(Map.of("attack.steps", "2"));
        keys.forEach((key, value) -> {
            if (key.startsWith("attack.")) {
                attack.put(key, value);
            }
        });
        Map<String, String> method = new TreeMap<>(keys);
        method.keySet().removeIf(key -> !key.startsWith("method."));
        return new DistillationSteps(SettingsReader.method(method, "test"), 1, SettingsReader.attack(attack, "test"),
                new Settings.WeightPerturbation(Double.parseDouble(keys.getOrDefault("gamma", "0")), 0),
                Settings.Engine.on(Settings.Engine.Device.AUTO),
                teacher);
    }
}
