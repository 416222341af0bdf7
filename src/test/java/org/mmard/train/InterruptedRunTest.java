package org.mmard.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.model.ModelFile;
import org.mmard.run.CheckpointState;
import org.mmard.run.RunDirectory;

class InterruptedRunTest {
    private static final Map<String, String> EQUAL_WEIGHTS = RunFixture.swa(1, "re-estimate");

    @TempDir
    Path folder;

    private RunFixture fixture(String name) {
        return new RunFixture(folder.resolve(name).toUri().toString(), new Configuration());
    }

    private static RunInterrupted stop(RunFixture run, boolean resume, UnaryOperator<FakeEpochs> change) {
        return assertThrows(RunInterrupted.class, () -> run.run(resume, change));
    }

    private static void assertSame(RunFixture expected, RunFixture run) {
        assertEquals(expected.metricsWithoutTime(), run.metricsWithoutTime());
        for (String name : new String[] {RunDirectory.LAST, RunDirectory.BEST}) {
            ModelFile.Model whole = ModelFile.read(expected.directory.uri(name), new Configuration());
            ModelFile.Model resumed = ModelFile.read(run.directory.uri(name), new Configuration());
            assertArrayEquals(whole.graph().params().toFloatVector(), resumed.graph().params().toFloatVector());
            assertArrayEquals(whole.updaterState().toFloatVector(), resumed.updaterState().toFloatVector());
            assertEquals(whole.extras().keySet(), resumed.extras().keySet());
            whole.extras().forEach((entry, bytes) -> assertArrayEquals(bytes, resumed.extras().get(entry), entry));
        }
        assertFalse(run.directory.exists(RunDirectory.INTERRUPTED));
    }

    @Test
    void aRunThatWasStoppedInEveryEpochEndsAsOneThatNeverWas() {
        RunFixture whole = fixture("whole");
        whole.start();
        RunFixture run = fixture("run");
        RunInterrupted first = stop(run, false, epochs -> epochs.stoppedIn(1, 3, run.stop));
        assertEquals("stopped by SIGTERM after step 3 of epoch 1; kept in " + run.directory.uri("checkpoints/interrupted.zip"),
                first.getMessage());
        assertEquals("SIGTERM", first.signal());
        assertTrue(run.stop.heeded());
        assertEquals(List.of("SIGTERM"), run.told.signals);
        stop(run, true, epochs -> epochs.stoppedIn(2, 1, run.stop));
        // Twice within an epoch.
        stop(run, true, epochs -> epochs.stoppedIn(2, 2, run.stop));
        assertEquals(1, run.metrics().size());
        stop(run, true, epochs -> epochs.stoppedIn(4, 3, run.stop));
        assertEquals(List.of(2, 3, 4), run.last.trained);
        run.resume();
        assertEquals(List.of(4), run.last.trained);
        assertSame(whole, run);
    }

    @Test
    void theStateWithinAnEpochSaysWhatIsDone() {
        RunFixture run = fixture("run");
        stop(run, false, epochs -> epochs.skipping(1, 2).stoppedIn(2, 3, run.stop));
        CheckpointState state = run.find(true).checkpoint().orElseThrow().state();
        assertEquals(1, state.epoch());
        assertEquals(7, state.step());
        assertEquals(3, state.begun().steps());
        assertEquals(1, state.begun().skippedSteps());
    }

    @Test
    void anEpochThatWasTrainedIsNotTrainedAgainBecauseItsValidationWasStopped() {
        RunFixture whole = fixture("whole");
        whole.averaging = EQUAL_WEIGHTS;
        whole.start();
        RunFixture run = fixture("run");
        run.averaging = EQUAL_WEIGHTS;
        RunInterrupted interrupted = stop(run, false, epochs -> epochs.stoppedInValidation(3, run.stop));
        assertTrue(interrupted.getMessage().startsWith("stopped by SIGTERM after step 4 of epoch 3; kept in "), interrupted.getMessage());
        run.resume();
        assertEquals(List.of(4), run.last.trained);
        assertSame(whole, run);
    }

    @Test
    void aStopDuringTheLastStepOfAnEpochFinishesThatEpoch() {
        RunFixture run = fixture("run");
        RunInterrupted interrupted = stop(run, false, epochs -> epochs.stoppedIn(2, 4, run.stop));
        assertEquals("stopped by SIGTERM after epoch 2; kept in " + run.directory.uri(RunDirectory.checkpoint(2)),
                interrupted.getMessage());
        assertEquals(2, run.metrics().size());
        assertFalse(run.directory.exists(RunDirectory.INTERRUPTED));
    }

    @Test
    void aStopBeforeTheFirstStepLeavesARunThatCanBeStarted() {
        RunFixture run = fixture("run");
        RunInterrupted interrupted = stop(run, false, epochs -> {
            run.stop.make("SIGINT");
            return epochs;
        });
        assertEquals("stopped by SIGINT before the first step; nothing to keep yet", interrupted.getMessage());
        run.resume();
        assertEquals(List.of(1, 2, 3, 4), run.last.trained);
    }

    @Test
    void stepsThatAreLostOnTheWayOutAreTrainedAgain() {
        RunFixture run = fixture("run");
        RunInterrupted interrupted = stop(run, false, epochs -> epochs.stoppedIn(3, 2, run.stop).lostThen());
        assertEquals("stopped by SIGTERM in epoch 3, whose steps are lost (executor 1 was lost in epoch 3); kept in "
                + run.directory.uri(RunDirectory.checkpoint(2)), interrupted.getMessage());
        run.resume();
        assertEquals(List.of(3, 4), run.last.trained);
    }

    @Test
    void aDamagedInterruptionIsNamedAndTheEpochBeforeIsUsed() throws IOException {
        RunFixture run = fixture("run");
        stop(run, false, epochs -> epochs.stoppedIn(3, 2, run.stop));
        cutShort(RunDirectory.INTERRUPTED);
        run.resume();
        assertEquals(1, run.told.warnings.size(), run.told.warnings.toString());
        assertTrue(run.told.warnings.get(0).contains("interrupted.zip"), run.told.warnings.get(0));
        assertEquals(List.of(3, 4), run.last.trained);
    }

    @Test
    void anInterruptionIsGoneOnFromThoughTheEpochBeforeItIsDamaged() throws IOException {
        RunFixture run = fixture("run");
        stop(run, false, epochs -> epochs.accuracy(1, 0.9, 0.9).stoppedIn(3, 2, run.stop));
        cutShort(RunDirectory.checkpoint(2));
        run.resume();
        assertEquals(1, run.told.warnings.size(), run.told.warnings.toString());
        assertTrue(run.told.warnings.get(0).contains("epoch-0002.zip: damaged or cut short"), run.told.warnings.get(0));
        assertEquals(List.of(3, 4), run.last.trained);
    }

    @Test
    void anInterruptionOfAnEpochThatWasFinishedSinceDoesNotCount() throws IOException {
        RunFixture run = fixture("run");
        stop(run, false, epochs -> epochs.stoppedIn(2, 2, run.stop));
        Path file = folder.resolve("run").resolve(RunDirectory.INTERRUPTED);
        byte[] old = Files.readAllBytes(file);
        run.resume();
        // As after a crash before it was removed.
        Files.write(file, old);
        run.epochs = 5;
        run.resume();
        assertEquals(List.of(5), run.last.trained);
        assertFalse(Files.exists(file));
    }

    private void cutShort(String name) throws IOException {
        Path file = folder.resolve("run").resolve(name);
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
    }
}
