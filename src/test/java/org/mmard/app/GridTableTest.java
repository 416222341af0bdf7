package org.mmard.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.mmard.config.GridSettings;

class GridTableTest {
    private static GridTable.Entry entry(long seed, Double clean, String failure) {
        return new GridTable.Entry(seed, "runs/" + seed, clean == null ? null : new GridScores.Score(3, Map.of("clean", clean)), failure);
    }

    private final GridTable table = new GridTable(List.of("clean"), List.of(
            new GridTable.Row(new GridSettings.Cell("rslad", "mmard"),
                    List.of(entry(1, 0.5, null), entry(2, 0.25, null), entry(3, 0.75, null))),
            new GridTable.Row(new GridSettings.Cell("ard", "rslad + triangle"),
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

    @Test
    void jsonTellsEveryRun() {
        String json = table.json(Map.of("examples", 20));
        assertTrue(json.contains("\"examples\" : 20"), json);
        assertTrue(json.contains("\"failure\" : \"loss is NaN\""), json);
        assertTrue(json.contains("\"directory\" : \"runs/3\""), json);
    }
}
