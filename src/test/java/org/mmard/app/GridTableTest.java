package org.mmard.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.mmard.config.GridSettings;

class GridTableTest {
    private static GridTable.Entry entry(long seed, Double clean, String failure) {
        return new GridTable.Entry(seed, "runs/" + seed, clean == null ? null : new GridScores.Score(3, Map.of("clean", clean)), failure);
    }

    private final GridTable table = new GridTable(List.of("clean"), List.of(
            new GridTable.Row(new GridSettings.Cell("rslad", "mmard"), null,
                    List.of(entry(1, 0.5, null), entry(2, 0.25, null), entry(3, 0.75, null))),
            new GridTable.Row(new GridSettings.Cell("ard", "rslad + triangle"), null,
                    List.of(entry(1, 0.4, null), entry(2, null, "loss is NaN"), entry(3, null, null)))));

    @Test
    void textAlignsMeanAndSpreadAndSaysWhatIsMissing() {
        assertEquals(String.join(System.lineSeparator(),
                "inner   outer              seeds    clean",
                "rslad   mmard              3        50.00 +- 25.00",
                "ard     rslad + triangle   1 of 3   40.00            1 failed",
                ""), table.text());
    }

    @Test
    void csvHoldsFractionsAndLeavesTheSpreadOfOneSeedEmpty() {
        assertEquals("inner,outer,seeds,failed,clean_mean,clean_sd\nrslad,mmard,3,0,0.5,0.25\nard,rslad + triangle,1,1,0.4,\n",
                table.csv());
    }

    private final GridTable teachers = new GridTable(List.of("clean"), List.of(
            new GridTable.Row(null, "weak", List.of(new GridTable.Entry(0, "g/teacher-weak",
                    new GridScores.Score(null, Map.of("clean", 0.125)), null))),
            new GridTable.Row(new GridSettings.Cell("ard", "ard"), "weak", List.of(entry(1, 0.5, null), entry(2, 0.25, null))),
            new GridTable.Row(new GridSettings.Cell("trades", "trades"), null, List.of(entry(1, 0.75, null)))));

    @Test
    void teachersThatAreComparedHaveAColumnAndRowsOfTheirOwn() throws IOException {
        assertEquals(String.join(System.lineSeparator(),
                "inner    outer    teacher   seeds   clean",
                "-        -        weak      1       12.50",
                "ard      ard      weak      2       37.50 +- 17.68",
                "trades   trades   -         1       75.00",
                ""), teachers.text());
        assertEquals(List.of("inner,outer,teacher,seeds,failed,clean_mean,clean_sd", ",,weak,1,0,0.125,", "trades,trades,,1,0,0.75,"),
                teachers.csv().lines().filter(line -> !line.startsWith("ard")).toList());
        JsonNode json = new ObjectMapper().readTree(teachers.json(Map.of()));
        assertEquals(List.of("weak", "g/teacher-weak", "0.125"), List.of(json.at("/teachers/0/name").asText(),
                json.at("/teachers/0/directory").asText(), json.at("/teachers/0/accuracy/clean").asText()));
        assertTrue(json.at("/teachers/0/epoch").isNull(), json.toString());
        assertEquals("weak", json.at("/cells/0/teacher").asText());
        assertTrue(json.at("/cells/1/teacher").isNull(), json.toString());
        assertFalse(table.json(Map.of()).contains("teacher"), "without teachers the file is as it was");
    }

    @Test
    void jsonTellsEveryRun() {
        String json = table.json(Map.of("examples", 20));
        assertTrue(json.contains("\"examples\" : 20"), json);
        assertTrue(json.contains("\"failure\" : \"loss is NaN\""), json);
        assertTrue(json.contains("\"directory\" : \"runs/3\""), json);
    }
}
