package org.mmard.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FilterFileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.failure.InputError;
import org.mmard.train.RunFixture;

class CheckpointFilesTest {
    @TempDir
    Path folder;

    private RunFixture run;

    @BeforeEach
    void trainSixEpochsOfWhichTheSecondIsTheBest() {
        run = new RunFixture(folder.resolve("run").toUri().toString(), new Configuration());
        run.epochs = 6;
        run.run(false, epochs -> epochs.accuracy(2, 0.9, 0.8));
    }

    private CheckpointFiles files() {
        return CheckpointFiles.of(run.directory);
    }

    private Path file(String name) {
        return folder.resolve("run").resolve(name);
    }

    @Test
    void listsEpochsWithTheirAccuraciesAndMarks() throws IOException {
        List<CheckpointFiles.Checkpoint> all = files().list();
        assertEquals(List.of(1, 2, 3, 4, 5, 6), all.stream().map(CheckpointFiles.Checkpoint::epoch).toList());
        assertEquals(0.8, all.get(1).accuracy().robust());
        assertEquals(List.of(2), all.stream().filter(CheckpointFiles.Checkpoint::best).map(CheckpointFiles.Checkpoint::epoch).toList());
        assertEquals(List.of(6), all.stream().filter(CheckpointFiles.Checkpoint::last).map(CheckpointFiles.Checkpoint::epoch).toList());
        assertEquals(Files.size(file(RunDirectory.checkpoint(3))), all.get(2).bytes());
        assertEquals(EpochMetrics.read(run.directory).get(2).time(), all.get(2).time());
    }

    @Test
    void listsTheBestEvenWhereItsEpochsOwnFileIsGone() throws IOException {
        Files.delete(file(RunDirectory.checkpoint(2)));
        CheckpointFiles.Checkpoint best = files().list().get(1);
        assertEquals(2, best.epoch());
        assertEquals(RunDirectory.BEST, best.name());
        assertTrue(best.best());
    }

    @Test
    void anEpochThatIsToBeTrainedAgainIsNotTheBest() throws IOException {
        run = new RunFixture(folder.resolve("other").toUri().toString(), new Configuration());
        run.run(false, epochs -> epochs.accuracy(2, 0.9, 0.8).accuracy(4, 0.95, 0.9));
        Files.delete(folder.resolve("other").resolve(RunDirectory.checkpoint(4)));
        assertEquals(List.of(2),
                files().list().stream().filter(CheckpointFiles.Checkpoint::best).map(CheckpointFiles.Checkpoint::epoch).toList());
    }

    @Test
    void fetchesAFileAndItsChecksumIsRight() throws IOException {
        List<Long> done = new ArrayList<>();
        CheckpointFiles.Copy copy = files().fetch(files().ofEpoch(3), folder, false, (bytes, total) -> done.add(bytes));
        assertEquals(folder.resolve("epoch-0003.zip"), copy.file());
        assertTrue(copy.recorded());
        assertArrayEquals(Files.readAllBytes(file(RunDirectory.checkpoint(3))), Files.readAllBytes(copy.file()));
        assertEquals(copy.bytes(), done.get(done.size() - 1));
        InputError error =
                assertThrows(InputError.class, () -> files().fetch(RunDirectory.BEST, copy.file(), false, CheckpointFiles.Progress.NONE));
        assertTrue(error.getMessage().contains("is there already"), error.getMessage());
        files().fetch(RunDirectory.BEST, copy.file(), true, CheckpointFiles.Progress.NONE);
        assertArrayEquals(Files.readAllBytes(file(RunDirectory.BEST)), Files.readAllBytes(copy.file()));
    }

    @Test
    void aDamagedFileIsNotFetchedAndLeavesNothing() throws IOException {
        flip(RunDirectory.BEST);
        Path target = folder.resolve("copy.zip");
        InputError error =
                assertThrows(InputError.class, () -> files().fetch(RunDirectory.BEST, target, false, CheckpointFiles.Progress.NONE));
        assertTrue(error.getMessage().contains("best.zip: damaged or cut short"), error.getMessage());
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(List.of("run"), left.map(path -> path.getFileName().toString()).toList());
        }
    }

    @Test
    void anEpochThatIsNotThereIsToldWithThoseThatAre() throws IOException {
        Files.delete(file(RunDirectory.checkpoint(4)));
        InputError error = assertThrows(InputError.class, () -> files().ofEpoch(4));
        assertTrue(error.getMessage().endsWith("no checkpoint of epoch 4; there are those of 1-3, 5-6"), error.getMessage());
    }

    @Test
    void verifyTellsWholeDamagedAndUnrecordedFilesApart() throws IOException {
        flip(RunDirectory.checkpoint(5));
        Files.delete(file(RunDirectory.checkpoint(1) + ".sha256"));
        Files.delete(file(RunDirectory.checkpoint(2) + ".sha256"));
        Files.write(file(RunDirectory.checkpoint(2)), new byte[] {'P', 'K'});
        List<CheckpointFiles.Verdict> verdicts = new ArrayList<>();
        files().verify(verdicts::add);
        assertEquals(8, verdicts.size());
        for (CheckpointFiles.Verdict verdict : verdicts) {
            boolean damaged = List.of(RunDirectory.checkpoint(5), RunDirectory.checkpoint(2)).contains(verdict.name());
            assertEquals(damaged, verdict.damage() != null, verdict.toString());
            assertEquals(!List.of(RunDirectory.checkpoint(1), RunDirectory.checkpoint(2)).contains(verdict.name()), verdict.recorded(),
                    verdict.toString());
        }
    }

    @Test
    void verifyLooksAgainAtWhatARunReplacesOrRemovesMeanwhile() throws IOException {
        FileSystem raw = FileSystem.getLocal(new Configuration()).getRawFileSystem();
        List<String> changed = new ArrayList<>();
        RunDirectory goingOn = new RunDirectory(new FilterFileSystem(raw) {
            @Override
            public FSDataInputStream open(org.apache.hadoop.fs.Path path, int buffer) throws IOException {
                FSDataInputStream record = super.open(path, buffer);
                if (path.getName().equals("best.zip.sha256") && !changed.contains(RunDirectory.BEST)) {
                    changed.add(RunDirectory.BEST);
                    run.directory.copyChecked(RunDirectory.checkpoint(1), RunDirectory.BEST);
                } else if (path.getName().equals("epoch-0003.zip.sha256")) {
                    changed.add(RunDirectory.checkpoint(3));
                    run.directory.delete(RunDirectory.checkpoint(3));
                }
                return record;
            }
        }, new org.apache.hadoop.fs.Path(run.directory.uri()));
        List<CheckpointFiles.Verdict> verdicts = new ArrayList<>();
        CheckpointFiles.of(goingOn).verify(verdicts::add);
        assertEquals(Set.of(RunDirectory.BEST, RunDirectory.checkpoint(3)), Set.copyOf(changed));
        assertEquals(List.of(), verdicts.stream().filter(verdict -> verdict.damage() != null).toList());
        assertEquals(7, verdicts.size());
        assertTrue(verdicts.stream().noneMatch(verdict -> verdict.name().equals(RunDirectory.checkpoint(3))));
    }

    @Test
    void pruningKeepsTheNewestTheMultiplesTheBestAndTheLast() {
        assertEquals(List.of(1, 4, 5), removed(files().prune(0, 3, true, line -> {})));
        assertEquals(List.of(1, 2, 3, 4, 5, 6), List.copyOf(run.directory.checkpoints()));
        CheckpointFiles.Pruned pruned = files().prune(2, 0, false, line -> {});
        assertEquals(List.of(1, 3, 4), removed(pruned));
        assertEquals(List.of(2, 5, 6), List.copyOf(run.directory.checkpoints()));
        assertEquals(pruned.removed().stream().mapToLong(CheckpointFiles.Checkpoint::bytes).sum(), pruned.bytes());
        assertFalse(Files.exists(file(RunDirectory.checkpoint(3) + ".sha256")));
        assertFalse(Files.exists(file(RunDirectory.LOCK)));
        files().verify(verdict -> assertNull(verdict.damage()));
        run.epochs = 7;
        run.resume();
        assertEquals(List.of(7), run.last.trained);
    }

    @Test
    void pruningIsRefusedWhileADriverTrains() {
        try (RunLock lock = run.directory.lock(line -> {})) {
            InputError error = assertThrows(InputError.class, () -> files().prune(1, 0, false, line -> {}));
            assertTrue(error.getMessage().contains("in use by another driver"), error.getMessage());
        }
        assertEquals(6, run.directory.checkpoints().size());
    }

    @Test
    void pruningIsRefusedWhereNothingSaysWhichEpochIsTheBest() throws IOException {
        Files.delete(file(RunDirectory.METRICS));
        InputError error = assertThrows(InputError.class, () -> files().prune(1, 0, false, line -> {}));
        assertTrue(error.getMessage().contains("metrics.jsonl: missing"), error.getMessage());
    }

    @Test
    void aPlaceWithoutARunIsNamed() throws IOException {
        InputError error =
                assertThrows(InputError.class, () -> CheckpointFiles.at(folder.resolve("nowhere").toString(), new Configuration()));
        assertTrue(error.getMessage().endsWith("nowhere: there is no such folder"), error.getMessage());
        Files.createDirectory(folder.resolve("empty"));
        error = assertThrows(InputError.class, () -> CheckpointFiles.at(folder.resolve("empty").toString(), new Configuration()));
        assertTrue(error.getMessage().contains("empty: holds no run"), error.getMessage());
    }

    private static List<Integer> removed(CheckpointFiles.Pruned pruned) {
        return pruned.removed().stream().map(CheckpointFiles.Checkpoint::epoch).toList();
    }

    private void flip(String name) throws IOException {
        byte[] bytes = Files.readAllBytes(file(name));
        bytes[10] ^= 1;
        Files.write(file(name), bytes);
    }
}
