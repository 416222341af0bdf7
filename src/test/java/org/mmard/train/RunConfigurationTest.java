package org.mmard.train;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mmard.config.InputError;

class RunConfigurationTest {
    private static final String RECORDED = """
            run { seed = 7, directory = runs/a }
            data { uri = cifar, examples = 1000 }
            student { architecture = resnet8 }
            teacher { model = null }
            method { inner = null, outer = mmard, a = 5/6 }
            training { epochs = 30, batch = 128, learning-rate = 0.1, milestones = [10, 20] }
            checkpoints.keep = 0
            cluster { executors = 2 }
            engine.threads = 1
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
            cluster.executors        | 1         | 2
            """)
    void refusesAChangeOfWhatIsLearntNamingKeyAndBothValues(String key, String now, String before) {
        InputError error = assertThrows(InputError.class, () -> compare(key + " = " + now));
        assertEquals(key + " = " + now + ": file:/run/run.conf says " + before + "; a run is resumed as it was, or started anew in another directory",
                error.getMessage());
    }

    @Test
    void aRunOfAnEarlierVersionIsRefusedWithTheKeyThatTookThePlaceOfItsOwn() {
        InputError error = assertThrows(InputError.class,
                () -> RunConfiguration.requireSame(RECORDED + "cluster.threshold.passes = 6", RECORDED + "cluster.encoding = int8", "file:/run/run.conf"));
        assertEquals("file:/run/run.conf: cluster.threshold.passes is not a key any more: cluster.encoding says how updates are written down now "
                + "(int8, bfloat16 or exact); a run of an earlier version cannot be gone on with, start anew in another directory", error.getMessage());
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
            engine.threads           | 4
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

    private static void compare(String change) {
        RunConfiguration.requireSame(RECORDED, RECORDED + change, "file:/run/run.conf");
    }
}
