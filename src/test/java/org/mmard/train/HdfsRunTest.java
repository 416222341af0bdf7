package org.mmard.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@link TrainingRunTest} and {@link RunDirectoryTest} pin, where renaming and replacing are another matter: on a real HDFS. */
class HdfsRunTest {
    @TempDir
    static Path folder;

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
        org.apache.hadoop.fs.Path leftover = new org.apache.hadoop.fs.Path(cut.directory.uri("checkpoints/.writing-epoch-0003.zip"));
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

    private static RunFixture fixture(String name) {
        return new RunFixture(hdfs.getURI() + "/runs/" + name, new Configuration());
    }
}
