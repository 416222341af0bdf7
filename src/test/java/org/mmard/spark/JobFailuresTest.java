package org.mmard.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Optional;
import org.apache.spark.SparkException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JobFailuresTest {
    private static SparkException job(String cause) {
        return new SparkException(
                "Job aborted due to stage failure: Could not recover from a failed barrier ResultStage. Most recent failure reason: Stage failed "
                        + "because barrier task ResultTask(2, 0) finished unsuccessfully.\n" + cause
                        + "\n\tat org.mmard.spark.ShardTask.apply(ShardTask.java:33)");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "ExecutorLostFailure (executor 1 exited caused by one of the running tasks) Reason: Command exited with code 137",
        "java.io.IOException: Failed to connect to /10.0.0.7:41000",
        "Caused by: java.net.ConnectException: Connection refused: no further information",
        "java.lang.IllegalStateException: the updates of an epoch were not shared: the update of batch 4 of epoch 1 did not arrive within 420 s",
        "org.apache.spark.SparkException: The coordinator didn't get all barrier sync requests for barrier epoch 0 from Stage 2 (Attempt 0)",
        "[SPARK-24819]: Barrier execution mode does not allow run a barrier stage that requires more slots than the total number of slots in the cluster currently.",
        "Caused by: org.apache.spark.SparkException: Failed to get broadcast_7_piece0 of broadcast_7",
    })
    void theLineThatPointsAtTheClusterIsFound(String line) {
        assertEquals(Optional.of(line), JobFailures.ofCluster(job(line)));
    }

    @Test
    void aStepThatFailedIsItsOwnMatter() {
        assertEquals(Optional.empty(),
                JobFailures.ofCluster(job("java.lang.IllegalStateException: a training step failed: java.net.SocketException: teacher")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"java.lang.OutOfMemoryError: Java heap space", "java.lang.IllegalArgumentException: 3 classes"})
    void whatWouldOnlyHappenAgainIsNoSymptom(String line) {
        assertEquals(Optional.empty(), JobFailures.ofCluster(job(line)));
    }

    @Test
    void aCauseCountsToo() {
        assertTrue(JobFailures.ofCluster(new IllegalStateException("broadcast", new IOException("Connection reset by peer"))).isPresent());
    }
}
