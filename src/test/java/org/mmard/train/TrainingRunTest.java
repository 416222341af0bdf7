package org.mmard.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.failure.InputError;
import org.mmard.failure.RunStopped;
import org.mmard.model.ModelFile;
import org.mmard.run.CheckpointFiles;
import org.mmard.run.CheckpointState;
import org.mmard.run.Checkpoints;
import org.mmard.run.Provenance;
import org.mmard.run.RunDirectory;
import org.mmard.run.StartingPoint;

public class TrainingRunTest {
    @TempDir
    Path folder;

    private RunFixture run;

    @BeforeEach
    void freshRun() {
        run = fixture("run");
    }

    @Test
    void aResumedRunEndsAsAnUninterruptedOne() {
        run.start();
        RunFixture cut = fixture("cut");
        assertThrows(IllegalStateException.class, () -> cut.run(false, epochs -> epochs.killedIn(3)));
        assertEquals(2, cut.metrics().size());
        cut.resume();
        assertEquals(List.of(3, 4), cut.last.trained);
        assertEquals(run.metricsWithoutTime(), cut.metricsWithoutTime());
        assertArrayEquals(parameters(run, RunDirectory.LAST), parameters(cut, RunDirectory.LAST));
        assertArrayEquals(parameters(run, RunDirectory.BEST), parameters(cut, RunDirectory.BEST));
    }

    @Test
    void aCrashBeforeTheFirstCheckpointStartsFromTheBeginning() {
        assertThrows(IllegalStateException.class, () -> run.run(false, epochs -> epochs.killedIn(1)));
        assertTrue(run.directory.holdsRun());
        run.resume();
        assertEquals(List.of(1, 2, 3, 4), run.last.trained);
    }

    @Test
    void anEpochWhoseCheckpointWasLostIsTrainedAgainWithoutASecondLine() throws IOException {
        run.start();
        List<String> lines = run.metricsWithoutTime();
        Files.delete(file(RunDirectory.checkpoint(4)));
        String half = "checkpoints/.writing-epoch-0004.zip-" + UUID.randomUUID();
        Files.writeString(file(half), "half a checkpoint");
        Files.writeString(file("checkpoints/.writing-notes"), "somebody's");
        run.resume();
        assertEquals(List.of(4), run.last.trained);
        assertEquals(lines, run.metricsWithoutTime());
        assertFalse(Files.exists(file(half)));
        assertTrue(Files.exists(file("checkpoints/.writing-notes")));
    }

    @Test
    void resumeGoesBackOverABrokenCheckpointAndNamesIt() throws IOException {
        run.start();
        List<String> lines = run.metricsWithoutTime();
        byte[] whole = Files.readAllBytes(file(RunDirectory.checkpoint(4)));
        Files.write(file(RunDirectory.checkpoint(4)), Arrays.copyOf(whole, whole.length / 2));
        whole[whole.length / 2] ^= 0x40;
        Files.write(file(RunDirectory.checkpoint(3)), whole);
        run.resume();
        assertEquals(2, run.told.warnings.size(), run.told.warnings.toString());
        assertTrue(run.told.warnings.get(0).contains("epoch-0004.zip"), run.told.warnings.get(0));
        assertTrue(run.told.warnings.get(1).contains("epoch-0003.zip"), run.told.warnings.get(1));
        assertEquals(List.of(3, 4), run.last.trained);
        assertEquals(lines, run.metricsWithoutTime());
    }

    @Test
    void resumeGoesBackOverACheckpointWhoseDamageAZipFileDoesNotShow() throws IOException {
        run.start();
        byte[] bytes = Files.readAllBytes(file(RunDirectory.checkpoint(4)));
        // The time of the first entry.
        bytes[10] ^= 1;
        Files.write(file(RunDirectory.checkpoint(4)), bytes);
        ModelFile.read(run.directory.uri(RunDirectory.checkpoint(4)), run.directory.hadoop());
        run.resume();
        assertTrue(run.told.warnings.get(0).contains("epoch-0004.zip: damaged or cut short"), run.told.warnings.toString());
        assertEquals(List.of(4), run.last.trained);
    }

    @Test
    void aRunThatIsOlderThanChecksumsGoesOn() throws IOException {
        run.start();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path checksum : files.filter(path -> path.toString().endsWith(".sha256")).toList()) {
                Files.delete(checksum);
            }
        }
        run.epochs = 5;
        run.resume();
        assertEquals(List.of(5), run.last.trained);
        assertEquals(List.of(), run.told.warnings);
    }

    @Test
    void resumeIgnoresACheckpointOfAnotherRun() throws IOException {
        run.start();
        Files.copy(file(RunDirectory.checkpoint(2)), file(RunDirectory.checkpoint(9)));
        run.epochs = 5;
        run.resume();
        assertEquals(List.of(5), run.last.trained);
        assertTrue(run.told.warnings.get(0).contains("epoch-0009.zip: is the checkpoint of epoch 2"), run.told.warnings.get(0));
    }

    @Test
    void resumeRepairsBestAndLast() throws IOException {
        run.run(false, epochs -> epochs.accuracy(2, 0.9, 0.9));
        byte[] last = Files.readAllBytes(file(RunDirectory.LAST));
        byte[] best = Files.readAllBytes(file(RunDirectory.BEST));
        Files.delete(file(RunDirectory.LAST));
        Files.writeString(file(RunDirectory.BEST), "of another time");
        StartingPoint finished = run.find(true);
        assertEquals(4, finished.epoch());
        new Checkpoints(run.directory, 0).rewind(finished.checkpoint().orElseThrow().state(), run.told.warnings::add);
        assertArrayEquals(last, Files.readAllBytes(file(RunDirectory.LAST)));
        assertArrayEquals(best, Files.readAllBytes(file(RunDirectory.BEST)));
    }

    @Test
    void bestIsTheHighestRobustAccuracyThenTheHigherCleanThenTheEarlier() {
        CheckpointState last = run.run(false,
                epochs -> epochs.accuracy(1, 0.9, 0.3).accuracy(2, 0.6, 0.4).accuracy(3, 0.7, 0.4).accuracy(4, 0.7, 0.4));
        assertEquals(new CheckpointState.Best(3, 0.7, 0.4), last.best());
        assertArrayEquals(parameters(run, RunDirectory.checkpoint(3)), parameters(run, RunDirectory.BEST));
        assertArrayEquals(parameters(run, RunDirectory.checkpoint(4)), parameters(run, RunDirectory.LAST));
        assertEquals(List.of(true, true, true, false), run.metrics().stream().map(line -> line.contains("\"best\":true")).toList());
    }

    @Test
    void keepsTheNewestCheckpointsAndTheBest() throws IOException {
        run.epochs = 6;
        run.keep = 2;
        run.run(false, epochs -> epochs.accuracy(2, 0.9, 0.9));
        assertEquals(List.of(2, 5, 6), List.copyOf(run.directory.checkpoints()));
    }

    @Test
    void aDamagedBestEpochIsRestoredFromBestThoughNothingIsLeftToTrain() throws IOException {
        trainFourEpochsOfWhichTheSecondIsTheBest();
        byte[] whole = Files.readAllBytes(file(RunDirectory.BEST));
        flip(RunDirectory.checkpoint(2));
        CheckpointState.Best best = rewound().best();
        assertEquals(2, best.epoch());
        assertArrayEquals(whole, Files.readAllBytes(file(RunDirectory.BEST)));
        assertArrayEquals(whole, Files.readAllBytes(file(RunDirectory.checkpoint(2))));
        assertEquals(1, run.told.warnings.size(), run.told.warnings.toString());
        assertTrue(run.told.warnings.get(0).contains("epoch-0002.zip: damaged or cut short"), run.told.warnings.get(0));
        assertTrue(run.told.warnings.get(0).endsWith("; restored from best.zip"), run.told.warnings.get(0));
        assertEquals(1, run.told.warnings.get(0).lines().count());
        CheckpointFiles.of(run.directory).verify(verdict -> assertNull(verdict.damage()));
        rewound();
        assertEquals(1, run.told.warnings.size(), run.told.warnings.toString());
    }

    @Test
    void aDamagedBestEpochIsRestoredFromBestBeforeMoreIsTrained() throws IOException {
        trainFourEpochsOfWhichTheSecondIsTheBest();
        byte[] whole = Files.readAllBytes(file(RunDirectory.BEST));
        Files.delete(file(RunDirectory.checkpoint(2)));
        run.epochs = 5;
        CheckpointState last = run.run(true, epochs -> epochs.accuracy(5, 0.1, 0.1));
        assertEquals(2, last.best().epoch());
        assertArrayEquals(whole, Files.readAllBytes(file(RunDirectory.checkpoint(2))));
        assertTrue(run.told.warnings.get(0).endsWith("epoch-0002.zip: there is no such file; restored from best.zip"),
                run.told.warnings.toString());
    }

    @Test
    void whereTheBestEpochIsLostTheBestOfTheOthersTakesItsPlace() throws IOException {
        trainFourEpochsOfWhichTheSecondIsTheBest();
        flip(RunDirectory.checkpoint(2));
        flip(RunDirectory.BEST);
        run.epochs = 5;
        CheckpointState last = run.run(true, epochs -> epochs.accuracy(5, 0.1, 0.1));
        assertEquals(3, last.best().epoch());
        assertArrayEquals(parameters(run, RunDirectory.checkpoint(3)), parameters(run, RunDirectory.BEST));
        assertEquals(1, run.told.warnings.size(), run.told.warnings.toString());
        assertTrue(run.told.warnings.get(0).endsWith(
                "; best.zip does not hold it either, so the best epoch is lost; best.zip is now that of epoch 3, the best that is left"),
                run.told.warnings.get(0));
        List<CheckpointFiles.Checkpoint> all = CheckpointFiles.of(run.directory).list();
        assertEquals(List.of(3), all.stream().filter(CheckpointFiles.Checkpoint::best).map(CheckpointFiles.Checkpoint::epoch).toList());
        List<String> told = new ArrayList<>();
        CheckpointFiles.of(run.directory).prune(1, 0, false, told::add);
        assertEquals(List.of(2, 3, 5), List.copyOf(run.directory.checkpoints()));
        assertTrue(told.size() == 1 && told.get(0).matches(".*epoch-0002.zip: damaged or cut short: .*; it is left alone"),
                told.toString());
    }

    @Test
    void aBestOfAnotherRunRestoresNothing() throws IOException {
        RunFixture other = new RunFixture(folder.resolve("other").toUri().toString(), new Configuration());
        other.settings = "others";
        other.run(false, epochs -> epochs.accuracy(2, 0.9, 0.9));
        trainFourEpochsOfWhichTheSecondIsTheBest();
        flip(RunDirectory.checkpoint(2));
        for (String name : List.of(RunDirectory.BEST, RunDirectory.BEST + ".sha256")) {
            Files.copy(folder.resolve("other").resolve(name), file(name), StandardCopyOption.REPLACE_EXISTING);
        }
        assertEquals(3, rewound().best().epoch());
    }

    private void trainFourEpochsOfWhichTheSecondIsTheBest() {
        run.run(false, epochs -> epochs.accuracy(1, 0.5, 0.3).accuracy(2, 0.9, 0.9).accuracy(3, 0.5, 0.4).accuracy(4, 0.5, 0.2));
    }

    /** What a resume does with which nothing is left to train. */
    private CheckpointState rewound() {
        return new Checkpoints(run.directory, 0).rewind(run.find(true).checkpoint().orElseThrow().state(), run.told.warnings::add);
    }

    private void flip(String name) throws IOException {
        byte[] bytes = Files.readAllBytes(file(name));
        bytes[bytes.length / 2] ^= 0x40;
        Files.write(file(name), bytes);
    }

    @Test
    void validatesEverySoManyEpochsAndTheLast() {
        run.epochs = 5;
        run.validateEvery = 2;
        run.start();
        assertEquals(List.of(false, true, false, true, true),
                run.metrics().stream().map(line -> !line.contains("\"robust_accuracy\":null")).toList());
    }

    @Test
    void aMetricsLineHoldsWhatHappenedInTheEpoch() throws IOException {
        run.run(false, epochs -> epochs.accuracy(3, 0.75, 0.5));
        JsonNode line = new ObjectMapper().readTree(run.metrics().get(2));
        List<String> keys = new ArrayList<>();
        line.fieldNames().forEachRemaining(keys::add);
        assertEquals(List.of("epoch", "step", "loss", "losses", "train_natural_accuracy", "train_adversarial_accuracy", "clean_accuracy",
                "robust_accuracy",
                "validation_examples", "learning_rate", "images", "images_per_second", "seconds", "skipped_steps", "executors", "best",
                "time"), keys);
        assertEquals(3, line.get("epoch").asInt());
        assertEquals(12, line.get("step").asInt());
        assertEquals(0.01, line.get("learning_rate").asDouble(), 1e-12);
        assertEquals(0.75, line.get("clean_accuracy").asDouble());
        assertEquals(0.5, line.get("robust_accuracy").asDouble());
        assertEquals(16, line.get("images_per_second").asDouble());
        assertEquals(4, line.get("executors").get("0").get("minibatches").asInt());
        assertTrue(line.get("losses").has("kl"));
    }

    @Test
    void tooManySkippedStepsStopTheRunAndLeaveTheLastCheckpoint() {
        RunStopped stopped = assertThrows(TrainingDiverged.class, () -> run.run(false, epochs -> epochs.skipping(2, 3)));
        assertTrue(stopped.getMessage().startsWith("epoch 3: 2 of 4 steps skipped, "), stopped.getMessage());
        assertTrue(stopped.getMessage().contains("training.max-skipped = 0.25"), stopped.getMessage());
        assertTrue(stopped.getMessage().contains(run.directory.uri(RunDirectory.checkpoint(2))), stopped.getMessage());
        assertEquals(1, stopped.getMessage().lines().count());
        assertEquals(2, run.metrics().size());
        assertEquals(List.of(1, 2), List.copyOf(run.directory.checkpoints()));
        assertArrayEquals(parameters(run, RunDirectory.checkpoint(2)), parameters(run, RunDirectory.LAST));
    }

    @Test
    void aFewSkippedStepsAreCountedAndLeftOutOfTheMeans() throws IOException {
        run.run(false, epochs -> epochs.skipping(1, 2));
        JsonNode line = new ObjectMapper().readTree(run.metrics().get(1));
        assertEquals(1, line.get("skipped_steps").asInt());
        assertEquals(32, line.get("images").asInt());
        assertEquals(0.5, line.get("train_natural_accuracy").asDouble());
        assertEquals(0, new ObjectMapper().readTree(run.metrics().get(0)).get("skipped_steps").asInt());
        assertEquals(List.of(0L, 1L), run.told.epochs.stream().limit(2).map(epoch -> epoch.report().skippedSteps()).toList());
    }

    @Test
    void parametersThatAreNotFiniteStopTheRun() {
        RunStopped stopped = assertThrows(RunStopped.class, () -> run.run(false, epochs -> epochs.poisonedIn(2)));
        assertTrue(stopped.getMessage().startsWith("epoch 2: parameters are no longer finite"), stopped.getMessage());
        assertEquals(List.of(1), List.copyOf(run.directory.checkpoints()));
    }

    @Test
    void aDirectoryThatHoldsARunIsRefusedWithoutResume() {
        run.start();
        InputError error = assertThrows(InputError.class, run::start);
        assertTrue(error.getMessage().contains("already holds a run") && error.getMessage().contains("--resume"), error.getMessage());
        assertEquals(4, run.metrics().size());
    }

    @Test
    void resumeWithoutARunStartsOne() {
        run.resume();
        assertEquals(List.of(1, 2, 3, 4), run.last.trained);
    }

    @Test
    void findingTheStartWritesNoFile() throws IOException {
        run.find(false);
        try (Stream<Path> files = Files.walk(folder)) {
            assertEquals(List.of(), files.filter(Files::isRegularFile).toList());
        }
    }

    @Test
    void lostMetricsAreNamedBeforeAnythingIsTrained() throws IOException {
        run.start();
        run.epochs = 6;
        Files.write(file(RunDirectory.METRICS), run.metrics().subList(0, 2));
        InputError error = assertThrows(InputError.class, () -> run.find(true));
        assertTrue(error.getMessage().contains("metrics.jsonl: ends before epoch 4"), error.getMessage());
    }

    @Test
    void provenanceTellsEveryStart() {
        run.start();
        run.epochs = 5;
        run.resume();
        Provenance provenance = Provenance.read(run.directory);
        assertEquals(List.of(0, 4), provenance.starts().stream().map(Provenance.Start::afterEpoch).toList());
        assertEquals("data", provenance.data().sha256());
    }

    @Test
    void anotherTeacherIsRefusedByContent() {
        run.start();
        run.teacherChecksum = "other";
        InputError error = assertThrows(InputError.class, () -> run.find(true));
        assertTrue(
                error.getMessage()
                        .startsWith("teacher.model = file:/teacher.zip: content has SHA-256 other, the run was trained with teacher"),
                error.getMessage());
    }

    @Test
    void plainDl4jLoadsACheckpoint() throws IOException {
        run.start();
        assertArrayEquals(parameters(run, RunDirectory.BEST),
                ModelSerializer.restoreComputationGraph(file(RunDirectory.BEST).toFile(), true).params().toFloatVector());
    }

    private RunFixture fixture(String name) {
        return new RunFixture(folder.resolve(name).toUri().toString(), new Configuration());
    }

    private Path file(String name) {
        return folder.resolve("run").resolve(name);
    }

    private static float[] parameters(RunFixture run, String name) {
        return ModelFile.read(run.directory.uri(name), run.directory.hadoop()).graph().params().toFloatVector();
    }
}
