package org.mmard.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.failure.InputError;
import org.mmard.step.Step;
import org.mmard.step.Tally;
import org.mmard.train.RunFixture;

class EpochMetricsTest {
    @TempDir
    Path folder;

    @Test
    void linesReadBackAreTheLinesWritten() {
        RunFixture run = new RunFixture(folder.toString(), new Configuration());
        run.validateEvery = 3;
        run.start();
        List<EpochMetrics> epochs = EpochMetrics.read(run.directory);
        assertEquals(run.metrics(), epochs.stream().map(EpochMetrics::json).toList());
        assertEquals(4, epochs.size());
    }

    @Test
    void keysThatAnOlderRunDidNotWriteAreNothing() {
        RunDirectory directory = RunDirectory.at(folder.toString(), new Configuration());
        directory.write(RunDirectory.METRICS,
                "{\"epoch\":1,\"loss\":0.5,\"time\":\"2026-01-01T00:00:00Z\",\"key of a later version\":[1]}\n"
                        .getBytes(StandardCharsets.UTF_8));
        EpochMetrics epoch = EpochMetrics.read(directory).get(0);
        assertEquals(0.5, epoch.report().loss());
        assertEquals(null, epoch.accuracy());
        assertTrue(epoch.report().terms().isEmpty() && epoch.report().executors().isEmpty());
        assertTrue(Double.isNaN(epoch.report().naturalAccuracy()) && Double.isNaN(epoch.learningRate())
                && Double.isNaN(epoch.imagesPerSecond()));
    }

    @Test
    void whatWasNotMeasuredIsNull() {
        EpochSums sums = new EpochSums(Map.of("0", tally(null)), 2);
        String line = metrics(sums).json();
        assertTrue(line.contains("\"train_natural_accuracy\":null,\"train_adversarial_accuracy\":0.25,"), line);
        assertTrue(line.contains("\"robust_accuracy\":null,\"validation_examples\":null,"), line);
        assertEquals(line, readBack(line).json());
        assertTrue(Double.isNaN(readBack(line).report().naturalAccuracy()));
    }

    @Test
    void ofAnEpochWhoseStepsWereAllSkippedNoMeanIsKnown() {
        String line = metrics(new EpochSums(Map.of("0", Tally.of("host", new Step.Result(Double.NaN, Map.of("ce", Double.NaN), 8, 3, 2),
                true, 1)), 1)).json();
        assertTrue(line.contains("\"loss\":null,\"losses\":{},\"train_natural_accuracy\":null,\"train_adversarial_accuracy\":null,"), line);
        assertEquals(line, readBack(line).json());
    }

    @Test
    void aStepThatWasSkippedHidesNothingOfTheOthers() {
        Tally skipped = Tally.of("host", new Step.Result(Double.NaN, Map.of(), 8, null, 2), true, 1);
        assertEquals(0.5, new EpochSums(Map.of("0", tally(4L).plus(skipped)), 1).report().naturalAccuracy());
    }

    /** Of an interrupted epoch, an older version wrote 0 where a newer one goes on with null. */
    @Test
    void anEpochThatAnOlderVersionBeganIsGoneOnWith() {
        CheckpointState newer = new CheckpointState("settings", 0, 1, null, null, new EpochSums(Map.of("0", tally(null)), 1));
        String older = new String(newer.json(), StandardCharsets.UTF_8).replace("\"natural\" : null", "\"natural\" : 0");
        EpochSums begun = CheckpointState.parse(older.getBytes(StandardCharsets.UTF_8), "interrupted.zip").begun();
        assertTrue(Double.isNaN(begun.plus(CheckpointState.parse(newer.json(), "interrupted.zip").begun()).report().naturalAccuracy()));
    }

    @Test
    void whatOlderVersionsWroteInPlaceOfNullIsRead() {
        EpochMetrics epoch = readBack("{\"epoch\":1,\"loss\":\"NaN\",\"train_natural_accuracy\":0,\"train_adversarial_accuracy\":0.5,"
                + "\"clean_accuracy\":null,\"robust_accuracy\":null,\"validation_examples\":0,\"time\":\"2026-01-01T00:00:00Z\"}");
        assertTrue(Double.isNaN(epoch.report().loss()));
        assertEquals(0, epoch.report().naturalAccuracy());
        assertEquals(null, epoch.accuracy());
    }

    private EpochMetrics readBack(String line) {
        RunDirectory directory = RunDirectory.at(folder.toString(), new Configuration());
        directory.write(RunDirectory.METRICS, (line + "\n").getBytes(StandardCharsets.UTF_8));
        return EpochMetrics.read(directory).get(0);
    }

    private static EpochMetrics metrics(EpochSums sums) {
        return new EpochMetrics(1, 1, sums.report(), 0.1, null, false, Instant.EPOCH);
    }

    /** Of eight images, of which two withstood the attack. */
    private static Tally tally(Long natural) {
        return new Tally("host", "cpu", 1, 0, 8, 1, 8, BigDecimal.ONE, Map.of(), natural, 2L);
    }

    @Test
    void namesTheLineThatIsNoEpochs() {
        RunDirectory directory = RunDirectory.at(folder.toString(), new Configuration());
        assertEquals(List.of(), EpochMetrics.read(directory));
        directory.write(RunDirectory.METRICS,
                "{\"epoch\":1,\"time\":\"2026-01-01T00:00:00Z\"}\n{\"epoch\":2,".getBytes(StandardCharsets.UTF_8));
        String message = assertThrows(InputError.class, () -> EpochMetrics.read(directory)).getMessage();
        assertTrue(message.contains("metrics.jsonl: line 2 is not that of an epoch: "), message);
    }
}
