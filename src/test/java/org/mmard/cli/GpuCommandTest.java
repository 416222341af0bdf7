package org.mmard.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.data.ShapesFolder;
import org.mmard.engine.Cuda;

/** Commands that are asked for a GPU, in a build that has none. */
class GpuCommandTest {
    private static final String REFUSAL =
            "mmard: engine.device = cuda, but this build has no CUDA: make one that has with ./mmard --cuda build\n";

    @ParameterizedTest
    @ValueSource(strings = {"gpu check", "gpu check --json", "bench step --device cuda", "report runs --device cuda",
        "quickstart --device cuda"})
    void isRefusedInOneLineBeforeAnythingBegins(String command) {
        assumeFalse(Cuda.built());
        Outcome outcome = Outcome.of(command.split(" "));
        assertEquals(2, outcome.exit());
        assertEquals(REFUSAL, outcome.err());
        assertEquals("", outcome.out());
    }

    @Test
    void trainingIsRefusedAndLeavesNoRun(@TempDir Path folder) {
        assumeFalse(Cuda.built());
        new ShapesFolder(200, 20, 1).write(folder.resolve("shapes").toString(), new org.apache.hadoop.conf.Configuration());
        Outcome outcome = Outcome.of("train", "--conf", "conf/quickstart.conf", "-D", "data.uri=" + folder.resolve("shapes"), "-D",
                "run.directory=" + folder.resolve("run"),
                "-D", "method.name=natural", "-D", "student.architecture=cnn-4-8", "-D", "validation.examples=20", "-D",
                "training.batch=20", "-D", "cluster.executors=1", "-D", "engine.device=cuda");
        assertEquals(2, outcome.exit(), outcome.err());
        assertTrue(outcome.err().endsWith(REFUSAL), outcome.err());
        assertTrue(Files.notExists(folder.resolve("run/run.conf")));
    }
}
