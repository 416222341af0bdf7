package org.mmard.spark.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.failure.InputError;

class PortsTest {
    private static Ports range(String range) {
        return Ports.of(new SparkConf(false).set(Ports.RANGE, range));
    }

    private static int listen(Ports ports, Set<Integer> taken) {
        return ports.listen(port -> {
            if (taken.contains(port)) {
                throw new IllegalStateException("taken");
            }
            return port;
        });
    }

    @Test
    void theFirstFreePortOfTheRangeIsTaken() {
        assertEquals(40102, listen(range("40100-40103"), Set.of(40100, 40101)));
        assertEquals("no TCP port of spark.mmard.ports = 40100-40101 is free on this host (taken)",
                assertThrows(IllegalStateException.class, () -> listen(range("40100-40101"), Set.of(40100, 40101))).getMessage());
    }

    @Test
    void withoutARangeTheSystemChooses() {
        assertEquals(0, listen(Ports.of(new SparkConf(false)), Set.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "40100", "40100-", "40131-40100", "80-90", "65530-65536", "40100-40131,40200"})
    void refusesWhatIsNoRangeInOneLine(String range) {
        InputError error = assertThrows(InputError.class, () -> range(range));
        assertTrue(error.getMessage().startsWith("spark.mmard.ports is " + range + ": give "), error.getMessage());
    }
}
