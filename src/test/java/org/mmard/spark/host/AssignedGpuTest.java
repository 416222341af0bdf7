package org.mmard.spark.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.api.WorkerConfiguration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.config.Settings;
import org.mmard.data.EpochOrder;
import org.mmard.data.ImageSet;
import org.mmard.engine.Cuda;
import org.mmard.failure.InputError;
import org.mmard.model.Architectures;
import org.mmard.spark.AveragingWorker;
import org.mmard.spark.Plan;
import org.mmard.spark.RunningStatistics;
import org.mmard.spark.ShardTask;
import org.mmard.spark.SparkDriver;
import org.mmard.spark.SparkEvaluator;
import org.mmard.spark.ToyDriver;
import org.mmard.step.Schedule;
import org.mmard.step.ToyStep;
import org.mmard.step.Toys;

class AssignedGpuTest {
    private static final String NO_CUDA = "but this build has no CUDA: make one that has with ./mmard --cuda build";

    @BeforeEach
    void ofABuildWithoutCuda() {
        assumeFalse(Cuda.built(), "this build has CUDA: what one without says is tested with one without");
    }

    @AfterEach
    void clear() {
        System.getProperties().keySet().removeIf(key -> key.toString().startsWith("spark.") && key.toString().contains(".resource."));
    }

    @TestFactory
    Stream<DynamicTest> everyKindOfTaskAsksForItsDevice() {
        JavaSparkContext spark = new JavaSparkContext(SparkDriver.configuration("gpu", 1, Map.of("MMARD_MASTER", "local[1]")));
        Settings settings = ToyDriver.settings(Map.of("executors", "1", "device", "cuda"));
        Settings.Engine engine = settings.engine();
        ComputationGraph model = Architectures.network("cnn-4-8", 10, 1);
        Broadcast<ImageSet> images = spark.broadcast(Toys.images(64, 1));
        EpochOrder order = new EpochOrder(IntStream.range(0, 64).toArray(), 32, 7);
        Broadcast<Plan> plan =
                spark.broadcast(new Plan(UUID.randomUUID(), settings, order, new Schedule(settings.training(), 2), ToyStep::new, images));
        Map<String, Executable> kinds = Map.of(
                "asking where executors compute", () -> Devices.of(spark, 1, engine),
                "training", () -> onSpark(spark, () -> new ShardTask(null, engine, true).apply(null)),
                "training with averaging", () -> onSpark(spark,
                        () -> new AveragingWorker(null, new WorkerConfiguration(true, 1, 1, 1, 0, false), plan, null)
                                .getInitialModelGraph()),
                "running statistics", () -> RunningStatistics.of(spark, plan, model, 0),
                "evaluation and validation", () -> {
                    try (SparkEvaluator evaluator = new SparkEvaluator(spark, model, images, 8, 1, engine)) {
                        evaluator.outcome(null);
                    }
                });
        return kinds.entrySet().stream().map(kind -> DynamicTest.dynamicTest(kind.getKey(), () -> {
            Throwable failure = assertThrows(Throwable.class, kind.getValue());
            assertEquals("engine.device = cuda, " + NO_CUDA,
                    InputError.in(failure).orElseThrow(() -> new AssertionError(failure)).getMessage());
        })).onClose(spark::close);
    }

    private interface Work extends Runnable, java.io.Serializable {}

    private static void onSpark(JavaSparkContext spark, Work work) {
        spark.parallelize(List.of(1), 1).foreachPartition(any -> work.run());
    }

    @Tag("cluster")
    @Test
    void anExecutorRefusesAGpuThatItCannotUse(@TempDir Path folder) throws Exception {
        Path script = Files.writeString(folder.resolve("discover.sh"), "#!/bin/bash\necho '{\"name\": \"gpu\", \"addresses\": [\"7\"]}'\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        System.setProperty("spark.worker.resource.gpu.amount", "1");
        System.setProperty("spark.worker.resource.gpu.discoveryScript", script.toString());
        // Past the driver, which would refuse first.
        SparkConf conf = SparkDriver.configuration("gpu", 1, Map.of("MMARD_MASTER", "local-cluster[1,1,1024]"))
                .set("spark.executor.resource.gpu.amount", "1").set("spark.task.resource.gpu.amount", "1")
                // Nobody waits for the executor here as a run does.
                .set("spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures", "60");
        try (JavaSparkContext spark = new JavaSparkContext(conf)) {
            Exception failure = assertThrows(Exception.class, () -> Devices.of(spark, 1, Settings.Engine.on(Settings.Engine.Device.AUTO)));

            assertEquals("Spark gave GPU 7 to this process, " + NO_CUDA,
                    InputError.in(failure).orElseThrow(() -> new AssertionError(failure)).getMessage());
            assertEquals("cpu", Devices.of(spark, 1, Settings.Engine.on(Settings.Engine.Device.CPU)).get("device"));
        }
    }

    @Test
    void driverRefusesToAskForGpusThatThisBuildWouldLeaveIdle() {
        SparkConf conf = new SparkConf(false).set("spark.executor.resource.gpu.amount", "1");

        String message = assertThrows(InputError.class, () -> AssignedGpu.request(conf)).getMessage();

        assertEquals("spark.executor.resource.gpu.amount = 1, " + NO_CUDA + ", or leave that key out", message);
        assertFalse(message.contains("\n"));
    }

    @Test
    void refusesMoreThanOneGpuPerExecutor() {
        for (String key : new String[] {"spark.executor.resource.gpu.amount", "spark.task.resource.gpu.amount"}) {
            SparkConf conf = new SparkConf(false).set("spark.executor.resource.gpu.amount", "1").set(key, "2");

            assertTrue(assertThrows(InputError.class, () -> AssignedGpu.request(conf)).getMessage().startsWith(key + " is 2: give 1"));
        }
    }
}
