package org.mmard.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.data.ImageShape;
import org.mmard.model.Architectures;
import org.mmard.model.ModelFile;

/** Whole grids of tiny runs, Spark in the same process. */
class GridCommandTest {
    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    @BeforeAll
    static void data() throws IOException {
        assertEquals(0,
                Outcome.of("data", "shapes", "--out", shared.resolve("shapes").toString(), "--train", "200", "--test", "20").exit());
        List<String> names = IntStream.range(0, 10).mapToObj(Integer::toString).toList();
        try (OutputStream out = Files.newOutputStream(shared.resolve("teacher.zip"))) {
            ModelFile.write(out, Architectures.network("cnn-4-8", 10, 1),
                    new ModelFile.Metadata("cnn-4-8", ImageShape.CIFAR, names, "none", Map.of()),
                    Map.of());
        }
    }

    @Test
    void goesOnAfterAnInterruptionAsIfThereHadBeenNone() throws Exception {
        List<String> options = List.of("-D", "training.epochs=6");
        List<String> lines = stopped("run 2 of 4: inner rslad, outer natural, seed 2", options);
        assertTrue(lines.stream().anyMatch(line -> line.endsWith("; the same command goes on")), String.join("\n", lines));
        FileTime firstModel = Files.getLastModifiedTime(grid("rslad-natural-seed1/last.zip"));
        assertTrue(Files.readString(grid("grid.csv")).contains("rslad,natural,1,0,"), Files.readString(grid("grid.csv")));

        Outcome rest = grid(options.toArray(String[]::new));
        assertEquals(0, rest.exit(), rest.err());
        assertTrue(rest.out().startsWith("4 runs in " + grid("") + ": 1 finished before, 3 to do"), rest.out());
        assertTrue(rest.out().contains("run 2 of 4: inner rslad, outer natural, seed 2, from epoch "), rest.out());
        assertEquals(firstModel, Files.getLastModifiedTime(grid("rslad-natural-seed1/last.zip")));

        Outcome uninterrupted = grid("-D", "training.epochs=6", "-D", "grid.directory=" + folder.resolve("other"), "-D", "grid.seeds=[2]",
                "-D", "grid.outer=[natural]");
        assertEquals(0, uninterrupted.exit(), uninterrupted.err());
        assertArrayEquals(parameters(folder.resolve("other/rslad-natural-seed2")), parameters(grid("rslad-natural-seed2")));
    }

    @Test
    void endsInATableOfWhatTheEvaluationsSay() throws IOException {
        Outcome outcome = grid();
        assertEquals(0, outcome.exit(), outcome.err());
        double one = accuracy("rslad-mmard-seed1");
        double two = accuracy("rslad-mmard-seed2");
        double deviation = Math.abs(one - two) / Math.sqrt(2);
        String cell = String.format(Locale.ROOT, "%.2f +- %.2f", 50 * (one + two), 100 * deviation);
        assertTrue(outcome.out().lines().anyMatch(line -> line.matches("rslad +mmard +2 .* " + cell.replace("+", "\\+"))),
                cell + "\n" + outcome.out());
        assertTrue(outcome.out().lines().anyMatch(line -> line.matches("inner +outer +seeds +clean +fgsm")), outcome.out());

        JsonNode json = new ObjectMapper().readTree(grid("grid.json").toFile());
        assertEquals((one + two) / 2, json.path("cells").path(1).path("mean").path("fgsm").asDouble(), 1e-12);
        assertEquals(deviation, json.path("cells").path(1).path("sd").path("fgsm").asDouble(), 1e-12);
        assertEquals(10, json.path("examples").asInt());
        assertEquals(2, json.path("cells").path(1).path("runs").path(0).path("epoch").asInt());

        Outcome again = grid();
        assertEquals(0, again.exit(), again.err());
        assertTrue(again.out().contains("4 finished before, 0 to do"), again.out());
        assertFalse(again.out().contains("run 1 of 4"), again.out());

        Outcome another = grid("-D", "grid.attacks=clean");
        assertTrue(another.out().contains("4 finished before, 0 to do"), another.out());
        Outcome more = grid("-D", "grid.evaluate-examples=20");
        assertTrue(more.out().contains("run 1 of 4: inner rslad, outer natural, seed 1, to evaluate"), more.out());

        assertRefused("training.learning-rate", "-D", "training.learning-rate=0.2");
    }

    @Test
    void reportsARunThatDivergesAndGoesOnWithTheOthers() throws IOException {
        // Only the triangle of the outer loss mmard has this weight.
        Outcome outcome = grid("-D", "method.b=1e300", "-D", "grid.outer=[mmard, natural]", "-D", "grid.seeds=[1]");
        assertEquals(1, outcome.exit(), outcome.err());
        assertTrue(
                outcome.err().lines()
                        .anyMatch(line -> line.startsWith("mmard: inner rslad, outer mmard, seed 1: epoch 1: 1 of 4 steps skipped, ")),
                outcome.err());
        assertTrue(outcome.out().lines().anyMatch(line -> line.matches("rslad +mmard +0 of 1 +- +- +1 failed")), outcome.out());
        assertTrue(outcome.out().lines().anyMatch(line -> line.matches("rslad +natural +1 +[0-9.]+ +[0-9.]+")), outcome.out());
        assertTrue(outcome.out().contains("failed: inner rslad, outer mmard, seed 1: "), outcome.out());
        assertTrue(Files.readString(grid("grid.csv")).contains("rslad,mmard,0,1,,,,\n"), Files.readString(grid("grid.csv")));
    }

    /** Of two teachers, one with a file and one that the grid trains. */
    private String[] teachers(int epochs, String... more) {
        return teachers("{ name = given, model = \"%s\" }, { name = trained, train { method.name = trades, training.epochs = %d } }"
                .formatted(shared.resolve("teacher.zip"), epochs), more);
    }

    /** Options for these teachers, a cell that learns from each and one that learns from nobody. */
    private static String[] teachers(String list, String... more) {
        return Stream.concat(Stream.of("-D", "teacher.model=null", "-D", "grid.inner=null", "-D", "grid.outer=null",
                "-D", "grid.cells=[{ inner = natural, outer = natural }, { inner = rslad, outer = mmard }]",
                "-D", "grid.teachers=[" + list + "]"), Stream.of(more)).toArray(String[]::new);
    }

    @Test
    void trainsItsTeachersFirstAndGoesOnAfterAnInterruption() throws Exception {
        String[] teachers = teachers(6, "-D", "grid.seeds=[1]");
        List<String> lines = stopped("run 2 of 5: teacher trained", List.of(teachers));
        assertTrue(lines.contains("run 1 of 5: teacher given, to evaluate"), String.join("\n", lines));

        Outcome rest = grid(teachers);
        assertEquals(0, rest.exit(), rest.err());
        assertTrue(rest.out().startsWith("5 runs in " + grid("") + ": 1 finished before, 4 to do"), rest.out());
        assertTrue(rest.out().contains("run 2 of 5: teacher trained, from epoch "), rest.out());
        assertTrue(rest.out().contains(": inner rslad, outer mmard, teacher trained, seed 1"), rest.out());
        assertEquals(List.of("inner", "outer", "teacher", "seeds", "clean", "fgsm"),
                rest.out().lines().filter(line -> line.startsWith("inner ")).map(line -> List.of(line.split(" +"))).findFirst()
                        .orElseThrow());
        JsonNode json = new ObjectMapper().readTree(grid("grid.json").toFile());
        assertEquals(accuracy("teacher-given"), json.at("/teachers/0/accuracy/fgsm").asDouble());
        assertEquals(accuracy("teacher-trained"), json.at("/teachers/1/accuracy/fgsm").asDouble());
        assertEquals(6, json.at("/teachers/1/epoch").asInt());
        assertEquals(accuracy("rslad-mmard-trained-seed1"), json.at("/cells/2/runs/0/accuracy/fgsm").asDouble());
        assertTrue(json.at("/cells/0/teacher").isNull() && Files.exists(grid("natural-natural-seed1/last.zip")), json.toString());
        String trained = Files.readString(grid("teacher-trained/last.zip.sha256")).substring(0, 64);
        assertTrue(Files.readString(grid("rslad-mmard-trained-seed1/provenance.json")).contains(trained), "it learnt from that teacher");

        Outcome again = grid(teachers);
        assertEquals(0, again.exit(), again.err());
        assertTrue(again.out().contains("5 finished before, 0 to do"), again.out());
        assertRefused("the run was trained with " + trained, teachers(7, "-D", "grid.seeds=[1]"));

        Outcome report = Outcome.of("report", grid("").toString(), "--no-images", "--out", folder.resolve("page.html").toString());
        assertEquals(0, report.exit(), report.err());
        assertTrue(Files.readString(folder.resolve("page.html")).contains("Student over teacher"), "no chart of students over teachers");
    }

    @Test
    void whoWouldHaveLearntFromATeacherThatDivergedFailsWithIt() throws IOException {
        // Only the trained teacher's loss has this weight.
        Outcome outcome = grid(teachers(2, "-D", "grid.seeds=[1]", "-D", "method.beta=1e300"));
        assertEquals(1, outcome.exit(), outcome.err());
        assertTrue(outcome.out().contains("failed: teacher trained: epoch 1: 1 of 4 steps skipped"), outcome.out());
        assertTrue(outcome.out().contains("failed: inner rslad, outer mmard, teacher trained, seed 1: its teacher failed"), outcome.out());
        assertTrue(outcome.out().lines().anyMatch(line -> line.matches("rslad +mmard +given +1 +[0-9.]+ +[0-9.]+")), outcome.out());
    }

    @Test
    void mistakesAboutTeachersAreFoundBeforeTheFirstBegins() throws IOException {
        Path nowhere = folder.resolve("nowhere.zip");
        assertRefused("teacher lost: " + nowhere, teachers("{ name = lost, model = \"" + nowhere + "\" }"));
        assertRefused("teacher odd: student.architectur (",
                teachers("{ name = odd, train { method.name = trades, student.architectur = a } }"));
        assertRefused("teacher odd: inner objective mmard with outer loss mmard needs a teacher", teachers("{ name = odd, train { } }"));
        assertRefused("inner rslad, outer kindness, seed 1: ", teachers(2, "-D", "grid.cells=[{ inner = rslad, outer = kindness }]"));
        assertRefused("no cell of the grid reads a teacher", teachers(2, "-D", "grid.cells=[{ inner = natural, outer = natural }]"));
        assertFalse(Files.exists(grid("natural-natural-seed1/run.conf")));
    }

    @Test
    void everyMistakeOfAnyRunIsFoundBeforeTheFirstBegins() throws IOException {
        assertRefused("inner rslad, outer kindness, seed 1: ", "-D", "grid.outer=[natural, kindness]");
        assertRefused("inner rslad, outer mmard, seed 1: ", "-D", "teacher.model=" + folder.resolve("nowhere.zip"));
        assertRefused("unknown attack 'tickle'", "-D", "grid.attacks=fgsm,tickle");
        assertRefused("grid.checkpoint = best", "-D", "grid.checkpoint=best");
        assertRefused("grid.inner", "-D", "grid.inner=null");
        assertFalse(Files.exists(grid("rslad-natural-seed1/run.conf")));
    }

    /** The lines of a grid that was told to stop after the first of six epochs of this run. */
    private List<String> stopped(String run, List<String> options) throws Exception {
        Process process = SameJvm.command(arguments(options)).redirectErrorStream(true).start();
        boolean there = false;
        List<String> lines = new ArrayList<>();
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(line);
                there |= line.startsWith(run);
                if (there && line.startsWith("epoch 1/6")) {
                    process.toHandle().destroy();
                }
            }
        }
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(143, process.exitValue(), String.join("\n", lines));
        return lines;
    }

    private void assertRefused(String complaint, String... options) throws IOException {
        Outcome outcome = grid(options);
        assertEquals(2, outcome.exit(), outcome.out() + outcome.err());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().contains(complaint), outcome.err());
    }

    private Outcome grid(String... options) throws IOException {
        return Outcome.of(arguments(List.of(options)).toArray(String[]::new));
    }

    private List<String> arguments(List<String> options) throws IOException {
        Path conf = folder.resolve("grid.conf");
        Files.writeString(conf, """
                grid { directory = "%s", inner = [rslad], outer = [natural, mmard], seeds = [1, 2], attacks = fgsm, evaluate-examples = 10, checkpoint = last }
                data.uri = "%s"
                student.architecture = cnn-4-8
                teacher.model = "%s"
                attack.steps = 1
                training { epochs = 2, batch = 50, milestones = [] }
                validation.examples = 0
                """.formatted(grid(""), shared.resolve("shapes"), shared.resolve("teacher.zip")));
        return Stream.concat(Stream.of("grid", "--conf", conf.toString()), options.stream()).toList();
    }

    private Path grid(String file) {
        return folder.resolve("grid").resolve(file);
    }

    private double accuracy(String run) throws IOException {
        JsonNode json = new ObjectMapper().readTree(grid(run + "/evaluation.json").toFile());
        return json.path("attacks").path("fgsm").path("robust_accuracy").asDouble();
    }

    private static float[] parameters(Path run) {
        return ModelFile.read(run.resolve("last.zip").toString(), new org.apache.hadoop.conf.Configuration()).graph().params()
                .toFloatVector();
    }
}
