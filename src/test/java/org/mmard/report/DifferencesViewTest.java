package org.mmard.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.failure.InputError;
import org.mmard.files.Folder;
import org.mmard.files.HadoopConfiguration;

class DifferencesViewTest {
    @TempDir
    private Path folder;

    /** A cell whose seeds 1, 2, ... have these accuracies; NaN where a seed has none. */
    private static RecordedGrid.Cell cell(String name, double... accuracies) {
        return new RecordedGrid.Cell(name, name, null, IntStream.range(0, accuracies.length)
                .mapToObj(i -> new RecordedGrid.Entry(i + 1, name + i,
                        Double.isNaN(accuracies[i]) ? Map.of() : Map.of("clean", accuracies[i]),
                        null))
                .toList());
    }

    private RecordedGrid grid(RecordedGrid.Cell... cells) {
        return new RecordedGrid(Folder.at(folder.toString(), HadoopConfiguration.load()), 100, List.of(), List.of(cells));
    }

    private DifferencesView view(RecordedGrid grid) {
        return DifferencesView.of(grid, null, "d").orElseThrow();
    }

    @Test
    void theIntervalIsStudentsOverPairedDifferences() {
        DifferencesView.Difference found = DifferencesView.Difference.of(new double[] {0.02, 0.05, -0.01, 0.04, 0.03});
        assertEquals(0.026, found.mean(), 1e-12);
        // t(0.975, 4) = 2.7764451; the standard error is sd / sqrt(5) = sqrt(0.00053 / 5).
        double reach = 2.7764451051977987 * Math.sqrt(0.00053 / 5);
        assertEquals(0.026 - reach, found.low(), 1e-9);
        assertEquals(0.026 + reach, found.high(), 1e-9);
    }

    @Test
    void seedsArePairedAndThoseThatOneLacksAreLeftOut() {
        // Cells differ by 2 points with each seed, and their own spread is ten times that.
        DifferencesView view = view(grid(cell("trades", 0.2, 0.4, 0.6, 0.9), cell("rslad", 0.22, 0.42, 0.62, Double.NaN)));
        DifferencesView.Cell cell = view.rows().get(0).cells().get(0);
        assertEquals("trades / trades", view.against());
        assertEquals("rslad / rslad", view.rows().get(0).label());
        assertEquals("+2.0", cell.mean());
        assertEquals("+2.0 to +2.0", cell.interval());
        assertTrue(cell.clear());
    }

    @Test
    void aDifferenceWithinTheSpreadIsNotClear() {
        DifferencesView.Cell cell =
                view(grid(cell("trades", 0.2, 0.2, 0.2), cell("rslad", 0.1, 0.2, 0.21))).rows().get(0).cells().get(0);
        assertEquals("\u22123.0", cell.mean());
        assertFalse(cell.clear());
        // The widest of a column fills its half of the line.
        assertEquals("0.0", cell.from());
        assertTrue(Double.parseDouble(cell.at()) < 50 && Double.parseDouble(cell.from()) + Double.parseDouble(cell.width()) > 50);
    }

    @Test
    void anyCellMayBeTheOneThatOthersAreComparedWith() {
        RecordedGrid grid = grid(cell("trades", 0.2, 0.3), cell("rslad", 0.3, 0.3), cell("mmard", 0.4, 0.5));
        DifferencesView view = DifferencesView.of(grid, "rslad/rslad", "d").orElseThrow();
        assertEquals(List.of("trades / trades", "mmard / mmard"), view.rows().stream().map(DifferencesView.Row::label).toList());
        assertEquals("+15.0", view.rows().get(1).cells().get(0).mean());
        String complaint = assertThrows(InputError.class, () -> DifferencesView.of(grid, "ard", "d")).getMessage();
        assertTrue(complaint.startsWith("--against ard: ") && complaint.endsWith(
                "has no such cell; give \"trades / trades\", \"rslad / rslad\", \"mmard / mmard\""), complaint);
    }

    @Test
    void oneSeedTellsNothingOfChance() {
        assertTrue(DifferencesView.of(grid(cell("trades", 0.2), cell("rslad", 0.3)), null, "d").isEmpty());
        DifferencesView.Cell one = view(grid(cell("trades", 0.2, 0.2), cell("rslad", 0.3), cell("mmard", 0.3, 0.3))).rows().get(0).cells()
                .get(0);
        assertEquals("+10.0", one.mean());
        assertNull(one.interval());
        assertFalse(one.clear());
    }
}
