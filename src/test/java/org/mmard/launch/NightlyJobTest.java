package org.mmard.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.cli.Mmard;

/** {@code spark-jobs/nightly.sh}, its runs on HDFS, with a spark-submit that starts our classes from where the tests have them. */
@Tag("cluster")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class NightlyJobTest {
    private static final Path NIGHTLY = Shell.CHECKOUT.resolve("spark-jobs/nightly.sh");
    private static final Path HDFS = Shell.CHECKOUT.resolve("deploy/local/hdfs.sh");
    private static final int EPOCHS = 6;

    @TempDir
    private Path folder;
    private Shell shell;

    @BeforeEach
    void makeSparkSubmit() throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java") + " "
                + ManagementFactory.getRuntimeMXBean().getInputArguments().stream().filter(a -> a.startsWith("--add-"))
                        .collect(Collectors.joining(" "));
        Path submit = Files.createDirectories(folder.resolve("spark/bin")).resolve("spark-submit");
        Files.writeString(submit,
                "#!/bin/bash\nwhile [[ $1 != *.jar ]]; do shift; done\nshift\nexec " + java + " -Xmx1g -Dmmard.log='"
                        + folder.resolve("mmard.log")
                        + "' -Dlog4j2.configurationFile=org/mmard/log4j2.properties -cp '" + System.getProperty("java.class.path") + "' "
                        + Mmard.class.getName() + " \"$@\"\n");
        Files.setPosixFilePermissions(submit, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path jar = Files.writeString(folder.resolve("a.jar"), "");
        shell = new Shell(folder).with("SPARK_HOME", folder.resolve("spark")).with("MMARD_JAR", jar)
                .with("XDG_CACHE_HOME", folder.resolve("cache"))
                .with("MMARD_MASTER", "local[1]").with("SPARK_LOCAL_IP", "127.0.0.1").with("OMP_NUM_THREADS", "1")
                .with("MMARD_NIGHTLY_CONF", folder.resolve("nightly.conf")).with("MMARD_NIGHTLY_ATTACKS", "clean,fgsm")
                .with("MMARD_NIGHTLY_EXAMPLES", "20");
    }

    @AfterEach
    void stopFilesystem() throws Exception {
        hdfs("stop");
    }

    @Test
    void aNightThatWasStoppedIsGoneOnWithAndEndsInAPublishedStudent() throws Exception {
        hdfs("start");
        String uri = hdfs("uri").strip();
        String data = uri + "/shapes";
        assertEquals(0, shell
                .run(folder.resolve("spark/bin/spark-submit"), "a.jar", "data", "shapes", "--out", data, "--train", "120", "--test", "20")
                .exit());
        Files.writeString(folder.resolve("nightly.conf"),
                String.join("\n", "data.uri = \"" + data + "\"", "method.name = natural", "student.architecture = cnn-4-8",
                        "training { epochs = " + EPOCHS + ", batch = 40, learning-rate = 0.05, milestones = [] }",
                        "validation { examples = 40, steps = 1, batch = 40 }"));
        shell = shell.with("MMARD_NIGHTLY_DATA", data).with("MMARD_NIGHTLY_RUNS", uri + "/runs");

        File out = folder.resolve("first").toFile();
        Process first = shell.with("MMARD_NIGHT", "2026-11-22").start(out, folder.resolve("first.err").toFile(), NIGHTLY);
        await(first, out, "trains ");
        Shell.Outcome second = shell.with("MMARD_NIGHT", "2026-11-22").run(NIGHTLY);
        assertEquals(0, second.exit());
        assertTrue(second.out().contains("another one works on " + uri + "/runs: nothing done"), second.out());
        await(first, out, "/" + EPOCHS + "   loss");
        first.destroy();
        assertTrue(first.waitFor(30, TimeUnit.SECONDS), "a stopped night ends soon");
        assertEquals(143, first.exitValue(), Files.readString(out.toPath()));

        Shell.Outcome next = shell.with("MMARD_NIGHT", "2026-11-23").run(NIGHTLY);

        assertEquals(0, next.exit(), next.out() + next.error());
        assertTrue(next.out().contains("trains " + uri + "/runs/2026-11-22"), next.out());
        assertTrue(next.out().contains("published, as the first: "), next.out());
        JsonNode current = new ObjectMapper().readTree(hdfs("dfs", "-cat", uri + "/runs/published/current.json"));
        assertEquals(uri + "/runs/2026-11-22", current.get("run").asText());
        hdfs("dfs", "-test", "-e", current.get("student").asText());
        List<Integer> epochs = new ArrayList<>();
        for (String line : hdfs("dfs", "-cat", uri + "/runs/2026-11-22/metrics.jsonl").lines().toList()) {
            epochs.add(new ObjectMapper().readTree(line).get("epoch").asInt());
        }
        assertEquals(java.util.stream.IntStream.rangeClosed(1, EPOCHS).boxed().toList(), epochs);

        String kept = hdfs("dfs", "-ls", "-C", uri + "/runs/2026-11-22/checkpoints");
        assertTrue(kept.lines().filter(line -> line.endsWith(".zip")).count() <= 3, "the newest two and the best: " + kept);

        Shell.Outcome again = shell.with("MMARD_NIGHT", "2026-11-22").run(NIGHTLY);
        assertEquals(0, again.exit());
        assertTrue(again.out().contains("the run of 2026-11-22 is finished: nothing to do"), again.out());
    }

    @Test
    void aMistakeIsOneLineWithTheExitCodeOfTheJobThatFoundIt() throws Exception {
        Shell.Outcome unset = shell.with("MMARD_NIGHTLY_DATA", "here").run(NIGHTLY);
        assertEquals(2, unset.exit());
        assertTrue(unset.error().startsWith("nightly.sh: MMARD_NIGHTLY_RUNS is not set"), unset.error());

        Shell.Outcome absent = shell.with("MMARD_NIGHTLY_DATA", "here").with("MMARD_NIGHTLY_RUNS", folder.resolve("runs"))
                .with("MMARD_NIGHT", "one").run(NIGHTLY);
        assertEquals(2, absent.exit(), absent.out() + absent.error());
        assertTrue(absent.error().contains("nightly.conf"), absent.error());
        assertTrue(absent.out().contains("trains file:" + folder.resolve("runs/one")) && absent.out().contains("(exit code 2)"),
                absent.out());
    }

    private static void await(Process process, File out, String words) throws Exception {
        while (!Files.readString(out.toPath()).contains(words)) {
            assertTrue(process.isAlive(), () -> "it ended before it said " + words + ":\n" + said(out));
            Thread.sleep(50);
        }
    }

    private static String said(File file) {
        try {
            return Files.readString(file.toPath());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private String hdfs(String... arguments) throws Exception {
        // Its Hadoop classes are those of the real Spark.
        Shell.Outcome outcome = new Shell(folder).with("MMARD_HDFS_DIR", folder.resolve("hdfs")).run(HDFS, arguments);
        assertEquals(0, outcome.exit(), () -> String.join(" ", arguments) + "\n" + outcome.out() + outcome.error());
        return outcome.out();
    }
}
