package org.mmard.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.failure.InputError;
import org.mmard.files.Retries;
import org.mmard.files.WholeFiles;
import org.mmard.train.RunFixture;
import org.mmard.train.TrainingRunTest;

/** What {@link TrainingRunTest} and {@link RunDirectoryTest} pin, where renaming and replacing are another matter: on a real HDFS. */
@Timeout(240)
class HdfsRunTest {
    @TempDir
    static java.nio.file.Path folder;

    private static MiniDFSCluster hdfs;

    @BeforeAll
    static void startHdfs() throws Exception {
        // A name node and a data node warn of much that is as it should be in a test.
        Configurator.setLevel("org.apache.hadoop", Level.OFF);
        Configuration settings = new Configuration();
        settings.set("hdfs.minidfs.basedir", folder.toString());
        hdfs = new MiniDFSCluster.Builder(settings).numDataNodes(1).build();
        hdfs.waitActive();
    }

    @AfterAll
    static void stopHdfs() {
        hdfs.shutdown(true);
        Configurator.reconfigure();
    }

    @Test
    void aResumedRunEndsAsAnUninterruptedOne() throws Exception {
        RunFixture whole = fixture("whole");
        whole.start();
        RunFixture cut = fixture("cut");
        assertThrows(IllegalStateException.class, () -> cut.run(false, epochs -> epochs.killedIn(3)));
        Path leftover = new Path(cut.directory.uri("checkpoints/.writing-epoch-0003.zip-" + UUID.randomUUID()));
        FileSystem files = hdfs.getFileSystem();
        try (FSDataOutputStream out = files.create(leftover)) {
            out.write(1);
        }
        cut.resume();
        assertEquals(List.of(3, 4), cut.last.trained);
        assertEquals(whole.metricsWithoutTime(), cut.metricsWithoutTime());
        assertArrayEquals(whole.directory.read(RunDirectory.LAST).orElseThrow(), cut.directory.read(RunDirectory.LAST).orElseThrow());
        assertArrayEquals(whole.directory.read(RunDirectory.BEST).orElseThrow(), cut.directory.read(RunDirectory.BEST).orElseThrow());
        assertTrue(!files.exists(leftover));
        assertTrue(cut.directory.uri().startsWith("hdfs://"), cut.directory.uri());
    }

    @Test
    void aFileIsReplacedAsAWhole() {
        RunDirectory directory = fixture("replaced").directory;
        directory.prepare();
        directory.write(RunDirectory.METRICS, "one".getBytes(StandardCharsets.UTF_8));
        directory.write(RunDirectory.METRICS, "two".getBytes(StandardCharsets.UTF_8));
        assertEquals("two", new String(directory.read(RunDirectory.METRICS).orElseThrow(), StandardCharsets.UTF_8));
    }

    @Test
    void checkpointsAreListedFetchedCheckedAndPruned() throws Exception {
        RunFixture run = fixture("files");
        run.run(false, epochs -> epochs.accuracy(1, 0.9, 0.8));
        CheckpointFiles files = CheckpointFiles.at(run.directory.uri(), new Configuration());
        assertEquals(List.of(true, false, false, false), files.list().stream().map(CheckpointFiles.Checkpoint::best).toList());
        java.nio.file.Path copy = files.fetch(files.ofEpoch(2), folder.resolve("copy.zip"), false, CheckpointFiles.Progress.NONE).file();
        assertArrayEquals(run.directory.read(RunDirectory.checkpoint(2)).orElseThrow(), java.nio.file.Files.readAllBytes(copy));
        assertEquals(List.of(2, 3),
                files.prune(0, 5, false, line -> {}).removed().stream().map(CheckpointFiles.Checkpoint::epoch).toList());
        try (FSDataOutputStream out = hdfs.getFileSystem().create(new Path(run.directory.uri(RunDirectory.LAST)))) {
            out.write(1);
        }
        List<String> damaged = new ArrayList<>();
        List<String> whole = new ArrayList<>();
        files.verify(verdict -> (verdict.damage() == null ? whole : damaged).add(verdict.name()));
        assertEquals(List.of(RunDirectory.LAST), damaged);
        assertEquals(List.of(RunDirectory.checkpoint(1), RunDirectory.checkpoint(4), RunDirectory.BEST), whole);
    }

    @Test
    void aNameNodeThatIsAwayForAWhileIsWaitedFor() throws Exception {
        RunDirectory directory =
                whileTheNameNodeIsAway("writing", "written", away -> away.writeChecked(RunDirectory.checkpoint(2), out -> out.write(2)));
        assertEquals(List.of(1, 2), List.copyOf(directory.checkpoints()));
        assertEquals(2, (int) directory.readChecked(RunDirectory.checkpoint(2), (in, length) -> in.read()));
    }

    @Test
    void smallFilesWaitForANameNodeToo() throws Exception {
        whileTheNameNodeIsAway("reading", "read", away -> assertTrue(away.recordedSha256(RunDirectory.checkpoint(1)).isPresent()));
    }

    @Test
    void theFoldersOfARestartWaitForANameNodeToo() throws Exception {
        RunDirectory directory = whileTheNameNodeIsAway("preparing", "prepared", RunDirectory::prepare);
        assertEquals(List.of("epoch-0001.zip", "epoch-0001.zip.sha256"), directory.names("checkpoints"));
    }

    /** @param verb of the one thing that is tried again */
    private static RunDirectory whileTheNameNodeIsAway(String name, String verb, Consumer<RunDirectory> access) throws Exception {
        List<String> told = Collections.synchronizedList(new ArrayList<>());
        RunDirectory directory = fixture(name).directory.patient(Duration.ofMinutes(5), told::add);
        directory.prepare();
        directory.writeChecked(RunDirectory.checkpoint(1), out -> out.write(1));
        hdfs.shutdownNameNode(0);
        CompletableFuture<Void> repair = CompletableFuture.runAsync(() -> {
            try {
                while (told.isEmpty()) {
                    Thread.sleep(100);
                }
            } catch (InterruptedException e) {
                throw new CompletionException(e);
            }
            restartNameNode();
        });
        try {
            access.accept(directory);
        } finally {
            // Where nothing was tried again, it is still away.
            told.add("");
            repair.join();
        }
        assertEquals(3, told.size(), told.toString());
        assertTrue(told.get(0).contains(": cannot be " + verb + " for now ("), told.get(0));
        assertTrue(told.get(1).contains(": " + verb + " after "), told.get(1));
        return directory;
    }

    private static void restartNameNode() {
        try {
            hdfs.restartNameNode(0, true);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aRenamingWhoseAnswerWasLostIsSeenToBeDone() throws Exception {
        List<String> told = new ArrayList<>();
        AtomicInteger contents = new AtomicInteger();
        Path root = new Path(hdfs.getURI() + "/runs/unanswered");
        RunDirectory directory = new RunDirectory(new WholeFiles(hdfs.getFileSystem(), Retries.upTo(Duration.ofMinutes(1), told::add)) {
            @Override
            public void replace(Path temporary, Path target) throws IOException {
                super.replace(temporary, target);
                if (told.isEmpty() && target.getName().equals(RunDirectory.METRICS)) {
                    throw new IOException("connection lost");
                }
            }
        }, root);
        directory.prepare();
        directory.write(RunDirectory.METRICS, out -> out.write(contents.incrementAndGet()));
        assertEquals(1, contents.get());
        assertArrayEquals(new byte[] {1}, directory.read(RunDirectory.METRICS).orElseThrow());
        assertEquals(2, told.size(), told.toString());
        assertEquals(List.of("checkpoints", "metrics.jsonl"), directory.names("."));
    }

    @Test
    void aLockIsOneDriversAndOutlivesANameNodeThatIsAway() throws Exception {
        RunDirectory directory = fixture("locked").directory;
        RunLock.Timing quick = new RunLock.Timing(Duration.ofMillis(100), Duration.ofMinutes(5));
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<RunLock> taken = new ArrayList<>();
        try {
            Callable<RunLock> driver = () -> {
                try {
                    return fixture("locked").directory.lock(quick, line -> {});
                } catch (InputError e) {
                    return null;
                }
            };
            for (Future<RunLock> future : pool.invokeAll(Collections.nCopies(4, driver))) {
                if (future.get() != null) {
                    taken.add(future.get());
                }
            }
            assertEquals(1, taken.size());
            hdfs.restartNameNode(0, true);
            RunDirectory held = directory.heldBy(taken.get(0));
            held.write(RunDirectory.METRICS, "still mine".getBytes(StandardCharsets.UTF_8));
            byte[] before = directory.read(RunDirectory.LOCK).orElseThrow();
            while (Arrays.equals(before, directory.read(RunDirectory.LOCK).orElseThrow())) {
                Thread.sleep(50);
            }
        } finally {
            taken.forEach(RunLock::close);
            pool.shutdownNow();
        }
        assertTrue(!directory.exists(RunDirectory.LOCK));
    }

    private static RunFixture fixture(String name) {
        return new RunFixture(hdfs.getURI() + "/runs/" + name, new Configuration());
    }
}
