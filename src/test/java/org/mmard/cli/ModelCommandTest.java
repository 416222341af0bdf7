package org.mmard.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.data.ImageShape;
import org.mmard.model.Architectures;
import org.mmard.model.ModelFile;

class ModelCommandTest {
    private static final String WEIGHTS = "src/test/resources/org/mmard/model/plain.pt";

    @TempDir
    Path folder;

    @Test
    void describesANetworkOfTheZoo() {
        Outcome outcome = Outcome.of("model", "describe", "--architecture", "resnet18", "--classes", "100");
        assertEquals(0, outcome.exit(), outcome.err());
        String shortcut = " +stage2_block1_shortcut_conv +convolution 1x1, stride 2 +128 x 16 x 16 +8,192";
        assertTrue(outcome.out().lines().anyMatch(line -> line.matches(shortcut)), outcome.out());
        assertTrue(outcome.out().lines().anyMatch(line -> line.matches(" +total +11,220,132")), outcome.out());
        assertTrue(outcome.out().lines().anyMatch(line -> line.matches(" +logits +dense +100 +51,300")), outcome.out());
    }

    @Test
    void describesAModelFileAndItsProvenance() throws Exception {
        Path file = folder.resolve("model.zip");
        try (OutputStream out = Files.newOutputStream(file)) {
            ModelFile.write(out, Architectures.network("cnn-4-8", 2, 1),
                    new ModelFile.Metadata("cnn-4-8", ImageShape.CIFAR, List.of("circle", "star"), "shapes", Map.of("seed", "17")),
                    Map.of());
        }
        Outcome outcome = Outcome.of("model", "describe", "--model", file.toString());
        assertEquals(0, outcome.exit(), outcome.err());
        for (String line : new String[] {"  classes: circle, star", "  data: shapes", "  seed: 17", "  updater state: none"}) {
            assertTrue(outcome.out().lines().anyMatch(line::equals), outcome.out());
        }
        assertTrue(outcome.out().lines().anyMatch(line -> line.matches(" +total +438")), outcome.out());
    }

    @Test
    void importsPyTorchWeightsAsAModelFileThatKnowsWhereTheyCameFrom() {
        String out = folder.resolve("imported.zip").toString();
        String[] options = {"model", "import", "--model", WEIGHTS, "--architecture", "cnn-4-6", "--out", out};
        Outcome outcome = Outcome.of(options);
        assertEquals(0, outcome.exit(), outcome.err());
        Outcome described = Outcome.of("model", "describe", "--model", out);
        assertEquals(0, described.exit(), described.err());
        for (String line : new String[] {"  classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9", "  imported-from: " + WEIGHTS}) {
            assertTrue(described.out().lines().anyMatch(line::equals), described.out());
        }
        assertTrue(described.out().lines().anyMatch(line -> line.matches(" +imported-sha256: [0-9a-f]{64}")), described.out());
        Outcome again = Outcome.of(options);
        assertEquals(2, again.exit());
        assertTrue(again.err().contains("such a file already"), again.err());
    }

    @Test
    void importsAPublishedCheckpointWithNothingButItsName() {
        String out = folder.resolve("teacher.zip").toString();
        String published = "src/test/resources/org/mmard/model/attacker.pt";
        Outcome outcome = Outcome.of("model", "import", "--model", published, "--out", out, "--verbose");
        assertEquals(0, outcome.exit(), outcome.err());
        for (String line : new String[] {"taken for cnn-4-6 by its entries",
            "normalises its images inside: mean 0.4914 0.4822 0.4465, deviation 0.2471 0.2435 0.2616",
            "left alone: module.attacker.model.* (cnn-4-6)", "left alone: epoch (a number)"}) {
            assertTrue(outcome.out().lines().anyMatch(line::equals), outcome.out());
        }
        Outcome described = Outcome.of("model", "describe", "--model", out);
        assertTrue(described.out().contains("normalises its images: mean 0.4914"), described.out());
    }

    @Test
    void describesPyTorchWeights() {
        Outcome outcome = Outcome.of("model", "describe", "--model", WEIGHTS, "--architecture", "cnn-4-6");
        assertEquals(0, outcome.exit(), outcome.err());
        assertTrue(outcome.out().lines().anyMatch(line -> line.matches(" +conv2 +convolution 3x3, stride 2 +6 x 16 x 16 +216")),
                outcome.out());
    }

    @Test
    void whatIsMissingOrContradictsItselfIsAMistakeOfTheUser() {
        for (String[] options : new String[][] {
            {"model", "describe"}, {"model", "describe", "--model", WEIGHTS, "--entry", "ema"},
            {"model", "describe", "--model", WEIGHTS, "--mean", "0.5,0.5,0.5"},
            {"model", "describe", "--model", WEIGHTS, "--mean", "0.5,0.5,0.5", "--std", "a,b,c"},
            {"model", "describe", "--model", WEIGHTS, "--mean", "0.5,0.5", "--std", "0.5,0.5"},
            {"model", "describe", "--model", WEIGHTS, "--mean", "0.5,0.5,0.5", "--std", "0,0,0"},
            {"model", "describe", "--model", WEIGHTS, "--architecture", "resnet18"},
            {"model", "describe", "--model", WEIGHTS, "--architecture", "cnn-4-6", "--classes", "7"},
            {"model", "import", "--model", WEIGHTS, "--architecture", "cnn-4-6", "--out", ""}}) {
            Outcome outcome = Outcome.of(options);
            assertEquals(2, outcome.exit(), String.join(" ", options));
            assertEquals(1, outcome.err().lines().count(), outcome.err());
        }
    }

    @Test
    void importAndReportTreatAFolderThatIsNotThereAlike() {
        Path nowhere = folder.resolve("no/such/file");
        for (String[] command : new String[][] {{"model", "import", "--model", "x.pt", "--architecture", "resnet8"},
            {"report", folder.toString()}}) {
            Outcome outcome = Outcome.of(Stream.concat(Stream.of(command), Stream.of("--out", nowhere.toString())).toArray(String[]::new));
            assertEquals(2, outcome.exit());
            assertEquals("mmard: --out " + nowhere + ": there is no folder " + nowhere.getParent() + "; make it, or give another place",
                    outcome.err().strip());
        }
        assertTrue(Files.notExists(folder.resolve("no")));
    }
}
