package org.mmard.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.failure.InputError;

class SettingsReaderTest {
    private static final String NEEDED = "run.directory = runs/one, data.uri = /data\n";

    @TempDir
    Path folder;

    @Test
    void defaultsAreThePublishedRecipe() throws IOException {
        Settings settings = read(NEEDED, Map.of()).settings();
        Settings.Attack attack = settings.attack();
        assertEquals(8 / 255.0, attack.epsilon());
        assertEquals(2 / 255.0, attack.stepSize());
        assertEquals(10, attack.steps());
        assertEquals(Settings.Attack.Start.GAUSSIAN, attack.start());
        assertEquals(0.001, attack.startScale());
        assertEquals(Settings.Attack.BatchNorm.EVAL, attack.batchNorm());
        Settings.Training training = settings.training();
        assertEquals(300, training.epochs());
        assertEquals(128, training.batch());
        assertEquals(0.1, training.learningRate());
        assertEquals(0.9, training.momentum());
        assertEquals(2e-4, training.weightDecay());
        assertEquals(List.of(215.0, 260.0, 285.0), training.milestones());
        assertTrue(training.augment());
        assertEquals(Settings.Averaging.NONE, training.averaging());
        assertEquals(Settings.WeightPerturbation.NONE, training.weightPerturbation());
        Settings.Method method = settings.method();
        assertEquals(List.of("mmard", "mmard"), List.of(method.inner(), method.outer()));
        assertEquals(Settings.Method.TeacherTerm.DISAGREEMENT, method.teacherTerm());
        assertEquals(5 / 6.0, method.a());
        assertEquals(0.2, method.b());
        assertEquals(0.02, method.triangle().smoothing());
        assertEquals(List.of(Settings.Triangle.Corner.values()), method.triangle().corners());
        assertNull(method.forwards());
        assertNull(settings.teacher().model());
    }

    @Test
    void fileGoesBeforeDefaultsAndCommandLineBeforeFile() throws IOException {
        ResolvedSettings read =
                read(NEEDED + "training { epochs = 7, batch = 9 }", Map.of("training.batch", "11", "data.uri", "hdfs://host:9/a"));
        assertEquals(7, read.settings().training().epochs());
        assertEquals(11, read.settings().training().batch());
        assertEquals("hdfs://host:9/a", read.settings().data().uri());
        assertEquals("command line", read.origins().get("training.batch"));
        assertTrue(read.origins().get("training.epochs").endsWith("run.conf: 2"), read.origins().get("training.epochs"));
    }

    @Test
    void commandLineTakesListsFractionsAndNull() throws IOException {
        Settings settings = read(NEEDED + "teacher.model = t.zip", Map.of(
                "training.milestones", "[1, 2.5]", "attack.epsilon", "4/255", "teacher.model", "null", "run.seed", "-3")).settings();
        assertEquals(List.of(1.0, 2.5), settings.training().milestones());
        assertEquals(4 / 255.0, settings.attack().epsilon());
        assertNull(settings.teacher().model());
        assertEquals(-3, settings.run().seed());
    }

    @ParameterizedTest
    @CsvSource({"name = rslad, rslad, rslad", "'name = rslad, inner = trades', trades, rslad",
        "'name = natural, outer = pgd-at', natural, pgd-at"})
    void oneNameSelectsBothHalvesOfTheMethod(String method, String inner, String outer) throws IOException {
        Settings.Method read = read(NEEDED + "method { " + method + " }", Map.of()).settings().method();
        assertEquals(inner, read.inner());
        assertEquals(outer, read.outer());
    }

    @Test
    void presetStandsBetweenTheFileAndTheDefaults() throws IOException {
        ResolvedSettings read = read("preset = mart-yisenwang\n" + NEEDED + "training.epochs = 3", Map.of("attack.steps", "7"));
        assertEquals("mart", read.settings().method().outer());
        assertEquals(5, read.settings().method().beta());
        assertEquals(0.031, read.settings().attack().epsilon());
        assertEquals(7, read.settings().attack().steps());
        assertEquals(3, read.settings().training().epochs());
        assertTrue(read.origins().get("method.beta").startsWith("preset mart-yisenwang: "), read.origins().get("method.beta"));
        assertEquals("rslad", read("preset = mart-yisenwang\n" + NEEDED, Map.of("preset", "rslad-zibojia")).settings().method().outer());
        assertEquals("trades", read("preset = mart-yisenwang\n" + NEEDED, Map.of("method.name", "trades")).settings().method().outer());
    }

    @Test
    void renderedPresetReadsBackToTheSameSettings() throws IOException {
        ResolvedSettings first = read("preset = saad-hongsinlee\n" + NEEDED, Map.of());
        assertEquals(first.settings(), read(first.rendered(), Map.of()).settings());
    }

    @Test
    void refusesAnUnknownPresetListingAll() {
        String line = assertRefused("preset = rslad\n" + NEEDED, "preset is \"rslad\"");
        Presets.NAMES.forEach(name -> assertTrue(line.contains(name), line));
    }

    @Test
    void readsValuesWithoutAFileAsItReadsThoseOfOne() throws IOException {
        ResolvedSettings read = SettingsReader.read(Map.of("preset", "mart-yisenwang", "run.directory", "runs/one", "data.uri", "/data",
                "training.milestones", "[1, 2]", "attack.epsilon", "4/255"), "notebook");
        assertEquals(
                read("preset = mart-yisenwang\n" + NEEDED + "training.milestones = [1, 2], attack.epsilon = 4/255", Map.of()).settings(),
                read.settings());
        assertEquals("notebook", read.origins().get("attack.epsilon"));
        assertEquals(read.settings(), read(read.rendered(), Map.of()).settings());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "attack.steps | 0 | attack.steps is \"0\" (notebook): give a whole number, 1 or above",
        "atack.steps | 5 | atack.steps (notebook) is not a key: did you mean attack.steps?",
        "preset | rslad | preset is \"rslad\" (notebook): give one of trades-yaodongyu",
        "a..b | 5 | a..b=5: not a key and a value",
        "training.milestones | [${HOME}] | training.milestones=[${HOME}]: not a key and a value"})
    void refusesValuesWithoutAFileNamingTheirOrigin(String key, String value, String saying) {
        Map<String, String> values = new HashMap<>(Map.of("run.directory", "runs/one", "data.uri", "/data"));
        values.put(key, value);
        String line = assertThrows(InputError.class, () -> SettingsReader.read(values, "notebook")).getMessage();
        assertTrue(line.startsWith(saying), line);
    }

    @Test
    void includesAreRelativeToTheirFile() throws IOException {
        Files.createDirectories(folder.resolve("base/deeper"));
        Files.writeString(folder.resolve("base/recipe.conf"), "include \"deeper/data.conf\"\ntraining.epochs = 5");
        Files.writeString(folder.resolve("base/deeper/data.conf"), NEEDED);
        Settings settings = read("include \"base/recipe.conf\"\ntraining.batch = 6", Map.of()).settings();
        assertEquals(5, settings.training().epochs());
        assertEquals(6, settings.training().batch());
        assertEquals("/data", settings.data().uri());
    }

    @Test
    void substitutesKeysAndTheEnvironment() throws IOException {
        Settings settings = read("run.directory = ${HOME}/run, data.uri = /data, data.uri = ${?MMARD_NO_SUCH_VARIABLE}, "
                + "validation.step-size = ${attack.step-size}, attack.step-size = 1/255", Map.of()).settings();
        assertEquals(System.getenv("HOME") + "/run", settings.run().directory());
        assertEquals("/data", settings.data().uri());
        assertEquals(1 / 255.0, settings.validation().stepSize());
    }

    @Test
    void renderedConfigurationReadsBackToTheSameSettings() throws IOException {
        ResolvedSettings first =
                read(NEEDED + "run.directory = ${HOME}/run, method.inner = trades, training.rates = [1e-3]", Map.of("attack.steps", "3"));
        ResolvedSettings second = read(first.rendered(), Map.of());
        assertEquals(first.settings(), second.settings());
        assertEquals(first.rendered(), second.rendered());
    }

    @Test
    void readsAFileUri() throws IOException {
        Path file = Files.writeString(folder.resolve("run.conf"), NEEDED);
        assertEquals("/data", SettingsReader.read(file.toUri().toString(), Map.of(), new Configuration()).settings().data().uri());
    }

    /** key | value | part of the complaint. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "preset | 5 | name of a preset or null", "preset | rslad | one of trades-yaodongyu, trades-at-framework, pgd-at-boyellow",
        "run.directory | null | not set", "run.directory | '\"\"' | path of the run's folder",
        "run.directory | 5 | path of the run's folder",
        "run.seed | 1.5 | whole number", "run.seed | one | whole number", "run.seed | 99999999999999999999 | whole number",
        "data.uri | null | not set", "data.uri | [a] | path of a data set", "data.examples | -1 | 0 or above",
        "data.examples | 3000000000 | 0 or above",
        "student.architecture | null | not set", "student.initial | 5 | model file", "teacher.model | true | model file",
        "method.name | null | not set", "method.inner | 5 | name of a method", "method.outer | [] | name of a method",
        "method.reduction | mean | batch-mean, element-mean", "method.scale | 0 | above 0", "method.scale | NaN | above 0",
        "method.temperature | 0 | above 0", "method.temperature | NaN | above 0",
        "method.beta | -1 | 0 or above", "method.beta | 1/0 | 0 or above", "method.alpha | -1 | 0 or above",
        "method.alpha | Infinity | 0 or above",
        "method.begin | -1 | 0 or above", "method.begin | 2.5 | whole number", "method.iad-target | both | natural, adversarial",
        "method.target | both | adversarial, natural",
        "method.label-smoothing | 1 | not including 1", "method.lambda | -0.1 | 0 or above", "method.lambda | NaN | 0 or above",
        "method.teacher-term | attached | disagreement, detached, boundary", "method.teacher-gradient | on | through, detached",
        "method.a | -1 | from 0 to 1", "method.b | NaN | 0 or above",
        "method.triangle.smoothing | 0 | above 0", "method.triangle.corners | [] | one or more of label, natural, adversarial",
        "method.triangle.corners | [top] | one or more of label, natural, adversarial",
        "method.triangle.corners | null | one or more of label",
        "method.forwards | natural | one or more of natural, adversarial, mirrored", "method.forwards | [clean] | one or more of natural",
        "attack.epsilon | 3 | above 0, up to 1", "attack.epsilon | 0 | above 0, up to 1", "attack.epsilon | 8/0 | above 0, up to 1",
        "attack.epsilon | eight | above 0, up to 1", "attack.epsilon | true | above 0, up to 1", "attack.step-size | 0 | above 0, up to 1",
        "attack.steps | 0 | 1 or above", "attack.steps | 2.5 | 1 or above", "attack.steps | ten | 1 or above",
        "attack.steps | null | 1 or above",
        "attack.steps | true | 1 or above", "attack.steps | {} | 1 or above",
        "attack.start | gauss | gaussian, uniform, none", "attack.start-scale | -1 | from 0 to 1", "attack.clip-start | 1 | true or false",
        "attack.batch-norm | batch | eval, train",
        "training.epochs | 0 | 1 or above", "training.batch | 0 | 1 or above", "training.learning-rate | -0.1 | above 0",
        "training.learning-rate | 0 | above 0", "training.momentum | 1 | not including 1", "training.momentum | -0.5 | not including 1",
        "training.weight-decay | -1 | 0 or above", "training.gradient-clipping | -1 | 0 or above",
        "training.max-skipped | 1 | not including 1",
        "training.averaging.kind | mean | none, ema, swa",
        "training.averaging.decay | 1 | up to but not including 1", "training.averaging.from-epoch | -1 | 0 or above",
        "training.averaging.batch-norm | none | re-estimate, average",
        "training.weight-perturbation.gamma | -1 | 0 or above", "training.weight-perturbation.from-epoch | -1 | 0 or above",
        "training.schedule | null | the name of a schedule",
        "training.milestones | [2, 1] | rise", "training.milestones | [1, 1] | rise", "training.milestones | [-1, 1] | 0 or above",
        "training.milestones | [one] | 0 or above", "training.milestones | 5 | a list", "training.rates | [-1] | 0 or above",
        "training.decay | 0 | above 0, up to 1", "training.decay | 2 | above 0, up to 1", "training.warm-up | -1 | 0 or above",
        "training.warm-up | 301 | no more than the 300", "training.augment | maybe | true or false",
        "validation.examples | -1 | 0 or above", "validation.steps | 0 | 1 or above", "validation.step-size | 2 | up to 1",
        "validation.every | 0 | 1 or above", "validation.batch | 0 | 1 or above", "checkpoints.keep | -1 | 0 or above",
        "checkpoints.retry-for | -1 | 0 or above",
        "cluster.executors | 0 | 1 or above", "cluster.synchronisation | async | shared, averaging",
        "cluster.encoding | one-bit | int8, bfloat16, exact",
        "cluster.averaging-frequency | 0 | 1 or above", "cluster.start-timeout | 0 | 1 or above", "cluster.stall-timeout | 0 | 1 or above",
        "cluster.max-restarts | -1 | 0 or above",
        "engine.device | gpu | auto, cpu, cuda", "engine.tf32 | 1 | true or false", "engine.threads | 0 | 1 or above",
        "engine.fold-batch-norm | 2 | true or false", "engine.channels-last | x | true or false", "engine.fuse | 1 | true or false",
        "engine.attack-precision | half | auto, float32, bfloat16", "engine.training-precision | auto | float32, bfloat16"})
    void refusesAnImpossibleValueNamingItsKeyAndLine(String key, String value, String saying) {
        String line = assertRefused(NEEDED + "\n\n" + key + " = " + value, saying);
        assertTrue(line.startsWith(key + " is "), line);
        assertTrue(line.contains("run.conf: 4)") || line.contains("not set"), line);
    }

    @Test
    void everyKeyIsInTheTableOfImpossibleValues() throws Exception {
        CsvSource table =
                getClass().getDeclaredMethod("refusesAnImpossibleValueNamingItsKeyAndLine", String.class, String.class, String.class)
                        .getAnnotation(CsvSource.class);
        List<String> keys = Arrays.stream(table.value()).map(row -> row.split("\\|")[0].strip()).distinct().sorted().toList();
        assertEquals(List.copyOf(SettingsReader.leaves(SettingsReader.reference().root()).keySet()), keys);
    }

    @Test
    void namesTheCommandLineAsTheOriginOfItsValues() throws IOException {
        InputError error = assertThrows(InputError.class, () -> read(NEEDED, Map.of("attack.steps", "0")));
        assertEquals("attack.steps is \"0\" (command line): give a whole number, 1 or above", error.getMessage());
    }

    @Test
    void refusesValuesThatDoNotGoTogether() {
        assertRefused(NEEDED + "training { epochs = 5, averaging { kind = swa, from-epoch = 5 } }", "training.averaging.from-epoch is 5");
        assertRefused(NEEDED + "training.averaging.kind = ema, cluster { executors = 2, synchronisation = averaging }",
                "cluster.synchronisation is \"averaging\"");
        assertRefused(NEEDED + "data.examples = 1000", "validation.examples is 1000");
    }

    @ParameterizedTest
    @CsvSource({"attack.step, attack.steps", "atack.steps, attack.steps", "training.learningRate, training.learning-rate",
        "data.url, data.uri",
        "attack.steps.mor, attack.steps", "speed, preset"})
    void refusesAnUnknownKeySayingTheNearest(String key, String nearest) {
        String line = assertRefused(NEEDED + key + " = 5", key + " (");
        assertTrue(line.contains("run.conf: 2) is not a key: did you mean " + nearest + "?"), line);
        InputError error = assertThrows(InputError.class, () -> read(NEEDED, Map.of(key, "5")));
        assertTrue(error.getMessage().startsWith(key + " (command line) is not a key"), error.getMessage());
    }

    @Test
    void refusesAValueInPlaceOfASection() {
        assertRefused(NEEDED + "method = rslad", "run.conf: 2) is a section, not a key: set method.a, ");
        assertRefused(NEEDED + "training.averaging = 5", "is a section, not a key: set training.averaging.batch-norm, ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"cluster.threshold.passes = 6", "cluster.threshold { algorithm = exact }", "cluster.threshold = 5"})
    void aKeyOfAnEarlierVersionNamesTheOneThatTookItsPlace(String text) {
        assertRefused(NEEDED + text, "is not a key any more: cluster.encoding says how updates are written down now");
        assertRefused(NEEDED + "cluster.network-mask = 10.0.0.0/8", "is not a key any more: updates take the addresses that Spark gives");
    }

    @ParameterizedTest
    @ValueSource(strings = {"training {", "a = [1", "run.directory = ${NO_SUCH_VARIABLE_ANYWHERE}"})
    void refusesBrokenHoconNamingFileAndLine(String text) {
        assertRefused(NEEDED + text, "run.conf: 2");
    }

    @Test
    void refusesMissingFilesIncludesAndCircles() {
        assertRefused("include \"absent.conf\"", "absent.conf: there is no such configuration file");
        assertRefused("include file(\"absent.conf\")", "absent.conf: there is no such configuration file");
        assertRefused("include \"run.conf\"", "includes itself");
        InputError missing = assertThrows(InputError.class, () -> SettingsReader.read("no/such.conf", Map.of(), new Configuration()));
        assertEquals("no/such.conf: there is no such configuration file", missing.getMessage());
        assertThrows(InputError.class, () -> SettingsReader.read(folder.toString(), Map.of(), new Configuration()));
        assertThrows(InputError.class, () -> SettingsReader.read("nowhere://x/y.conf", Map.of(), new Configuration()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "..", "a..b"})
    void refusesAnOverrideWithoutAKey(String key) {
        InputError error = assertThrows(InputError.class, () -> read(NEEDED, Map.of(key, "5")));
        assertTrue(error.getMessage().startsWith("-D " + key), error.getMessage());
    }

    private ResolvedSettings read(String text, Map<String, String> overrides) throws IOException {
        Path file = Files.writeString(folder.resolve("run.conf"), text);
        return SettingsReader.read(file.toString(), overrides, new Configuration());
    }

    private String assertRefused(String text, String saying) {
        InputError error = assertThrows(InputError.class, () -> read(text, Map.of()));
        assertTrue(error.getMessage().contains(saying), error.getMessage());
        assertEquals(1, error.getMessage().lines().count(), error.getMessage());
        return error.getMessage();
    }
}
