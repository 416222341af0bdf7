package org.mmard.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.mmard.train.Epochs;

/**
 * A standalone cluster of two workers and an HDFS with a data set on it, all real processes, and the jar submitted to them as its users do.
 */
final class Servers implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path CLUSTER = Shell.CHECKOUT.resolve("deploy/local/cluster.sh");
    private static final Path HDFS = Shell.CHECKOUT.resolve("deploy/local/hdfs.sh");
    private static final Path JOBS = Shell.CHECKOUT.resolve("spark-jobs");

    private final Path folder;
    private final Shell shell;
    private final String master;
    private final String hdfs;

    /** @param folder for all their files */
    Servers(Path folder) throws Exception {
        assumeTrue(Files.exists(Shell.CHECKOUT.resolve("target/mmard-train.jar")),
                "target/mmard-train.jar is not built: ./mmard test builds it first");
        this.folder = folder;
        Shell plain = new Shell(folder).with("MMARD_CLUSTER_DIR", folder.resolve("cluster")).with("MMARD_HDFS_DIR", folder.resolve("hdfs"))
                .with("SPARK_LOCAL_IP", "127.0.0.1").with("OMP_NUM_THREADS", "1");
        succeeds(plain, CLUSTER, "start", "2");
        succeeds(plain, HDFS, "start");
        master = succeeds(plain, CLUSTER, "url").strip();
        shell = plain.with("MMARD_MASTER", master);
        hdfs = succeeds(plain, HDFS, "uri").strip();
        mmard("data", "shapes", "--out", uri("shapes"), "--train", "480", "--test", "40");
    }

    @Override
    public void close() throws Exception {
        shell.run(CLUSTER, "stop");
        shell.run(HDFS, "stop");
    }

    /** Where something lies on HDFS. */
    String uri(String name) {
        return hdfs + "/" + name;
    }

    /**
     * A run of two executors on a tiny network: {@code --conf} and {@code -D run.directory}, then {@code more}. Epochs have 20 minibatches.
     */
    String[] run(String name, String method, int epochs, String... more) throws IOException {
        Path conf = folder.resolve(name + ".conf");
        Files.writeString(conf, String.join("\n",
                "data.uri = \"" + uri("shapes") + "\"", "method.name = " + method, "student.architecture = cnn-4-8",
                "attack { steps = 2, step-size = 5/255 }",
                "training { epochs = " + epochs + ", batch = 20, learning-rate = 0.05, milestones = [] }",
                "validation { examples = 80, steps = 2, batch = 40 }", "cluster.executors = 2"));
        return Stream.concat(Stream.of("--conf", conf.toString(), "-D", "run.directory=" + uri("runs/" + name)), Arrays.stream(more))
                .toArray(String[]::new);
    }

    Submitted train(String... arguments) throws IOException {
        return new Submitted(shell, folder, JOBS.resolve("train.sh"), arguments);
    }

    Submitted evaluate(String... arguments) throws IOException {
        return new Submitted(shell, folder, JOBS.resolve("evaluate.sh"), arguments);
    }

    String mmard(String... arguments) throws Exception {
        return succeeds(shell, Shell.CHECKOUT.resolve("mmard"), arguments);
    }

    Shell.Outcome tryMmard(String... arguments) throws Exception {
        return shell.run(Shell.CHECKOUT.resolve("mmard"), arguments);
    }

    String dfs(String... arguments) throws Exception {
        return succeeds(shell, HDFS, Stream.concat(Stream.of("dfs"), Arrays.stream(arguments)).toArray(String[]::new));
    }

    void hdfs(String... arguments) throws Exception {
        succeeds(shell, HDFS, arguments);
    }

    void cluster(String... arguments) throws Exception {
        succeeds(shell, CLUSTER, arguments);
    }

    /** The lines of a run's metrics. */
    List<JsonNode> metrics(String run) throws Exception {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : dfs("-cat", uri("runs/" + run + "/metrics.jsonl")).lines().toList()) {
            lines.add(JSON.readTree(line));
        }
        return lines;
    }

    JsonNode json(String file) throws Exception {
        return JSON.readTree(dfs("-cat", uri(file)));
    }

    /** The process of a worker, counted from 1. */
    ProcessHandle worker(int number) throws IOException {
        long pid = Long.parseLong(Files.readString(folder.resolve("cluster").resolve("worker-" + number + ".pid")).split(" ")[0]);
        return ProcessHandle.of(pid).orElseThrow();
    }

    /** The executor that started last, so that it is none that is still going down after an earlier run. */
    ProcessHandle executor() throws IOException {
        return Stream.concat(worker(1).children(), worker(2).children())
                .max(Comparator.comparing(process -> process.info().startInstant().orElseThrow())).orElseThrow();
    }

    private static String succeeds(Shell shell, Path command, String... arguments) throws Exception {
        Shell.Outcome outcome = shell.run(command, arguments);
        assertEquals(0, outcome.exit(),
                () -> command.getFileName() + " " + String.join(" ", arguments) + "\n" + outcome.out() + outcome.error());
        return outcome.out();
    }

    /** A process that must not outlive its test, and what it says. */
    static final class Submitted implements AutoCloseable {
        private static final int PATIENCE_SECONDS = 300;

        private final Path out;
        private final Path error;
        private final Process process;

        Submitted(Shell shell, Path folder, Path command, String... arguments) throws IOException {
            out = Files.createTempFile(folder, "out", ".txt");
            error = Files.createTempFile(folder, "error", ".txt");
            process = shell.start(out.toFile(), error.toFile(), command, arguments);
        }

        ProcessHandle process() {
            return process.toHandle();
        }

        String said() {
            try {
                return Files.readString(out) + Files.readString(error);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }

        /** Waits for a line with all these words and returns it. */
        String await(String... words) throws Exception {
            for (int tenths = 0; tenths < PATIENCE_SECONDS * 10; tenths++) {
                boolean ended = !process.isAlive();
                for (String line : said().lines().toList()) {
                    if (Arrays.stream(words).allMatch(line::contains)) {
                        return line;
                    }
                }
                assertTrue(!ended, () -> "ended with " + process.exitValue() + " before it said " + List.of(words) + ":\n" + said());
                Thread.sleep(100);
            }
            throw new AssertionError("has not said " + List.of(words) + ":\n" + said());
        }

        int exit() throws Exception {
            assertTrue(process.waitFor(PATIENCE_SECONDS, java.util.concurrent.TimeUnit.SECONDS), () -> "does not end:\n" + said());
            return process.exitValue();
        }

        void succeeds() throws Exception {
            int exit = exit();
            assertEquals(0, exit, this::said);
        }

        @Override
        public void close() {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }
}
