package org.mmard.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.net.DatagramSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.config.InputError;

class FreePortTest {
    /** Says its port and holds it, as an executor does, until its input ends. */
    public static final class Holder {
        private Holder() {}

        public static void main(String[] range) throws Exception {
            try {
                System.out.println(FreePort.of(new SparkConf(false).set(FreePort.RANGE, range[0])).getPort());
            } catch (java.io.UncheckedIOException e) {
                System.out.println(e.getMessage());
            }
            System.in.read();
        }
    }

    @Test
    void processesOfOneHostTakeDifferentPortsOfTheRangeAndNoneThatIsInUse() throws Exception {
        int first = freeTriple();
        List<Process> holders = new ArrayList<>();
        try (DatagramSocket stranger = new DatagramSocket(first + 1)) {
            for (int i = 0; i < 3; i++) {
                holders.add(new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx64m", "-cp",
                        System.getProperty("java.class.path"), Holder.class.getName(), first + "-" + (first + 2)).redirectErrorStream(true).start());
            }
            Set<String> said = new TreeSet<>();
            for (Process holder : holders) {
                BufferedReader output = holder.inputReader();
                String line = output.readLine();
                while (line != null && !line.matches("\\d+|no UDP port.*")) {
                    line = output.readLine();
                }
                said.add(String.valueOf(line));
            }
            assertEquals(Set.of(String.valueOf(first), String.valueOf(first + 2),
                    "no UDP port of spark.mmard.ports = " + first + "-" + (first + 2) + " is free on this host"), said);
        } finally {
            holders.forEach(Process::destroyForcibly);
        }
    }

    private static int freeTriple() throws Exception {
        for (int first = 21000; first < 31000; first += 7) {
            try (DatagramSocket a = new DatagramSocket(first); DatagramSocket b = new DatagramSocket(first + 1); DatagramSocket c = new DatagramSocket(first + 2)) {
                return first;
            } catch (java.net.BindException e) {
                // In use: the next.
            }
        }
        throw new AssertionError("no three free ports");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "40100", "40100-", "40131-40100", "80-90", "65530-65536", "40100-40131,40200"})
    void refusesWhatIsNoRangeInOneLine(String range) {
        InputError error = assertThrows(InputError.class, () -> FreePort.of(new SparkConf(false).set(FreePort.RANGE, range)));

        assertTrue(error.getMessage().startsWith("spark.mmard.ports is " + range + ": give "), error.getMessage());
    }
}
