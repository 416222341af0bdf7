package org.mmard.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.data.HadoopConfiguration;
import org.mmard.data.ShapesFolder;
import org.mmard.model.Architectures;
import org.mmard.model.ModelFile;

class EvaluateCommandTest {
    @TempDir
    private static Path folder;
    private static String model;
    private static String data;

    @BeforeAll
    static void makeModelAndData() throws Exception {
        data = folder.resolve("shapes").toString();
        new ShapesFolder(50, 60, 1).write(data, HadoopConfiguration.load());
        model = write("cnn.zip", 10);
    }

    private static String write(String name, int classes) throws Exception {
        Path file = folder.resolve(name);
        List<String> names = IntStream.range(0, classes).mapToObj(Integer::toString).toList();
        try (var out = Files.newOutputStream(file)) {
            ModelFile.write(out, Architectures.network("cnn-8", classes, 3), new ModelFile.Metadata("cnn-8", names, data, Map.of()), Map.of());
        }
        return file.toString();
    }

    @Test
    void aClusterGivesTheFiguresOfOneProcess() throws Exception {
        JsonNode here = evaluate("here");
        System.setProperty("spark.master", "local[2]");
        JsonNode onSpark;
        try {
            onSpark = evaluate("spark");
        } finally {
            System.clearProperty("spark.master");
        }
        assertEquals(60, here.get("examples").asInt());
        assertEquals(here.get("clean"), onSpark.get("clean"));
        for (String attack : new String[] {"fgsm", "pgd20"}) {
            assertEquals(here.get("attacks").get(attack).get("robust"), onSpark.get("attacks").get(attack).get("robust"), attack);
        }
    }

    private static JsonNode evaluate(String out) throws Exception {
        Outcome outcome = Outcome.of("evaluate", "--model", model, "--data", data, "--attacks", "clean,fgsm,pgd20", "--batch", "25",
                "--out", folder.resolve(out).toString());
        assertEquals(0, outcome.exit(), outcome.err());
        assertTrue(outcome.out().contains("pgd20"), outcome.out());
        return new ObjectMapper().readTree(folder.resolve(out).resolve(EvaluateCommand.FILE).toFile());
    }

    @Test
    void mistakesAreOneLineAndExitTwo() throws Exception {
        assertMistake("no-such.zip", "--model", "no-such.zip", "--data", data);
        assertMistake("unknown attack 'pgd'", "--model", model, "--data", data, "--attacks", "pgd");
        assertMistake("--batch 0", "--model", model, "--data", data, "--batch", "0");
        assertMistake("no-such-data", "--model", model, "--data", folder.resolve("no-such-data").toString());
        assertMistake("100 classes", "--model", write("hundred.zip", 100), "--data", data);
    }

    private static void assertMistake(String expected, String... options) {
        String[] arguments = new String[options.length + 1];
        arguments[0] = "evaluate";
        System.arraycopy(options, 0, arguments, 1, options.length);
        Outcome outcome = Outcome.of(arguments);
        assertEquals(2, outcome.exit(), outcome.err());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().contains(expected), outcome.err());
    }
}
