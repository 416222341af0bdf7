package org.mmard.run;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mmard.config.Resume;
import org.mmard.config.Setting;
import org.mmard.failure.InputError;

class RunConfigurationTest {
    private static final String RECORDED = """
            run { seed = 7, directory = runs/a }
            data { uri = cifar, examples = 1000 }
            student { architecture = resnet8 }
            teacher { model = null }
            method { inner = null, outer = mmard, a = 5/6 }
            training { epochs = 30, batch = 128, learning-rate = 0.1, milestones = [10, 20] }
            checkpoints.keep = 0
            cluster { executors = 2, synchronisation = shared }
            engine { threads = 1, fold-batch-norm = true, attack-precision = auto, training-precision = float32, tf32 = false }
            """;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            run.seed                 | 8         | 7
            data.examples            | 2000      | 1000
            student.architecture     | resnet20  | resnet8
            method.inner             | trades    | null
            method.a                 | 0.5       | 5/6
            training.batch           | 64        | 128
            training.learning-rate   | 0.2       | 0.1
            training.milestones      | [15, 20]  | [10, 20]
            cluster.synchronisation  | averaging | shared
            engine.attack-precision  | float32   | auto
            engine.tf32              | true      | false
            engine.training-precision | bfloat16 | float32
            """)
    void refusesAChangeOfWhatIsLearntNamingKeyAndBothValues(String key, String now, String before) {
        InputError error = assertThrows(InputError.class, () -> compare(key + " = " + now));
        assertEquals(
                key + " = " + now + ": file:/run/run.conf says " + before
                        + "; a run is resumed as it was, or started anew in another directory",
                error.getMessage());
    }

    @Test
    void aRunOfAnEarlierVersionIsRefusedWithTheKeyThatTookThePlaceOfItsOwn() {
        InputError error = assertThrows(InputError.class,
                () -> RunConfiguration.requireSame(RECORDED + "cluster.threshold.passes = 6", RECORDED + "cluster.encoding = int8",
                        "file:/run/run.conf"));
        assertEquals(
                "file:/run/run.conf: cluster.threshold.passes is not a key any more: cluster.encoding says how updates are written down "
                        + "now "
                        + "(int8, bfloat16 or exact); a run of an earlier version cannot be gone on with, start anew in another directory",
                error.getMessage());
        assertDoesNotThrow(() -> RunConfiguration.requireSame(RECORDED + "cluster.network-mask = null", RECORDED, "file:/run/run.conf"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            run.directory            | runs/moved
            data.uri                 | "hdfs://host/cifar"
            teacher.model            | elsewhere.zip
            training.epochs          | 40
            training.epochs          | "30"
            checkpoints.keep         | 3
            cluster.executors        | 4
            engine.threads           | 4
            engine.fold-batch-norm   | false
            engine.fuse              | false
            training.learning-rate   | "0.10"
            """)
    void allowsAChangeOfPlaceLengthOrSpeed(String key, String now) {
        assertDoesNotThrow(() -> compare(key + " = " + now));
    }

    @Test
    void aKeyThatTheRecordDoesNotKnowYetIsNoChange() {
        assertDoesNotThrow(() -> compare("training.novelty = 1"));
    }

    @Test
    void refusesFewerEpochs() {
        InputError error = assertThrows(InputError.class, () -> compare("training.epochs = 20"));
        assertEquals("training.epochs = 20: file:/run/run.conf says 30; a resume may add epochs, not take any away", error.getMessage());
    }

    /** One row of the table for each reason. */
    @Test
    void theDocumentationNamesEveryKeyThatAResumeMayChangeByItsReason() throws IOException {
        List<Setting> settings = Setting.ofRun();
        Set<Set<String>> expected = settings.stream().filter(setting -> setting.resume() != Resume.FIXED)
                .collect(Collectors.groupingBy(Setting::resume, Collectors.mapping(Setting::key, Collectors.toSet()))).values().stream()
                .collect(Collectors.toSet());
        String table = Files.readString(Path.of("docs/training.md")).replaceFirst("(?s).*### What a resume may change", "")
                .replaceFirst("(?s)\n\n[^|].*", "");
        Set<Set<String>> named = table.lines().filter(line -> line.startsWith("| `")).map(line -> keys(line.split("\\|")[1], settings))
                .collect(Collectors.toSet());
        assertEquals(expected, named);
    }

    private static Set<String> keys(String cell, List<Setting> settings) {
        return Arrays.stream(cell.split(",")).map(name -> name.strip().replace("`", "").replace(".", "\\.").replace("*", ".+"))
                .flatMap(name -> settings.stream().map(Setting::key).filter(key -> key.matches(name))).collect(Collectors.toSet());
    }

    @Test
    void aRecordOfNoWholeNumberOfExecutorsIsRefused() {
        for (String count : new String[] {"many", "1.5", "1e99"}) {
            InputError error = assertThrows(InputError.class, () -> RunConfiguration.executors("cluster.executors = " + count, "run.conf"));
            assertTrue(error.getMessage().startsWith("run.conf: cluster.executors is " + count.charAt(0)), error.getMessage());
        }
    }

    private static void compare(String change) {
        RunConfiguration.requireSame(RECORDED, RECORDED + change, "file:/run/run.conf");
    }
}
