package org.mmard.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code cluster.sh} and {@code hdfs.sh}, with real masters, workers, NameNodes and DataNodes. */
class LocalServersTest {
    private static final Path CLUSTER = Shell.CHECKOUT.resolve("deploy/local/cluster.sh");
    private static final Path HDFS = Shell.CHECKOUT.resolve("deploy/local/hdfs.sh");

    @TempDir
    private Path folder;

    @Test
    void clusterReplacesADeadWorkerAndStopsAll() throws Exception {
        Shell shell = new Shell(folder).with("MMARD_CLUSTER_DIR", folder.resolve("a cluster"));
        assertEquals(new Shell.Outcome(3, "stopped\n", ""), shell.run(CLUSTER, "status"));
        assertEquals(1, shell.run(CLUSTER, "url").exit());
        try {
            Shell.Outcome started = shell.run(CLUSTER, "start", "2");
            assertEquals(0, started.exit(), started.error());
            assertTrue(started.out().contains("2 of 2 workers running"), started.out());
            String url = shell.run(CLUSTER, "url").out();
            assertTrue(url.matches("spark://127\\.0\\.0\\.1:\\d+\n"), url);

            kill("a cluster/worker-2.pid");
            Shell.Outcome hurt = shell.run(CLUSTER, "status");
            assertEquals(1, hurt.exit());
            assertTrue(hurt.out().contains("1 of 2 workers running"), hurt.out());

            assertEquals(0, shell.run(CLUSTER, "start", "2").exit());
            assertEquals(url, shell.run(CLUSTER, "url").out(), "the master was left alone");
        } finally {
            assertEquals(0, shell.run(CLUSTER, "stop").exit());
        }
        assertEquals(3, shell.run(CLUSTER, "status").exit());
    }

    @Test
    void filesystemKeepsItsFilesAndItsAddressOverARestart() throws Exception {
        Shell shell = new Shell(folder).with("MMARD_HDFS_DIR", folder.resolve("a filesystem"));
        assertEquals(new Shell.Outcome(3, "stopped\n", ""), shell.run(HDFS, "status"));
        Path file = Files.writeString(folder.resolve("words"), "kept");
        try {
            Shell.Outcome started = shell.run(HDFS, "start");
            assertEquals(0, started.exit(), started.error());
            String uri = shell.run(HDFS, "uri").out().strip();
            assertEquals(new Shell.Outcome(0, "", ""), shell.run(HDFS, "dfs", "-put", file.toString(), uri + "/words"));

            assertEquals(0, shell.run(HDFS, "stop", "namenode").exit());
            assertEquals(1, shell.run(HDFS, "status").exit());
            assertEquals(0, shell.run(HDFS, "start").exit());

            assertEquals("kept", shell.run(HDFS, "dfs", "-cat", uri + "/words").out());
        } finally {
            assertEquals(0, shell.run(HDFS, "stop").exit());
        }
        assertEquals(3, shell.run(HDFS, "status").exit());
    }

    @Test
    void doesNotKillAStrangerWhoGotTheProcessIdOfADeadWorker() throws Exception {
        Process stranger = new ProcessBuilder("sleep", "60").start();
        try {
            Files.writeString(folder.resolve("worker-1.pid"), stranger.pid() + " 1\n");

            assertEquals(0, new Shell(folder).with("MMARD_CLUSTER_DIR", folder).run(CLUSTER, "stop").exit());

            assertTrue(stranger.isAlive());
        } finally {
            stranger.destroy();
        }
    }

    @Test
    void aFolderOfSomebodyElseIsRefusedAndNothingInItIsRemoved() throws Exception {
        Map<String, String> mine = new TreeMap<>();
        for (String name : List.of("data/namenode/image", "data/precious", "jobs/precious", "master.pid", "worker-1.pid", "namenode.pid",
                "datanode.pid")) {
            mine.put(name, "mine");
            Files.writeString(Files.createDirectories(folder.resolve(name).getParent()).resolve(Path.of(name).getFileName()), "mine");
        }
        Shell shell = new Shell(folder).with("MMARD_CLUSTER_DIR", folder).with("MMARD_HDFS_DIR", folder);
        for (Path script : List.of(CLUSTER, HDFS)) {
            Shell.Outcome started = shell.run(script, script == CLUSTER ? new String[] {"start", "1"} : new String[] {"start"});
            assertEquals(2, started.exit(), started.error());
            assertTrue(started.error().contains(folder + " is neither empty nor a folder that " + script.getFileName() + " has made"),
                    started.error());
            assertEquals(new Shell.Outcome(0, "stopped\n", ""), shell.run(script, "stop"));
        }
        try (Stream<Path> files = Files.walk(folder)) {
            Map<String, String> left = new TreeMap<>();
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                left.put(folder.relativize(file).toString(), Files.readString(file));
            }
            assertEquals(mine, left);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "start", "start 0", "start two", "start 1 2", "stop all", "go"})
    void refusesAWrongCallOfTheClusterInOneLine(String call) throws Exception {
        refuses(CLUSTER, call);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "start 2", "stop all", "uri x", "go"})
    void refusesAWrongCallOfTheFilesystemInOneLine(String call) throws Exception {
        refuses(HDFS, call);
    }

    private void refuses(Path script, String call) throws Exception {
        Shell.Outcome outcome = new Shell(folder).with("MMARD_CLUSTER_DIR", folder).with("MMARD_HDFS_DIR", folder)
                .run(script, call.isEmpty() ? new String[0] : call.split(" "));

        assertEquals(2, outcome.exit());
        assertEquals(1, outcome.error().lines().count(), outcome.error());
        assertTrue(outcome.error().contains("usage: " + script.getFileName()), outcome.error());
        assertEquals("", outcome.out());
    }

    private void kill(String pidFile) throws Exception {
        String pid = Files.readString(folder.resolve(pidFile)).split(" ")[0];
        ProcessHandle process = ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
        process.destroyForcibly();
        process.onExit().get();
    }
}
