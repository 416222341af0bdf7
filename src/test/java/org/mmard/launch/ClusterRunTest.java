package org.mmard.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.launch.Servers.Submitted;

/**
 * The jar as its users run it, on a standalone cluster and HDFS, and what it survives there: killed executors, drivers, workers and file
 * servers.
 */
@Tag("cluster")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ClusterRunTest {
    /** Long enough that something can be killed in the middle. */
    private static final int EPOCHS = 12;
    private static final int NOTICE_SECONDS = 15;
    private static final int STOP_SECONDS = 20;

    @TempDir
    private static Path folder;
    private static Servers servers;

    @BeforeAll
    static void start() throws Exception {
        servers = new Servers(folder);
    }

    @AfterAll
    static void stop() throws Exception {
        if (servers != null) {
            servers.close();
        }
    }

    @Test
    void distilsAStudentFromATeacherEvaluatesItAndFetchesItsCheckpoint() throws Exception {
        finish(servers.run("teacher", "trades", 1));
        finish(servers.run("student", "mmard", 2, "-D", "teacher.model=" + servers.uri("runs/teacher/best.zip")));
        assertEveryEpochOnce("student", 2);
        for (JsonNode line : servers.metrics("student")) {
            assertEquals(2, line.get("executors").size(), line.toString());
            line.get("executors").forEach(executor -> assertEquals(10, executor.get("minibatches").asInt(), line.toString()));
        }
        try (Submitted evaluation = servers.evaluate("--model", servers.uri("runs/student/best.zip"), "--data", servers.uri("shapes"),
                "--attacks", "clean,pgd20", "--batch", "10", "--out", servers.uri("runs/student"))) {
            evaluation.succeeds();
        }
        assertEquals(40, servers.json("runs/student/evaluation.json").get("attacks").get("pgd20").get("robust").size());

        Path fetched = folder.resolve("fetched.zip");
        servers.mmard("checkpoints", "get", servers.uri("runs/student"), "--epoch", "1", "--to", fetched.toString());
        Path copied = folder.resolve("copied.zip");
        servers.dfs("-get", servers.uri("runs/student/checkpoints/epoch-0001.zip"), copied.toString());
        assertEquals(-1, Files.mismatch(copied, fetched));
        assertTrue(servers.mmard("checkpoints", "list", servers.uri("runs/student")).contains("best"));
        servers.mmard("checkpoints", "verify", servers.uri("runs/student"));
    }

    @Test
    void goesOnByItselfAfterAnExecutorWasKilledInTheMiddleOfAnEpoch() throws Exception {
        try (Submitted driver = servers.train(servers.run("executor", "trades", EPOCHS))) {
            driver.await("epoch  2/" + EPOCHS, "loss");
            kill(servers.executor());
            long killed = System.nanoTime();
            String notice = driver.await("mmard: ", "executor", "restart 1 of 3");
            assertTrue(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - killed) <= NOTICE_SECONDS, notice);
            driver.succeeds();
        }
        assertEveryEpochOnce("executor", EPOCHS);
        assertRestarted("executor", 1);
        assertWeightsMovedInEveryEpoch("executor");
    }

    @Test
    void givesUpAfterSoManyRestartsAndKeepsItsCheckpoints() throws Exception {
        String[] run = servers.run("limit", "trades", EPOCHS, "-D", "cluster.max-restarts=1", "--resume");
        try (Submitted driver = servers.train(run)) {
            driver.await("epoch  1/" + EPOCHS, "loss");
            kill(servers.executor());
            driver.await("restart 1 of 1");
            driver.await("epoch  3/" + EPOCHS, "loss");
            kill(servers.executor());
            assertEquals(1, driver.exit(), driver::said);
            String last = driver.await("mmard: ", "--resume");
            assertTrue(last.contains("executor"), last);
        }
        servers.mmard("checkpoints", "verify", servers.uri("runs/limit"));
        finish(run);
        assertEveryEpochOnce("limit", EPOCHS);
    }

    @Test
    void aKilledDriverIsFollowedByTheSameCommandAndALiveOneRefusesASecond() throws Exception {
        String[] run = servers.run("driver", "trades", EPOCHS, "--resume");
        try (Submitted first = servers.train(run)) {
            first.await("epoch  2/" + EPOCHS, "loss");
            try (Submitted second = servers.train(run)) {
                assertEquals(2, second.exit(), second::said);
                second.await("mmard: ", "runs/driver");
            }
            kill(first.process());
        }
        finish(run);
        assertEveryEpochOnce("driver", EPOCHS);
    }

    @Test
    void waitsForAWorkerInPlaceOfAKilledOne() throws Exception {
        try (Submitted driver = servers.train(servers.run("worker", "trades", EPOCHS))) {
            driver.await("epoch  1/" + EPOCHS, "loss");
            kill(servers.worker(1));
            driver.await("restart 1 of 3");
            servers.cluster("start", "2");
            driver.succeeds();
        }
        assertEveryEpochOnce("worker", EPOCHS);
    }

    @Test
    void aNameNodeThatIsAwayForHalfAMinuteCostsNothing() throws Exception {
        try (Submitted driver = servers.train(servers.run("namenode", "trades", EPOCHS))) {
            driver.await("epoch  1/" + EPOCHS, "loss");
            servers.hdfs("stop", "namenode");
            Thread.sleep(30_000);
            servers.hdfs("start");
            driver.succeeds();
        }
        assertEveryEpochOnce("namenode", EPOCHS);
        servers.mmard("checkpoints", "verify", servers.uri("runs/namenode"));
    }

    @Test
    void aDamagedNewestCheckpointIsNamedAndTheOneBeforeUsed() throws Exception {
        finish(servers.run("damaged", "trades", 2));
        Path local = folder.resolve("damaged.zip");
        servers.dfs("-get", servers.uri("runs/damaged/checkpoints/epoch-0002.zip"), local.toString());
        byte[] bytes = Files.readAllBytes(local);
        bytes[bytes.length / 2] ^= 1;
        Files.write(local, bytes);
        servers.dfs("-put", "-f", local.toString(), servers.uri("runs/damaged/checkpoints/epoch-0002.zip"));
        Shell.Outcome verified = servers.tryMmard("checkpoints", "verify", servers.uri("runs/damaged"));
        assertEquals(1, verified.exit(), verified.out());
        try (Submitted driver = servers.train(servers.run("damaged", "trades", 3, "--resume"))) {
            driver.succeeds();
            driver.await("mmard: warning", "epoch-0002.zip");
        }
        assertEveryEpochOnce("damaged", 3);
        servers.mmard("checkpoints", "verify", servers.uri("runs/damaged"));
    }

    @Test
    void aTerminatedDriverKeepsWhatItHasAndGoesOnFromThere() throws Exception {
        String[] run = servers.run("terminated", "trades", EPOCHS, "--resume");
        try (Submitted driver = servers.train(run)) {
            driver.await("epoch  2/" + EPOCHS, "loss");
            assertTrue(driver.process().destroy());
            long asked = System.nanoTime();
            assertEquals(143, driver.exit(), driver::said);
            assertTrue(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - asked) <= STOP_SECONDS, driver::said);
            driver.await("mmard: ", "--resume");
        }
        finish(run);
        assertEveryEpochOnce("terminated", EPOCHS);
    }

    @Test
    void anExecutorThatHangsIsReplaced() throws Exception {
        try (Submitted driver = servers.train(servers.run("hanging", "trades", EPOCHS, "-D", "cluster.stall-timeout=20"))) {
            driver.await("epoch  2/" + EPOCHS, "loss");
            ProcessHandle executor = servers.executor();
            signal("STOP", executor);
            driver.await("restart 1 of 3");
            // Killed for good, or it would come back to life when the test ends.
            executor.destroyForcibly();
            driver.succeeds();
        }
        assertEveryEpochOnce("hanging", EPOCHS);
    }

    private static void finish(String... run) throws Exception {
        try (Submitted driver = servers.train(run)) {
            driver.succeeds();
        }
    }

    private static void kill(ProcessHandle process) throws Exception {
        assertTrue(process.destroyForcibly());
        process.onExit().get(10, TimeUnit.SECONDS);
    }

    private static void signal(String name, ProcessHandle process) throws Exception {
        assertEquals(0, new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).inheritIO().start().waitFor());
    }

    private static void assertEveryEpochOnce(String run, int epochs) throws Exception {
        assertEquals(IntStream.rangeClosed(1, epochs).boxed().toList(),
                servers.metrics(run).stream().map(line -> line.get("epoch").asInt()).toList());
    }

    private static void assertRestarted(String run, int times) throws Exception {
        List<String> reasons = new ArrayList<>();
        for (JsonNode start : servers.json("runs/" + run + "/provenance.json").get("starts")) {
            if (!start.path("reason").isNull()) {
                reasons.add(start.get("reason").asText());
            }
        }
        assertEquals(times, reasons.size(), reasons.toString());
    }

    private static void assertWeightsMovedInEveryEpoch(String run) throws Exception {
        Path checkpoints = folder.resolve(run + "-checkpoints");
        servers.dfs("-get", servers.uri("runs/" + run + "/checkpoints"), checkpoints.toString());
        Set<Long> weights = new HashSet<>();
        for (int epoch = 1; epoch <= EPOCHS; epoch++) {
            try (ZipFile zip = new ZipFile(checkpoints.resolve(String.format("epoch-%04d.zip", epoch)).toFile())) {
                assertTrue(weights.add(zip.getEntry("coefficients.bin").getCrc()),
                        "the weights of epoch " + epoch + " are those of an earlier one");
            }
        }
    }
}
