package org.mmard.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The jar as its users run it: submitted to a standalone cluster of two workers, its data, teacher and run directories on HDFS, all real processes. */
@Tag("cluster")
@Timeout(value = 12, unit = TimeUnit.MINUTES)
class SubmittedJarTest {
    private static final Path CLUSTER = Shell.CHECKOUT.resolve("deploy/local/cluster.sh");
    private static final Path HDFS = Shell.CHECKOUT.resolve("deploy/local/hdfs.sh");
    private static final Path TRAIN = Shell.CHECKOUT.resolve("spark-jobs/train.sh");
    private static final Path EVALUATE = Shell.CHECKOUT.resolve("spark-jobs/evaluate.sh");
    private static final int EPOCHS = 8;

    @TempDir
    private static Path folder;
    private static Shell shell;
    private static String hdfs;

    @BeforeAll
    static void startServers() throws Exception {
        assumeTrue(Files.exists(Shell.CHECKOUT.resolve("target/mmard-train.jar")), "target/mmard-train.jar is not built: ./mmard test builds it first");
        shell = new Shell(folder).with("MMARD_CLUSTER_DIR", folder.resolve("cluster")).with("MMARD_HDFS_DIR", folder.resolve("hdfs"))
                .with("SPARK_LOCAL_IP", "127.0.0.1").with("OMP_NUM_THREADS", "1");
        succeeds(CLUSTER, "start", "2");
        succeeds(HDFS, "start");
        shell = shell.with("MMARD_MASTER", succeeds(CLUSTER, "url").strip());
        hdfs = succeeds(HDFS, "uri").strip();
        succeeds(Shell.CHECKOUT.resolve("mmard"), "data", "shapes", "--out", hdfs + "/shapes", "--train", "480", "--test", "40");
    }

    @AfterAll
    static void stopServers() throws Exception {
        if (shell != null) {
            shell.run(CLUSTER, "stop");
            shell.run(HDFS, "stop");
        }
    }

    @Test
    void trainsATeacherThenAStudentWhoseRunOutlivesAKilledExecutor() throws Exception {
        configuration("teacher.conf", "trades", 1, "null");
        succeeds(TRAIN, "--conf", "teacher.conf", "-D", "run.directory=" + hdfs + "/runs/teacher");
        assertBothExecutorsTrained("teacher", 1);
        succeeds(HDFS, "dfs", "-test", "-e", hdfs + "/runs/teacher/checkpoints/epoch-0001.zip");

        configuration("student.conf", "mmard", EPOCHS, hdfs + "/runs/teacher/best.zip");
        String[] student = {"--conf", "student.conf", "-D", "run.directory=" + hdfs + "/runs/student"};
        File out = folder.resolve("student.out").toFile();
        File error = folder.resolve("student.err").toFile();
        Process driver = shell.start(out, error, TRAIN, student);
        while (!Files.readString(out.toPath()).contains("epoch 1/" + EPOCHS + "   loss")) {
            assertTrue(driver.isAlive(), () -> said(out) + said(error));
            Thread.sleep(50);
        }
        killAnExecutor();
        assertTrue(driver.waitFor(60, TimeUnit.SECONDS), "the driver goes on although an executor is gone: " + said(out));
        assertEquals(1, driver.exitValue(), () -> said(out) + said(error));
        assertTrue(said(error).lines().anyMatch(line -> line.startsWith("mmard: ") && line.contains("executor") && line.contains("--resume")), said(error));

        List<String> again = new ArrayList<>(List.of(student));
        again.add("--resume");
        succeeds(TRAIN, again.toArray(String[]::new));
        assertBothExecutorsTrained("student", EPOCHS);

        succeeds(EVALUATE, "--model", hdfs + "/runs/student/best.zip", "--data", hdfs + "/shapes", "--attacks", "clean,pgd20", "--batch", "10",
                "--out", hdfs + "/runs/student");
        JsonNode evaluation = new ObjectMapper().readTree(succeeds(HDFS, "dfs", "-cat", hdfs + "/runs/student/evaluation.json"));
        assertEquals(40, evaluation.get("attacks").get("pgd20").get("robust").size());
    }

    private static void configuration(String name, String method, int epochs, String teacher) throws Exception {
        Files.writeString(folder.resolve(name), String.join("\n",
                "data.uri = \"" + hdfs + "/shapes\"", "method.name = " + method, "student.architecture = cnn-4-8",
                "teacher.model = " + (teacher.equals("null") ? teacher : "\"" + teacher + "\""),
                "attack { steps = 2, step-size = 5/255 }", "training { epochs = " + epochs + ", batch = 20, learning-rate = 0.05, milestones = [] }",
                "validation { examples = 80, steps = 2, batch = 40 }", "cluster.executors = 2"));
    }

    /** Every epoch once, in order, and both executors with half of its batches. */
    private static void assertBothExecutorsTrained(String run, int epochs) throws Exception {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : succeeds(HDFS, "dfs", "-cat", hdfs + "/runs/" + run + "/metrics.jsonl").lines().toList()) {
            lines.add(new ObjectMapper().readTree(line));
        }
        assertEquals(IntStream.rangeClosed(1, epochs).boxed().toList(), lines.stream().map(line -> line.get("epoch").asInt()).toList());
        for (JsonNode line : lines) {
            assertEquals(2, line.get("executors").size(), line.toString());
            line.get("executors").forEach(executor -> assertEquals(10, executor.get("minibatches").asInt(), line.toString()));
        }
    }

    /** Kills the executor that started last, so that it is none that is still going down after an earlier run. */
    private static void killAnExecutor() throws Exception {
        List<ProcessHandle> executors = new ArrayList<>();
        for (String worker : new String[] {"worker-1.pid", "worker-2.pid"}) {
            long pid = Long.parseLong(Files.readString(folder.resolve("cluster").resolve(worker)).split(" ")[0]);
            ProcessHandle.of(pid).orElseThrow().children().forEach(executors::add);
        }
        ProcessHandle youngest = executors.stream().max(Comparator.comparing(process -> process.info().startInstant().orElseThrow())).orElseThrow();
        assertTrue(youngest.destroyForcibly());
        youngest.onExit().get(10, TimeUnit.SECONDS);
    }

    private static String succeeds(Path command, String... arguments) throws Exception {
        Shell.Outcome outcome = shell.run(command, arguments);
        assertEquals(0, outcome.exit(), () -> command.getFileName() + " " + String.join(" ", arguments) + "\n" + outcome.out() + outcome.error());
        return outcome.out();
    }

    private static String said(File file) {
        try {
            return Files.readString(file.toPath());
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
