package org.mmard.spark;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.mmard.config.InputError;

class PreflightTest {
    private static final long MIB = 1 << 20;

    /** With buffers of 8 MiB a connection to another executor takes 24 MiB each way. */
    private static Room room(String host, long free) {
        return new Room(host, free * MIB, 8 * MIB, "/tmp", Long.MAX_VALUE);
    }

    @Test
    void executorsOfOneHostShareItsMemory() {
        assertDoesNotThrow(() -> Preflight.requireMemory(List.of(room("a", 96), room("a", 96))));
        InputError error = assertThrows(InputError.class, () -> Preflight.requireMemory(List.of(room("a", 95), room("a", 95))));
        assertTrue(error.getMessage().startsWith("shared memory of a: 95 MiB free in /dev/shm, 96 MiB needed for the connections of 2 of 2 executors"),
                error.getMessage());
    }

    @Test
    void aHostOfItsOwnNeedsRoomForOneExecutorsConnections() {
        assertDoesNotThrow(() -> Preflight.requireMemory(List.of(room("a", 96), room("b", 96), room("c", 96))));
        InputError error = assertThrows(InputError.class, () -> Preflight.requireMemory(List.of(room("a", 96), room("b", 64), room("c", 96))));
        assertTrue(error.getMessage().startsWith("shared memory of b: 64 MiB free"), error.getMessage());
    }

    @Test
    void aDiskThatIsTooSmallIsNamed() {
        try (JavaSparkContext spark = SparkDriver.start("test", 1)) {
            assertDoesNotThrow(() -> Preflight.check(spark, 1, true, 0));
            InputError error = assertThrows(InputError.class, () -> Preflight.check(spark, 1, true, 1L << 60));
            assertTrue(error.getMessage().contains(spark.getConf().get("spark.local.dir")) && error.getMessage().contains("spark.local.dir to another disk"),
                    error.getMessage());
        }
    }
}
