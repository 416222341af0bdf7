package org.mmard.spark.host;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.mmard.failure.InputError;
import org.mmard.spark.SparkDriver;

class PreflightTest {
    @Test
    void aDiskThatIsTooSmallIsNamed() {
        try (JavaSparkContext spark = SparkDriver.start("test", 1)) {
            assertDoesNotThrow(() -> Preflight.check(spark, 1, 0));
            InputError error = assertThrows(InputError.class, () -> Preflight.check(spark, 1, 1L << 60));
            assertTrue(
                    error.getMessage().contains(spark.getConf().get("spark.local.dir"))
                            && error.getMessage().contains("spark.local.dir to another disk"),
                    error.getMessage());
        }
    }
}
