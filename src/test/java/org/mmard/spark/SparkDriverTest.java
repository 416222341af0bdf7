package org.mmard.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.mmard.failure.InputError;

class SparkDriverTest {
    @Test
    void oneExecutorNeedsNoOtherProcess() {
        assertEquals("local[1]", SparkDriver.configuration("test", 1, Map.of("SPARK_HOME", "/spark")).get("spark.master"));
    }

    @Test
    void severalExecutorsGetAClusterOfTheirOwn() {
        SparkConf conf = SparkDriver.configuration("test", 3, Map.of("SPARK_HOME", "/spark"));
        assertEquals("local-cluster[3,1,2048]", conf.get("spark.master"));
        assertEquals("2048m", conf.get("spark.executor.memory"));
        assertEquals("3", conf.get("spark.cores.max"));
    }

    @Test
    void aClusterOfItsOwnHasASecretOfThatRunUnlessTheUserSaysOtherwise() {
        SparkConf conf = SparkDriver.configuration("test", 2, Map.of("SPARK_HOME", "/spark"));
        assertEquals("true", conf.get("spark.authenticate"));
        assertTrue(conf.get("spark.authenticate.secret").matches("[0-9a-f]{64}"));
        assertNotEquals(conf.get("spark.authenticate.secret"),
                SparkDriver.configuration("test", 2, Map.of("SPARK_HOME", "/spark")).get("spark.authenticate.secret"));
        assertFalse(SparkDriver.configuration("test", 2, Map.of("MMARD_MASTER", "spark://host:7077")).contains("spark.authenticate"));
        System.setProperty("spark.authenticate", "false");
        try {
            assertEquals("false", SparkDriver.configuration("test", 2, Map.of("SPARK_HOME", "/spark")).get("spark.authenticate"));
        } finally {
            System.clearProperty("spark.authenticate");
        }
    }

    @Test
    void aGivenMasterWins() {
        SparkConf conf = SparkDriver.configuration("test", 2, Map.of("SPARK_HOME", "/spark", "MMARD_MASTER", "spark://host:7077"));
        assertEquals("spark://host:7077", conf.get("spark.master"));
    }

    @Test
    void refusesSeveralExecutorsInOneProcess() {
        String message =
                assertThrows(InputError.class, () -> SparkDriver.configuration("test", 2, Map.of("MMARD_MASTER", "local[2]"))).getMessage();
        assertTrue(message.contains("cluster.executors = 2") && message.contains("local-cluster[2,1,2048]"), message);
    }

    @Test
    void refusesMoreExecutorsThanALocalClusterHas() {
        assertThrows(InputError.class, () -> SparkDriver.configuration("test", 3, Map.of("MMARD_MASTER", "local-cluster[2,1,1024]")));
    }

    @Test
    void refusesSeveralExecutorsWithoutSpark() {
        assertThrows(InputError.class, () -> SparkDriver.configuration("test", 2, Map.of()));
    }

    @Test
    void yarnItselfBringsTheCodeWhereTheDriverIsItsApplicationMaster() {
        assertTrue(onYarn("client").contains("spark.executor.extraClassPath"));
        assertFalse(onYarn("cluster").contains("spark.executor.extraClassPath"));
        assertTrue(SparkDriver.isApplicationMaster(onYarn("cluster")));
        assertFalse(SparkDriver.isApplicationMaster(onYarn("client")));
        assertFalse(SparkDriver.isApplicationMaster(new SparkConf(false)));
    }

    private static SparkConf onYarn(String mode) {
        System.setProperty("spark.submit.deployMode", mode);
        try {
            return SparkDriver.configuration("test", 2, Map.of("MMARD_MASTER", "yarn"));
        } finally {
            System.clearProperty("spark.submit.deployMode");
        }
    }
}
