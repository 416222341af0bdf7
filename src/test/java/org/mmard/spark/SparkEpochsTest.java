package org.mmard.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mmard.config.Settings;
import org.mmard.config.SettingsReader;
import org.mmard.data.EpochOrder;
import org.mmard.data.ImageSet;
import org.mmard.data.ImageShape;
import org.mmard.engine.Device;
import org.mmard.model.Architectures;
import org.mmard.run.EpochSums;
import org.mmard.run.ValidationAccuracy;
import org.mmard.step.BatchStatistics;
import org.mmard.step.DistillationSteps;
import org.mmard.step.DistillingGraph;
import org.mmard.step.NanStep;
import org.mmard.step.Schedule;
import org.mmard.step.Step;
import org.mmard.step.StepFactory;
import org.mmard.step.Tally;
import org.mmard.step.Teacher;
import org.mmard.step.ToyStep;
import org.mmard.step.Toys;
import org.mmard.step.TrainingBatch;
import org.mmard.train.Epochs;
import org.mmard.train.StopRequest;
import org.mmard.train.WeightAverage;

/** One executor, in this process. */
class SparkEpochsTest {
    private static final ImageSet TRAINING = Toys.images(100, 1);
    private static final ImageSet VALIDATION = Toys.images(50, 2);
    private static final WeightAverage NO_AVERAGE = WeightAverage.after(Optional.empty(), Settings.Averaging.NONE);
    private static JavaSparkContext spark;

    @BeforeAll
    static void start() {
        spark = SparkDriver.start("test", 1);
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    private static Settings settings() {
        return ToyDriver.settings(Map.of("executors", "1", "batch", "32"));
    }

    private static ComputationGraph student() {
        return Architectures.network("cnn-4-8", 10, 1);
    }

    private static SparkEpochs epochs(ComputationGraph student, StepFactory steps) {
        return new SparkEpochs(spark, student, NO_AVERAGE, TRAINING, VALIDATION, settings(), steps, new StopRequest());
    }

    @Test
    void trainsBitForBitAsAPlainLoopDoes() {
        ComputationGraph student = student();
        try (Epochs epochs = epochs(student, ToyStep::new)) {
            epochs.train(0, EpochSums.NONE, (done, total, loss) -> {});
            epochs.train(1, EpochSums.NONE, (done, total, loss) -> {});
        }
        Settings settings = settings();
        ComputationGraph start = student();
        DistillingGraph plain = new DistillingGraph(start.getConfiguration(), start.params(), null, settings.training(),
                settings.run().seed(), ToyStep::new);
        EpochOrder order = new EpochOrder(IntStream.range(0, 100).toArray(), 32, settings.run().seed());
        plain.begin(TRAINING, new Schedule(settings.training(), 4), (result, skipped, seconds) -> {});
        for (int epoch = 0; epoch < 2; epoch++) {
            for (int k = 0; k < 4; k++) {
                plain.fit(new TrainingBatch(epoch, k, order.batches(epoch)[k]).toMultiDataSet());
            }
        }
        assertEquals(plain.params(), student.params());
        assertEquals(plain.getUpdater().getStateViewArray(), student.getUpdater().getStateViewArray());
        assertNotEquals(start.params(), student.params());
    }

    /**
     * Tasks choose their device: where the suite runs on one that has memory of its own, a transfer that is forgotten on these ways shows
     * as another bit.
     */
    @Test
    void aMethodTrainsBitForBitAsAPlainLoopOnTheProcessorDoes() {
        ComputationGraph ofTeacher = Architectures.network("cnn-4-8", 10, 5);
        Teacher teacher =
                new Teacher("memory:teacher", "", "cnn-4-8", ImageShape.CIFAR, 10, ofTeacher.getConfiguration().toJson(),
                        ofTeacher.params().toFloatVector());
        StepFactory steps = new DistillationSteps(SettingsReader.method(Map.of("method.name", "mmard"), "test"), 4,
                SettingsReader.attack(Map.of("attack.steps", "2"), "test"), new Settings.WeightPerturbation(0, 0),
                Settings.Engine.on(Settings.Engine.Device.AUTO), teacher);
        ComputationGraph student = student();
        try (Epochs epochs = epochs(student, steps)) {
            epochs.train(0, EpochSums.NONE, (done, total, loss) -> {});
        }

        Device tested = Device.current();
        Device.use(Device.HOST);
        ComputationGraph start = student();
        DistillingGraph plain =
                new DistillingGraph(start.getConfiguration(), start.params(), null, settings().training(), settings().run().seed(), steps);
        try {
            EpochOrder order = new EpochOrder(IntStream.range(0, 100).toArray(), 32, settings().run().seed());
            plain.begin(TRAINING, new Schedule(settings().training(), 4), (result, skipped, seconds) -> {});
            for (int k = 0; k < 4; k++) {
                plain.fit(new TrainingBatch(0, k, order.batches(0)[k]).toMultiDataSet());
            }
            assertArrayEquals(plain.params().toFloatVector(), student.params().toFloatVector());
        } finally {
            plain.close();
            Device.use(tested);
        }
    }

    @Test
    void aMovingAverageFollowsEveryStep() {
        Settings settings = ToyDriver.settings(Map.of("executors", "1", "batch", "32", "decay", "0.75"));
        ComputationGraph student = student();
        WeightAverage average = WeightAverage.after(Optional.empty(), settings.training().averaging());
        average.values(student.params().toFloatVector());
        try (Epochs epochs = new SparkEpochs(spark, student, average, TRAINING, VALIDATION, settings, ToyStep::new, new StopRequest())) {
            epochs.train(0, EpochSums.NONE, (done, total, loss) -> {});
        }
        ComputationGraph start = student();
        double[] expected = start.params().toDoubleVector();
        DistillingGraph plain = new DistillingGraph(start.getConfiguration(), start.params(), null, settings.training(),
                settings.run().seed(), ToyStep::new);
        EpochOrder order = new EpochOrder(IntStream.range(0, 100).toArray(), 32, settings.run().seed());
        plain.begin(TRAINING, new Schedule(settings.training(), 4), (result, skipped, seconds) -> {});
        for (int k = 0; k < 4; k++) {
            plain.fit(new TrainingBatch(0, k, order.batches(0)[k]).toMultiDataSet());
            double[] now = plain.params().toDoubleVector();
            for (int i = 0; i < expected.length; i++) {
                expected[i] = 0.75 * expected[i] + 0.25 * now[i];
            }
        }
        assertEquals(plain.params(), student.params());
        float[] found = average.values();
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], found[i], 1e-6 * (1 + Math.abs(expected[i])), "parameter " + i);
        }
    }

    @Test
    void runningStatisticsAreTheMeanOverTheEpochsAugmentedImages() {
        ComputationGraph model = student();
        float[] found;
        try (Epochs epochs = epochs(model, ToyStep::new)) {
            found = epochs.runningStatistics(model, 3);
        }
        double[] expected = new double[found.length];
        int[][] batches = new EpochOrder(IntStream.range(0, 100).toArray(), 32, settings().run().seed()).batches(3);
        try (BatchStatistics statistics = new BatchStatistics(student())) {
            for (int k = 0; k < 4; k++) {
                float[] ofBatch = statistics.of(new TrainingBatch(3, k, batches[k]).load(TRAINING, settings().run().seed(), true));
                for (int i = 0; i < expected.length; i++) {
                    expected[i] += ofBatch[i] * batches[k].length / 100.0;
                }
            }
        }
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], found[i], 1e-6 * (1 + Math.abs(expected[i])));
        }
        assertEquals(student().params(), model.params());
    }

    @Test
    void reportsEveryImageOnce() {
        try (Epochs epochs = epochs(student(), ToyStep::new)) {
            EpochSums sums = epochs.train(0, EpochSums.NONE, (done, total, loss) -> {});
            assertEquals(100, sums.executors().get("driver").images());
            Tally executor = sums.executors().get("driver");
            assertEquals(4, executor.minibatches());
            assertEquals(100, executor.images());
            assertEquals(sums.loss(), sums.executors().get("driver").terms().get("ce").doubleValue() / 100, 1e-12);
            assertTrue(sums.seconds() > 0 && executor.seconds() > 0);
        }
    }

    @Test
    void validatesTheSameHoweverOften() {
        ComputationGraph student = student();
        try (Epochs epochs = epochs(student, ToyStep::new)) {
            ValidationAccuracy accuracy = epochs.validate(student);
            assertEquals(50, accuracy.examples());
            assertTrue(accuracy.robust() <= accuracy.clean());
            assertEquals(accuracy, epochs.validate(student));
        }
    }

    @Test
    void aFailedStepEndsTheEpochWithItsReason() {
        try (Epochs epochs = epochs(student(), FailingStep::new)) {
            Exception thrown = assertThrows(Exception.class, () -> epochs.train(0, EpochSums.NONE, (done, total, loss) -> {}));
            assertTrue(thrown.getMessage().contains("the teacher is tired"), thrown.getMessage());
            assertTrue(thrown instanceof SparkException || thrown.getCause() instanceof SparkException, thrown.toString());
        }
    }

    @Test
    void aStepThatIsNotFiniteLeavesTheStateAsIfItHadNotBeenAndIsCounted() {
        int[][] batches = new EpochOrder(IntStream.range(0, 100).toArray(), 32, settings().run().seed()).batches(0);
        ComputationGraph student = student();
        try (Epochs epochs = epochs(student, made -> new NanStep(made, Set.of(batches[1][5])))) {
            EpochSums sums = epochs.train(0, EpochSums.NONE, (done, total, loss) -> {});
            assertEquals(1, sums.skippedSteps());
            assertEquals(4, sums.steps());
            assertEquals(100, sums.executors().get("driver").images());
            assertEquals(100 - batches[1].length, sums.executors().get("driver").counted());
            assertEquals(sums.loss(), sums.executors().get("driver").terms().get("ce").doubleValue() / (100 - batches[1].length), 1e-12);
        }
        ComputationGraph start = student();
        DistillingGraph plain = new DistillingGraph(start.getConfiguration(), start.params(), null, settings().training(),
                settings().run().seed(), ToyStep::new);
        plain.begin(TRAINING, new Schedule(settings().training(), 4), (result, skipped, seconds) -> {});
        for (int k : new int[] {0, 2, 3}) {
            plain.fit(new TrainingBatch(0, k, batches[k]).toMultiDataSet());
        }
        assertEquals(plain.params(), student.params());
        assertEquals(plain.getUpdater().getStateViewArray(), student.getUpdater().getStateViewArray());
    }

    @Test
    void anEpochEndsAsSoonAsTooManyOfItsStepsWereSkipped() {
        Set<Integer> all = IntStream.range(0, 100).boxed().collect(Collectors.toSet());
        ComputationGraph student = student();
        try (Epochs epochs = epochs(student, made -> new NanStep(made, all))) {
            // One of four may be skipped.
            EpochSums sums = epochs.train(0, EpochSums.NONE, (done, total, loss) -> {});
            assertEquals(2, sums.skippedSteps());
            assertEquals(2, sums.steps());
        }
        assertEquals(student().params(), student.params());
    }

    private record FailingStep(ComputationGraph student) implements Step {
        @Override
        public Result gradient(Batch batch) {
            throw new IllegalStateException("the teacher is tired");
        }

        @Override
        public void close() {}
    }
}
