package org.mmard.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.failure.InputError;
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
