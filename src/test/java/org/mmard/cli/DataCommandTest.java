package org.mmard.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.data.Shapes;

class DataCommandTest {
    @TempDir
    Path folder;

    @Test
    void makesShapesAndDescribesThem() {
        String uri = folder.resolve("shapes").toUri().toString();
        Outcome made = Outcome.of("data", "shapes", "--out", uri, "--train", "30", "--test", "20", "--seed", "4");
        assertEquals(0, made.exit(), made.err());
        assertTrue(made.out().contains("wrote 30 training and 20 test images"), made.out());
        assertTrue(Outcome.of("data", "shapes", "--out", uri, "--train", "30", "--test", "20", "--seed", "4").out()
                .contains("are there already"));

        Outcome described = Outcome.of("data", "describe", uri);
        assertEquals(0, described.exit(), described.err());
        assertTrue(described.out().contains("CIFAR-10 binary, 10 classes"), described.out());
        assertTrue(described.out().lines().anyMatch(line -> line.matches(" +records +30 +20")), described.out());
        assertTrue(described.out().lines().anyMatch(line -> line.matches(" +heart +3 +2")), described.out());
        assertTrue(described.out().contains("train " + Shapes.train(30, 4).checksum()), described.out());
        long widths = described.out().lines().filter(line -> line.startsWith("  ") && !line.contains("sha256") && !line.contains("test  "))
                .map(String::length).distinct().count();
        assertEquals(1, widths, described.out());
    }

    @Test
    void endsWithTwoAndOneLineOnAMistake() throws Exception {
        String uri = folder.resolve("shapes").toString();
        Outcome.of("data", "shapes", "--out", uri, "--train", "10", "--test", "10");
        Path test = folder.resolve("shapes/test_batch.bin");
        Files.write(test, Arrays.copyOf(Files.readAllBytes(test), 5000));
        for (String[] args : new String[][] {
            {"data", "describe", uri},
            {"data", "describe", folder + "/absent"},
            {"data", "shapes", "--out", folder.toString()},
            {"data", "shapes", "--out", uri + "2", "--train", "3"},
        }) {
            Outcome outcome = Outcome.of(args);
            assertEquals(2, outcome.exit(), String.join(" ", args));
            assertEquals(1, outcome.err().lines().count(), outcome.err());
            assertTrue(outcome.err().startsWith("mmard: "), outcome.err());
        }
        assertTrue(Outcome.of("data", "describe", uri).err().contains("test_batch.bin: ends at offset 5000"));
        assertEquals(2, Outcome.of("data").exit());
        assertEquals(2, Outcome.of("data", "shapes").exit());
    }
}
