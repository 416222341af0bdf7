package org.mmard.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code spark-jobs/submit.sh}, with a spark-submit of the test's own that prints its arguments. */
class SubmitScriptTest {
    private static final String JAR = "local:///opt/mmard/mmard-train.jar";

    @TempDir
    private Path folder;

    @BeforeEach
    void sparkHome() throws Exception {
        Path script = Files.createDirectories(folder.resolve("spark/bin")).resolve("spark-submit");
        Files.writeString(script, "#!/bin/bash\nprintf '%s\\n' \"$@\"\n");
        assertTrue(script.toFile().setExecutable(true));
    }

    private Shell shell() {
        return new Shell(Shell.CHECKOUT).with("SPARK_HOME", folder.resolve("spark"));
    }

    private static Shell.Outcome train(Shell shell) throws Exception {
        return shell.run("spark-jobs/train.sh", "--conf", "a.conf");
    }

    @ParameterizedTest
    @ValueSource(strings = {"standalone", "yarn", "kubernetes"})
    void gpusAreSwitchedOnByTheFileBesideTheProperties(String cluster) throws Exception {
        String properties = "deploy/" + cluster + "/spark-defaults.conf";

        Shell.Outcome outcome = train(shell().with("MMARD_JAR", JAR).with("MMARD_PROPERTIES", properties).with("MMARD_GPUS", 1));

        assertEquals(0, outcome.exit(), outcome.error());
        List<String> arguments = outcome.out().lines().toList();
        assertEquals(
                List.of("--properties-file", properties, "--conf", "spark.executor.resource.gpu.amount=1", "--conf",
                        "spark.task.resource.gpu.amount=1"),
                arguments.subList(0, 6));
        assertTrue(arguments.contains("spark.executor.memoryOverhead=6g"), outcome.out());
        assertEquals(List.of("--driver-memory", "2g", JAR, "train", "--conf", "a.conf"),
                arguments.subList(arguments.size() - 6, arguments.size()));
    }

    @Test
    void withoutThemNothingAsksForGpus() throws Exception {
        Shell.Outcome outcome = train(shell().with("MMARD_JAR", JAR).with("MMARD_PROPERTIES", "deploy/yarn/spark-defaults.conf"));

        assertEquals(0, outcome.exit(), outcome.error());
        assertTrue(!outcome.out().contains("gpu"), outcome.out());
    }

    @Test
    void mistakesAreSaidInOneLine() throws Exception {
        refused(shell().with("MMARD_JAR", JAR).with("MMARD_GPUS", 1), "train.sh: MMARD_GPUS=1 wants MMARD_PROPERTIES");
        refused(shell().with("MMARD_JAR", JAR).with("MMARD_GPUS", "two"), "train.sh: MMARD_GPUS is two: give 1");
        refused(shell().with("MMARD_JAR", JAR).with("MMARD_GPUS", 1).with("MMARD_PROPERTIES", folder.resolve("my.conf")),
                "train.sh: " + folder.resolve("gpu.conf") + " does not exist");
        refused(shell().with("MMARD_JAR", folder.resolve("none.jar")), "train.sh: " + folder.resolve("none.jar") + " does not exist");
    }

    private static void refused(Shell shell, String beginning) throws Exception {
        Shell.Outcome outcome = train(shell);
        assertEquals(2, outcome.exit(), outcome.out());
        assertTrue(outcome.error().startsWith(beginning) && outcome.error().lines().count() == 1, outcome.error());
    }
}
