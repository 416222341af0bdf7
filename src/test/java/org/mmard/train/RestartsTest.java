package org.mmard.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.model.ModelFile;
import org.mmard.run.Provenance;
import org.mmard.run.RunDirectory;
import org.mmard.run.StartingPoint;

class RestartsTest {
    @TempDir
    Path folder;

    private RunFixture run;

    @BeforeEach
    void freshRun() {
        run = fixture("run");
    }

    private RunFixture fixture(String name) {
        return new RunFixture(folder.resolve(name).toUri().toString(), new Configuration());
    }

    @Test
    void aRunThatItsClusterFailsEndsAsAnUninterruptedOne() {
        RunFixture whole = fixture("whole");
        whole.start();
        run.runOver(3, List.of(epochs -> epochs.failingIn(3), epochs -> epochs.failingIn(3), epochs -> epochs.failingIn(4),
                UnaryOperator.identity()));
        assertEquals(whole.metricsWithoutTime(), run.metricsWithoutTime());
        assertArrayEquals(parameters(whole), parameters(run));
        assertEquals(3, run.renewed);
        assertEquals(List.of(
                "executor 1 was lost in epoch 3; restart 1 of 3 from the checkpoint of epoch 2",
                "executor 1 was lost in epoch 3; restart 2 of 3 from the checkpoint of epoch 2",
                "executor 1 was lost in epoch 4; restart 3 of 3 from the checkpoint of epoch 3"), run.told.restarts);
    }

    @Test
    void everyRestartIsInTheProvenanceWithItsReason() {
        run.runOver(2, List.of(epochs -> epochs.failingIn(1), epochs -> epochs.failingIn(3), UnaryOperator.identity()));
        List<Provenance.Start> starts = Provenance.read(run.directory).starts();
        assertEquals(Arrays.asList(null, "executor 1 was lost in epoch 1", "executor 1 was lost in epoch 3"),
                starts.stream().map(Provenance.Start::reason).toList());
        assertEquals(List.of(0, 0, 2), starts.stream().map(Provenance.Start::afterEpoch).toList());
        assertEquals("executor 1 was lost in epoch 1; restart 1 of 2 from the beginning", run.told.restarts.get(0));
    }

    @Test
    void aFailureBeforeAnythingWasWrittenKeepsTheStartOfTheUser() {
        StartingPoint first = run.find(false);
        StartingPoint again = first.again(run.directory, "executor 0 was lost in epoch 1", run.told.warnings::add);
        assertEquals(Arrays.asList(null, "executor 0 was lost in epoch 1"),
                again.provenance().starts().stream().map(Provenance.Start::reason).toList());
        assertEquals(0, again.epoch());
    }

    @Test
    void givesUpAfterTheLastRestartAndNamesTheCheckpoint() {
        ClusterFailure failure = assertThrows(ClusterFailure.class,
                () -> run.runOver(1, List.of(epochs -> epochs.failingIn(3), epochs -> epochs.failingIn(4))));
        assertEquals(
                "executor 1 was lost in epoch 4, after 1 restart; go on from " + run.directory.uri(RunDirectory.checkpoint(3))
                        + " with --resume",
                failure.getMessage());
        run.resume();
        assertEquals(List.of(4), run.last.trained);
        assertNull(Provenance.read(run.directory).starts().get(2).reason());
    }

    @Test
    void withoutRestartsTheFirstFailureEndsTheRun() {
        ClusterFailure failure = assertThrows(ClusterFailure.class, () -> run.runOver(0, List.of(epochs -> epochs.failingIn(1))));
        assertEquals("executor 1 was lost in epoch 1; go on from the beginning with --resume", failure.getMessage());
        assertEquals(0, run.renewed);
    }

    @Test
    void aRestartWithinAnEpochNamesTheStepAndTheFile() {
        assertThrows(RunInterrupted.class, () -> run.run(false, epochs -> epochs.stoppedIn(3, 2, run.stop)));
        ClusterFailure failure = assertThrows(ClusterFailure.class,
                () -> run.runOver(true, 1, List.of(epochs -> epochs.failingIn(3), epochs -> epochs.failingIn(3))));
        assertEquals(List.of("executor 1 was lost in epoch 3; restart 1 of 1 from the checkpoint after step 2 of epoch 3"),
                run.told.restarts);
        assertEquals(
                "executor 1 was lost in epoch 3, after 1 restart; go on from " + run.directory.uri(RunDirectory.INTERRUPTED)
                        + " with --resume",
                failure.getMessage());
        failure = assertThrows(ClusterFailure.class, () -> run.runOver(true, 0, List.of(epochs -> epochs.failingIn(4))));
        assertEquals("executor 1 was lost in epoch 4; go on from " + run.directory.uri(RunDirectory.checkpoint(3)) + " with --resume",
                failure.getMessage());
    }

    @Test
    void weightsThatDoNotMoveAreAFailureThoughRunningStatisticsDo() {
        run.runOver(1, List.of(epochs -> epochs.frozenIn(2), UnaryOperator.identity()));
        assertEquals(List.of("no weight moved in epoch 2; restart 1 of 1 from the checkpoint of epoch 1"), run.told.restarts);
        assertEquals(4, run.metrics().size());
    }

    @Test
    void aRunThatDivergesIsNotRestarted() {
        assertThrows(TrainingDiverged.class, () -> run.runOver(3, List.of(epochs -> epochs.poisonedIn(2))));
        assertEquals(List.of(), run.told.restarts);
    }

    @Test
    void anyOtherFailureIsNotRestarted() {
        IllegalStateException failure =
                assertThrows(IllegalStateException.class, () -> run.runOver(3, List.of(epochs -> epochs.killedIn(2))));
        assertTrue(failure.getMessage().contains("killed"), failure.getMessage());
        assertEquals(List.of(), run.told.restarts);
    }

    private static float[] parameters(RunFixture run) {
        return ModelFile.read(run.directory.uri(RunDirectory.LAST), run.directory.hadoop()).graph().params().toFloatVector();
    }
}
