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

    @Test
    void profileTellsWhereAStepGoesAndWhatItsConvolutionsReachAlone() throws Exception {
        Outcome outcome = Outcome.of(with("--method", "rslad", "--profile", "--json"));
        assertEquals(0, outcome.exit(), outcome.err());
        List<String> lines = outcome.out().lines().toList();
        JsonNode figures = new ObjectMapper().readTree(lines.get(lines.size() - 1));
        double sum = 0;
        for (JsonNode part : figures.get("parts")) {
            assertTrue(part.asDouble() >= 0, outcome.out());
            sum += part.asDouble();
        }
        assertEquals(figures.get("milliseconds").asDouble(), sum, 1e-6);
        for (String part : List.of("batch norm", "ReLU, additions, padding", "losses", "random starts")) {
            assertTrue(figures.get("parts").get(part).asDouble() > 0, part + "\n" + outcome.out());
        }
        // Two images, 3x3, 3 to 4 channels, 32 x 32: forward in ten steps of the attack.
        double first = 10 * 2.0 * 2 * 3 * 4 * 9 * 32 * 32 / 1e9;
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("3x3 3 to 4, 32x32")), outcome.out());
        for (JsonNode layer : figures.get("convolutions")) {
            if (layer.get("pass").asText().equals("to data") && layer.get("shape").asText().startsWith("3x3 3 to 4")) {
                assertEquals(first, layer.get("gigaflop").asDouble(), 1e-9);
            }
            assertTrue(layer.get("gigaflop_per_second_alone").asDouble() > 0, layer.toString());
        }
    }

    @ParameterizedTest
    @CsvSource({"--method, quick, is \"quick\"", "--student, resnet9, resnet9", "'--variants', 'float32,unfolded', one variant"})
    void profileRefusesBeforeItBegins(String option, String value, String words) {
        Outcome outcome = Outcome.of("bench", "step", "--profile", option, value);
        assertEquals(2, outcome.exit());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().contains(words), outcome.err());
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
