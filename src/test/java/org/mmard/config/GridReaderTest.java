package org.mmard.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.failure.InputError;

class GridReaderTest {
    @TempDir
    Path folder;

    private GridSettings read(String section, Map<String, String> overrides) throws IOException {
        Path file = Files.writeString(folder.resolve("grid.conf"), "grid { " + section + " }");
        return GridReader.read(file.toString(), overrides, new Configuration());
    }

    private void refused(String complaint, String section) {
        String message = assertThrows(InputError.class, () -> read(section, Map.of())).getMessage();
        assertTrue(message.contains(complaint), message);
        assertEquals(1, message.lines().count(), message);
    }

    @Test
    void everyInnerObjectiveMeetsEveryOuterLoss() throws IOException {
        GridSettings grid = read("directory = runs/g, inner = [ard, mmard], outer = [ard, equation-4]", Map.of("grid.seeds", "[3, 1]"));
        assertEquals(List.of(new GridSettings.Cell("ard", "ard"), new GridSettings.Cell("ard", "equation-4"),
                new GridSettings.Cell("mmard", "ard"), new GridSettings.Cell("mmard", "equation-4")), grid.cells());
        assertEquals(List.of(3L, 1L), grid.seeds());
        assertEquals("pgd20,cw", grid.attacks());
        assertEquals(GridSettings.Checkpoint.BEST, grid.checkpoint());
    }

    @Test
    void cellsMayBeListedOneByOne() throws IOException {
        GridSettings grid = read(
                "directory = g, cells = [{ inner = rslad, outer = \"rslad + triangle\" }, { inner = mmard, outer = mmard }]", Map.of());
        assertEquals(List.of(new GridSettings.Cell("rslad", "rslad + triangle"), new GridSettings.Cell("mmard", "mmard")), grid.cells());
    }

    @Test
    void aTeacherHasAFileOrTheKeysOfTheRunThatTrainsIt() throws IOException {
        String teachers =
                "teachers = [{ name = strong, model = s.zip }, { name = weak-1, train { training { epochs = 2 }, method.name = trades } }]";
        GridSettings grid = read("directory = g, inner = [ard], outer = [ard], " + teachers, Map.of());
        assertEquals(List.of("strong", "weak-1"), grid.teachers().stream().map(GridSettings.Teacher::name).toList());
        assertEquals("s.zip", grid.teachers().get(0).model());
        ResolvedSettings weak = SettingsReader.readTeacherOfGrid(folder.resolve("grid.conf").toString(), grid.teachers().get(1),
                Map.of("training.epochs", "7", "training.batch", "9", "data.uri", "d", "run.directory", "g/weak", "training.milestones",
                        "[]"),
                new Configuration());
        assertEquals(List.of(2, 9), List.of(weak.settings().training().epochs(), weak.settings().training().batch()),
                "its own keys, then the command line's");
        assertEquals("trades", weak.settings().method().inner());
        GridSettings preset = read(
                "directory = g, inner = [ard], outer = [ard], teachers = [{ name = t, train { preset = null, method.name = trades } }] }, "
                        + "preset = adaiad-boyellow, data { uri = d",
                Map.of());
        assertEquals("trades", SettingsReader.readTeacherOfGrid(folder.resolve("grid.conf").toString(), preset.teachers().get(0),
                Map.of("run.directory", "g/t"), new Configuration()).settings().method().inner(), "the cells' preset is set aside");
        assertTrue(read("directory = g, inner = [ard], outer = [ard]", Map.of()).teachers().isEmpty());
    }

    @Test
    void whatIsWrongWithTeachersIsSaidWithTheirKey() {
        String grid = "directory = g, inner = [ard], outer = [ard], teachers = ";
        refused("grid.teachers is []", grid + "[]");
        refused("grid.teachers", grid + "[strong.zip]");
        refused("grid.teachers", grid + "[{ model = s.zip }]");
        refused("grid.teachers", grid + "[{ name = s, modle = s.zip }]");
        refused("grid.teachers", grid + "[{ name = s, train = 3 }]");
        refused("grid.teachers", grid + "[{ name = s, model = \"\" }]");
        refused("give s either model, its file, or train", grid + "[{ name = s }]");
        refused("give s either model, its file, or train", grid + "[{ name = s, model = s.zip, train { } }]");
        refused("give each teacher a name of its own", grid + "[{ name = s, model = s.zip }, { name = s, model = t.zip }]");
        refused("give each teacher a name of its own", grid + "[{ name = \"../s\", model = s.zip }]");
        refused("run.directory (" + folder.resolve("grid.conf") + ": 1) is set by the grid",
                grid + "[{ name = s, train { run.directory = r } }]");
        refused("cluster.executors", grid + "[{ name = s, train { cluster.executors = 3 } }]");
        refused("grid (", grid + "[{ name = s, train { grid { seeds = [1] } } }]");
        refused("teacher.model (" + folder.resolve("grid.conf")
                + ": 1) is set by the grid for each run: leave it out and use grid.teachers",
                grid + "[{ name = s, model = s.zip }] }, teacher { model = t.zip");
    }

    @Test
    void saysWhatIsWrongAndWhere() {
        refused("grid.directory is not set", "inner = [ard], outer = [ard]");
        refused("grid.outer is null", "directory = g, inner = [ard]");
        refused("grid.inner", "directory = g, inner = [ard], outer = [ard], cells = [{ inner = ard, outer = ard }]");
        refused("grid.cells", "directory = g, cells = [{ inner = ard }]");
        refused("grid.cells", "directory = g, cells = [{ inner = ard, outer = ard }, { inner = ard, outer = ard }]");
        refused("grid.inner", "directory = g, inner = [ard, ard], outer = [ard]");
        refused("grid.outer", "directory = g, inner = [ard], outer = []");
        refused("grid.seeds", "directory = g, inner = [ard], outer = [ard], seeds = [1.5]");
        refused("grid.seeds", "directory = g, inner = [ard], outer = [ard], seeds = [1, 1]");
        refused("grid.checkpoint", "directory = g, inner = [ard], outer = [ard], checkpoint = newest");
        refused("grid.innner", "directory = g, innner = [ard], outer = [ard]");
    }

    @Test
    void whatTheGridSetsForEachRunIsNotTheUsers() throws IOException {
        String grid = "directory = g, inner = [ard], outer = [ard] }";
        refused("method.inner (" + folder.resolve("grid.conf")
                + ": 1) is set by the grid for each run: leave it out and use grid.inner or grid.cells",
                grid + ", method { inner = trades");
        refused("use grid.directory", grid + ", run { directory = r");
        refused("use grid.inner and grid.outer, or grid.cells", grid + ", method { name = mmard");
        String complaint =
                assertThrows(InputError.class, () -> read("directory = g, inner = [ard], outer = [ard]", Map.of("method.outer", "ard")))
                        .getMessage();
        assertTrue(complaint.startsWith("method.outer (command line) is set by the grid"), complaint);
        assertEquals(1, read(grid + ", preset = adaiad-boyellow, method { inner = null", Map.of()).cells().size());
    }

    @Test
    void aRunOfTheGridKnowsNothingOfIt() throws IOException {
        Path file = Files.writeString(folder.resolve("grid.conf"), "grid { directory = g, seeds = [4] }, data.uri = data");
        Map<String, String> own = Map.of("run.directory", "g/run", "run.seed", "4", "method.inner", "rslad");
        ResolvedSettings run = SettingsReader.readRunOfGrid(file.toString(), own, new Configuration());
        assertEquals(4, run.settings().run().seed());
        assertEquals("rslad", run.settings().method().inner());
        assertFalse(run.rendered().contains("grid"), run.rendered());
        assertThrows(InputError.class, () -> SettingsReader.read(file.toString(), own, new Configuration()));
    }
}
