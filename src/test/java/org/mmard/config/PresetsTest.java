package org.mmard.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.mmard.loss.Prediction;
import org.mmard.method.Method;
import org.mmard.method.Methods;
import org.mmard.method.TrainingProgress;

/** Every bundled recipe: that it is one, and the choices in which the published codes differ. */
class PresetsTest {
    private static final Path FOLDER = Path.of("src/main/resources/org/mmard/config/presets");

    @TempDir
    Path folder;

    @Test
    void everyFileIsListedAndEveryNameHasItsFile() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            assertEquals(
                    files.map(file -> file.getFileName().toString().replace(".conf", "")).collect(Collectors.toCollection(TreeSet::new)),
                    new TreeSet<>(Presets.NAMES));
        }
    }

    @ParameterizedTest
    @FieldSource("org.mmard.config.Presets#NAMES")
    void saysWhereItComesFromAndStandsInTheTable(String name) throws IOException {
        List<String> lines = Files.readAllLines(FOLDER.resolve(name + ".conf"));
        assertTrue(lines.get(0).contains("github.com/") && lines.get(0).contains("commit "), lines.get(0));
        assertTrue(lines.stream().allMatch(line -> line.length() <= 150));
        assertTrue(Files.readString(Path.of("docs/method.md")).contains("| `" + name + "` |"),
                name + " is not in the table of docs/method.md");
    }

    @ParameterizedTest
    @FieldSource("org.mmard.config.Presets#NAMES")
    void setsAllOfTheAttackAndTheSchedule(String name) throws IOException {
        ResolvedSettings read = read(name);
        for (String key : List.of("attack.epsilon", "attack.step-size", "attack.steps", "attack.start", "attack.clip-start",
                "attack.batch-norm",
                "training.epochs", "training.batch", "training.learning-rate", "training.momentum", "training.weight-decay",
                "training.schedule",
                "training.milestones", "training.decay", "training.augment", "method.name", "method.forwards")) {
            assertTrue(read.origins().get(key).startsWith("preset " + name + ": "), key + " comes from " + read.origins().get(key));
        }
        assertEquals(10, read.settings().attack().steps());
        double lastMilestone = read.settings().training().milestones().get(0);
        assertTrue(lastMilestone < read.settings().training().epochs(), "the rate falls before the end");
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "trades-yaodongyu       ; KL(S(x)||S(x'))    ; 1.0 CE(S(x),y) + 6.0 KL(S(x)||S(x'))                                         ; nat adv nat",
        "trades-at-framework    ; KL(S(x)||S(x'))    ; 1.0 CE(S(x),y) + 6.0 KL(S(x)||S(x'))                                         ; adv adv nat",
        "pgd-at-boyellow        ; CE(S(x'),y)        ; 1.0 CE(S(x'),y)                                                              ; adv nat",
        "pgd-at-at-framework    ; CE(S(x'),y)        ; 1.0 CE(S(x'),y)                                                              ; adv adv nat",
        "mart-yisenwang         ; CE(S(x'),y)        ; 1.0 BCE(S(x'),y) + 5.0 KL(S(x)||S(x'))(1-p_y)                                ; nat adv",
        "ard-goldblum           ; CE(S(x'),y)        ; 900.0 KL(T(x)||S(x'))^30.0/C                                                 ; adv nat",
        "ard-zfancy             ; CE(S(x'),y)        ; 1.0 KL(T(x)||S(x'))                                                          ; adv nat",
        "ard-hongsinlee         ; CE(S(x'),y)        ; 1.0 KL(T(x)||S(x'))                                                          ; adv",
        "iad-zfancy             ; CE(S(x'),y)        ; 1.0 KL(T(x)||S(x')) + 1.0 (1-w) KL(S(x)||S(x'))                              ; adv adv nat nat",
        "rslad-zibojia          ; KL(T(x)||S(x'))    ; 0.8333333333333334 KL(T(x)||S(x'))/C + 0.16666666666666666 KL(T(x)||S(x))/C  ; adv nat",
        "rslad-zibojia-cifar100 ; KL(T(x)||S(x'))    ; 8.333333333333334 KL(T(x)||S(x'))/C + 1.6666666666666665 KL(T(x)||S(x))/C    ; adv nat",
        "rslad-at-framework     ; KL(T(x)||S(x'))    ; 0.8333333333333334 KL(T(x)||S(x'))/C + 0.16666666666666666 KL(T(x)||S(x))/C  ; adv adv nat",
        "rslad-hongsinlee       ; KL(T(x)||S(x'))    ; 0.8333333333333334 KL(T(x)||S(x')) + 0.16666666666666666 KL(T(x)||S(x))      ; adv nat",
        "adaad-boyellow         ; KL(T(x')||S(x'))   ; 1.0 KL(T(x')||S(x'))/C                                                       ; nat adv",
        "adaad-boyellow-cifar100 ; KL(T(x')||S(x'))  ; 1.0 KL(T(x')||S(x'))                                                         ; nat adv",
        "adaad-hongsinlee       ; KL(T(x')||S(x'))   ; 1.0 KL(T(x')||S(x'))                                                         ; adv",
        "adaiad-boyellow        ; KL(T(x')||S(x'))   ; 900.0 KL(T(x')||S(x'))^30.0 + 1.0 (1-w) KL(S(x)||S(x'))                      ; nat adv nat nat",
        "igdm-hongsinlee        ; KL(T(x')||S(x'))   ; 1.0 KL(T(x')||S(x')) + 1.0 KL(T(x')-T(x-d)||S(x')-S(x-d))                    ; adv mir",
        "igdm-hongsinlee-cifar100 ; KL(T(x')||S(x')) ; 1.0 KL(T(x')||S(x')) + 10.0 KL(T(x')-T(x-d)||S(x')-S(x-d))                   ; adv mir",
        "saad-hongsinlee        ; KL(T~(x')||S(x'))  ; 1.0 w KL(T(x')||S(x')) + 1.0 w KL(T(x')-T(x-d)||S(x')-S(x-d))                ; adv mir nat"})
    void minimisesWhatThePublishedCodeDoesAtTheEndOfItsTraining(String name, String inner, String outer, String forwards)
            throws IOException {
        Settings settings = read(name).settings();
        Method method = Methods.of(settings.method(), TrainingProgress.end(settings.training().epochs()));
        assertEquals("1.0 " + inner, method.inner().orElseThrow().toString());
        assertEquals(outer, method.outer().toString());
        assertEquals(forwards, method.studentForwards().stream().map(PresetsTest::shortly).collect(Collectors.joining(" ")));
        assertEquals(name.startsWith("ada") || name.startsWith("igdm"),
                method.inner().orElseThrow().differentiates().contains(Prediction.TEACHER_ADVERSARIAL));
    }

    /** Start, clipped or not, batch norm, epsilon in 1/255, epochs, first milestone, learning rate, weight decay. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "trades-yaodongyu    | gaussian | false | eval  | 7.905 | 76  | [74.0, 89.0, 99.0]    | 0.1  | 2e-4",
        "trades-at-framework | gaussian | true  | train | 8     | 200 | [99.0, 149.0]         | 0.1  | 5e-4",
        "pgd-at-boyellow     | gaussian | true  | eval  | 8     | 110 | [100.0, 105.0]        | 0.1  | 5e-4",
        "pgd-at-at-framework | uniform  | true  | train | 8     | 200 | [99.0, 149.0]         | 0.1  | 5e-4",
        "mart-yisenwang      | gaussian | false | eval  | 7.905 | 120 | [74.0, 89.0, 99.0]    | 0.01 | 3.5e-3",
        "ard-goldblum        | uniform  | false | train | 8     | 200 | [100.0]               | 0.1  | 2e-4",
        "ard-zfancy          | uniform  | false | train | 8     | 200 | [100.0]               | 0.1  | 2e-4",
        "ard-hongsinlee      | uniform  | true  | eval  | 8     | 200 | [100.0, 150.0]        | 0.1  | 2e-4",
        "iad-zfancy          | uniform  | false | train | 8     | 200 | [100.0]               | 0.1  | 2e-4",
        "rslad-zibojia       | gaussian | false | eval  | 8     | 300 | [215.0, 260.0, 285.0] | 0.1  | 2e-4",
        "rslad-at-framework  | gaussian | true  | train | 8     | 200 | [99.0, 149.0]         | 0.1  | 5e-4",
        "adaad-boyellow      | gaussian | false | eval  | 8     | 200 | [100.0, 150.0]        | 0.1  | 5e-4",
        "adaiad-boyellow     | gaussian | false | eval  | 8     | 200 | [100.0, 150.0]        | 0.1  | 5e-4",
        "igdm-hongsinlee     | gaussian | false | eval  | 8     | 200 | [100.0, 150.0]        | 0.1  | 2e-4",
        "saad-hongsinlee     | gaussian | false | eval  | 8     | 200 | [100.0, 150.0]        | 0.1  | 2e-4"})
    void attacksAndTrainsAsThePublishedCodeDoes(String name, String start, boolean clipped, String batchNorm, double epsilon, int epochs,
            String milestones,
            double rate, double decay) throws IOException {
        Settings settings = read(name).settings();
        assertEquals(List.of(start, clipped, batchNorm), List.of(settings.attack().start().toString(), settings.attack().clipStart(),
                settings.attack().batchNorm().toString()));
        assertEquals(epsilon / 255, settings.attack().epsilon(), 1e-12);
        assertEquals(epochs, settings.training().epochs());
        assertEquals(milestones, settings.training().milestones().toString());
        assertEquals(rate, settings.training().learningRate());
        assertEquals(decay, settings.training().weightDecay());
        assertEquals(0, settings.training().warmUp());
    }

    @ParameterizedTest
    @CsvSource({"iad-zfancy, 60", "adaiad-boyellow, 60"})
    void iadBeginsAtEpochSixtyCountedFromZero(String name, int begin) throws IOException {
        Settings.Method method = read(name).settings().method();
        assertEquals(1, Methods.of(method, new TrainingProgress(begin, 200)).outer().terms().size());
        assertEquals(2, Methods.of(method, new TrainingProgress(begin + 1, 200)).outer().terms().size());
    }

    @Test
    void saadAveragesItsWeightsFromEpochNinetyFiveCountedFromOne() throws IOException {
        Settings.Averaging averaging = read("saad-hongsinlee").settings().training().averaging();
        assertEquals(List.of(Settings.Averaging.Kind.SWA, 94, Settings.Averaging.BatchNorm.RE_ESTIMATE),
                List.of(averaging.kind(), averaging.fromEpoch(), averaging.batchNorm()));
        assertEquals(Settings.Averaging.Kind.NONE, read("rslad-zibojia").settings().training().averaging().kind());
    }

    private static String shortly(Prediction which) {
        return which.image().name().substring(0, 3).toLowerCase(java.util.Locale.ROOT);
    }

    private ResolvedSettings read(String name) throws IOException {
        Path file = Files.writeString(folder.resolve("run.conf"), "preset = " + name + ", run.directory = runs/one, data.uri = /data");
        return SettingsReader.read(file.toString(), Map.of(), new Configuration());
    }
}
