package org.mmard.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedMemoryTest {
    private static final long MINUTE = 60_000;

    private static void age(Path folder, Duration age) throws Exception {
        Files.setLastModifiedTime(folder, FileTime.from(Instant.now().minus(age)));
    }

    @Test
    void removesOnlyWhatTheDeadLeft(@TempDir Path parent) throws Exception {
        Path dead = Files.createDirectory(parent.resolve("aeron-me-dead"));
        Path fresh = Files.createDirectory(parent.resolve("aeron-me-fresh"));
        Path others = Files.createDirectory(parent.resolve("aeron-you-dead"));
        Path alive = parent.resolve("aeron-me-alive");
        MediaDriver.Context context = new MediaDriver.Context().aeronDirectoryName(alive.toString()).threadingMode(ThreadingMode.SHARED);
        try (MediaDriver driver = MediaDriver.launch(context)) {
            for (Path folder : new Path[] {dead, others, alive}) {
                age(folder, Duration.ofHours(1));
            }
            SharedMemory.removeRemains(parent.toFile(), "aeron-me-", MINUTE, MINUTE);
            assertTrue(Files.exists(alive));
        }
        assertFalse(Files.exists(dead));
        assertTrue(Files.exists(fresh));
        assertTrue(Files.exists(others));
    }

    /** A media driver in a process of its own, which says when it is there. */
    public static final class Victim {
        private Victim() {}

        public static void main(String[] arguments) throws Exception {
            MediaDriver.launch(new MediaDriver.Context().aeronDirectoryName(arguments[0]).threadingMode(ThreadingMode.SHARED));
            System.out.println("there");
            Thread.sleep(Long.MAX_VALUE);
        }
    }

    @Test
    void aKilledProcessesFolderIsRemovedLongBeforeASilentOnes(@TempDir Path parent) throws Exception {
        Path folder = parent.resolve("aeron-me-killed");
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream().filter(argument -> argument.startsWith("--add-")).forEach(command::add);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Victim.class.getName(), folder.toString()));
        Process victim = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        assertEquals("there", victim.inputReader().readLine());
        SharedMemory.removeRemains(parent.toFile(), "aeron-me-", 1, 60 * MINUTE);
        assertTrue(Files.exists(folder));
        victim.destroyForcibly().waitFor();
        Thread.sleep(10);
        SharedMemory.removeRemains(parent.toFile(), "aeron-me-", 1, 60 * MINUTE);
        assertFalse(Files.exists(folder));
    }
}
