package org.mmard.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mmard.attack.Attacks;
import org.mmard.method.Methods;
import org.mmard.method.TrainingProgress;
import org.mmard.model.Architectures;

/** What lies in {@code conf/} must be readable, and what the rooms above have to say about it must be good. */
class ShippedConfigurationsTest {
    private static final Path FOLDER = Path.of("conf");

    static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".conf")).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void isReadAndNamesThingsThatExist(Path file) {
        for (Settings settings : settings(file)) {
            namesThingsThatExist(settings);
        }
    }

    /** Of the one run, or of every teacher and cell of a grid. */
    private static List<Settings> settings(Path file) {
        if (!file.getFileName().toString().matches("(grid|study)-.*")) {
            return List.of(read(file));
        }
        GridSettings grid = GridReader.read(file.toString(), Map.of(), new Configuration());
        Stream<Settings> teachers = grid.teachers().stream().map(teacher -> SettingsReader
                .readTeacherOfGrid(file.toString(), teacher, Map.of("run.directory", "runs/x"), new Configuration()).settings());
        return Stream.concat(teachers, grid.cells().stream()
                .map(cell -> SettingsReader.readRunOfGrid(file.toString(),
                        Map.of("run.directory", "runs/x", "method.inner", cell.inner(), "method.outer", cell.outer()), new Configuration())
                        .settings()))
                .toList();
    }

    private static void namesThingsThatExist(Settings settings) {
        Architectures.of(settings.student().architecture(), 10, settings.run().seed());
        Methods.of(settings.method(), TrainingProgress.end(settings.training().epochs()));
        assertTrue(settings.training().milestones().stream().allMatch(milestone -> milestone < settings.training().epochs()),
                "a milestone never comes");
    }

    @Test
    void figure4HoldsEveryPairAndAttacksThatExist() {
        GridSettings grid = GridReader.read(FOLDER.resolve("grid-figure4.conf").toString(), Map.of(), new Configuration());
        assertEquals(12, grid.cells().size());
        assertTrue(grid.cells().contains(new GridSettings.Cell("mmard", "equation-4")));
        Attacks.named(grid.attacks(), Attacks.EPSILON);
    }

    @Test
    void teachersAreThreeThatTheGridTrains() {
        GridSettings grid = GridReader.read(FOLDER.resolve("grid-teachers.conf").toString(), Map.of(), new Configuration());
        assertEquals(List.of("weak", "middle", "strong"), grid.teachers().stream().map(GridSettings.Teacher::name).toList());
        assertTrue(grid.teachers().stream().allMatch(teacher -> teacher.train() != null));
        Attacks.named(grid.attacks(), Attacks.EPSILON);
    }

    @Test
    void theSmallStudentLearnsFromTheSmallTeacherOnTheSameImages() {
        Settings teacher = read(FOLDER.resolve("cifar10-small-teacher.conf"));
        Settings student = read(FOLDER.resolve("cifar10-small.conf"));
        assertEquals(teacher.data(), student.data());
        assertEquals(teacher.attack(), student.attack());
        assertEquals(teacher.cluster(), student.cluster());
        assertEquals(teacher.run().directory() + "/best.zip", student.teacher().model());
        assertEquals("trades", teacher.method().outer());
        assertEquals("mmard", student.method().outer());
    }

    /** The full-size recipe names nothing that only its user can have: there the command line stands in for the environment. */
    private static Settings read(Path file) {
        Map<String, String> overrides = new HashMap<>();
        if (file.endsWith("cifar10-resnet18.conf")) {
            overrides.putAll(Map.of("run.directory", "runs/x", "data.uri", "data", "teacher.model", "teacher.zip"));
        }
        return SettingsReader.read(file.toString(), overrides, new Configuration()).settings();
    }
}
