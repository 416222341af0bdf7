package org.mmard.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchCommandTest {
    private static final String[] TINY = {"bench", "step", "--student", "cnn-4-8", "--teacher", "cnn-4-8", "--batch", "2", "--steps", "1"};

    @Test
    void lastLineIsTheFiguresAsJson() throws Exception {
        Outcome outcome = Outcome.of(with("--method", "rslad", "--json"));
        assertEquals(0, outcome.exit(), outcome.err());
        List<String> lines = outcome.out().lines().toList();
        JsonNode figures = new ObjectMapper().readTree(lines.get(lines.size() - 1));
        for (String variant : new String[] {"", "float32_", "unfolded_"}) {
            assertTrue(figures.get(variant + "images_per_second").asDouble() > 0, outcome.out());
            assertTrue(figures.get(variant + "images_per_cpu_second").asDouble() > 0, outcome.out());
        }
    }

    @Test
    void timesTheVariantsAskedFor() {
        Outcome outcome = Outcome.of(with("--variants", "folded,channels-last"));
        assertEquals(0, outcome.exit(), outcome.err());
        assertEquals(List.of("folded", "channels-last"),
                outcome.out().lines().filter(line -> line.matches("[a-z0-9-]+ +[0-9.]+ +[0-9.]+ +[0-9.]+"))
                        .map(line -> line.split(" ")[0]).toList(),
                outcome.out());
    }

    @Test
    void timesMixtures() {
        Outcome outcome = Outcome.of(with("--inner", "rslad", "--outer", "rslad + triangle", "--variants", "default"));
        assertEquals(0, outcome.exit(), outcome.err());
    }

    @ParameterizedTest
    @CsvSource({"--method, quick, is \"quick\"", "--student, resnet9, resnet9", "--teacher, resnet9, resnet9", "--batch, 0, --batch is 0",
        "--steps, 0, --steps is 0", "--threads, 0, --threads is 0", "--variants, fast, --variants has 'fast'", "--batch, many, --batch"})
    void refusesInOneLine(String option, String value, String words) {
        Outcome outcome = Outcome.of("bench", "step", option, value);
        assertEquals(2, outcome.exit());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().contains(words), outcome.err());
    }

    private static String[] with(String... options) {
        String[] all = java.util.Arrays.copyOf(TINY, TINY.length + options.length);
        System.arraycopy(options, 0, all, TINY.length, options.length);
        return all;
    }
}
