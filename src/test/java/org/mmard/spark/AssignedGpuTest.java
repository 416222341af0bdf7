package org.mmard.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.config.InputError;
import org.mmard.config.Settings;
import org.mmard.model.Architectures;
import org.mmard.train.EpochSums;
import org.mmard.train.StopRequest;
import org.mmard.train.ToyStep;
import org.mmard.train.Toys;
import org.mmard.train.WeightAverage;

class AssignedGpuTest {
    @AfterEach
    void clear() {
        System.getProperties().keySet().removeIf(key -> key.toString().startsWith("spark.") && key.toString().contains(".resource."));
    }

    @Tag("cluster")
    @Test
    void anExecutorSaysThatThisBuildLeavesTheGpuThatItWasGivenIdle(@TempDir Path folder) throws Exception {
        Path script = Files.writeString(folder.resolve("discover.sh"), "#!/bin/bash\necho '{\"name\": \"gpu\", \"addresses\": [\"7\"]}'\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        System.setProperty("spark.worker.resource.gpu.amount", "1");
        System.setProperty("spark.worker.resource.gpu.discoveryScript", script.toString());
        System.setProperty("spark.executor.resource.gpu.amount", "1");
        SparkConf conf = SparkDriver.configuration("gpu", 1, Map.of("MMARD_MASTER", "local-cluster[1,1,1024]"));
        assertEquals("1", conf.get("spark.task.resource.gpu.amount"));
        String application;
        try (JavaSparkContext spark = new JavaSparkContext(conf.set("spark.executorEnv.MMARD_CONSOLE", "everything"))) {
            application = spark.sc().applicationId();
            WeightAverage none = WeightAverage.after(Optional.empty(), Settings.Averaging.NONE);
            try (SparkEpochs epochs = new SparkEpochs(spark, Architectures.network("cnn-4-8", 10, 1), none, Toys.images(64, 1), Toys.images(10, 2),
                    ToyDriver.settings(Map.of("executors", "1")), ToyStep::new, new StopRequest())) {
                epochs.train(0, EpochSums.NONE, (done, total, loss) -> {});
            }
        }
        Path said = Path.of(System.getenv("SPARK_HOME"), "work", application, "0", "stderr");
        String line = Files.readAllLines(said).stream().filter(each -> each.contains("AssignedGpu")).findFirst().orElseThrow();
        assertTrue(line.contains("Spark gave GPU 7 to this executor") && line.contains("works on the processor"), line);
    }

    @Test
    void refusesMoreThanOneGpuPerExecutor() {
        for (String key : new String[] {"spark.executor.resource.gpu.amount", "spark.task.resource.gpu.amount"}) {
            SparkConf conf = new SparkConf(false).set("spark.executor.resource.gpu.amount", "1").set(key, "2");

            assertTrue(assertThrows(InputError.class, () -> AssignedGpu.request(conf)).getMessage().startsWith(key + " is 2: give 1"));
        }
    }
}
