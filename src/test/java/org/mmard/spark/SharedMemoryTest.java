package org.mmard.spark;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
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
            SharedMemory.removeRemains(parent.toFile(), "aeron-me-", MINUTE);
            assertTrue(Files.exists(alive));
        }
        assertFalse(Files.exists(dead));
        assertTrue(Files.exists(fresh));
        assertTrue(Files.exists(others));
    }
}
