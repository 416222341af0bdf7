package org.mmard.run;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import org.apache.hadoop.conf.Configuration;
import org.mmard.failure.InputError;
import org.mmard.fuzz.FuzzedReader;
import org.mmard.fuzz.Mutations;

/** The lock of a driver that is gone. Whatever it is, it is taken over; what is no lock any more counts as refused. */
public final class FuzzedLock implements FuzzedReader {
    private static final String GOOD =
            """
            {"id": "another", "host": "elsewhere", "machine": "another boot", "process": {"pid": 12, "start": 34}, "since": "2026-01-01T00:00:00Z", "beat": "2026-01-01T00:00:00Z"}""";
    private static final String TAKEN = "taken";
    private static final RunLock.Timing QUICK = new RunLock.Timing(Duration.ofMillis(50), Duration.ofMillis(20));

    @Override
    public String name() {
        return "lock";
    }

    @Override
    public void write(Path folder, SplittableRandom random) throws IOException {
        if (random.nextInt(10) == 0) {
            Files.createFile(folder.resolve(TAKEN));
        }
        Files.write(folder.resolve(RunDirectory.LOCK), Mutations.json(GOOD, random).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void read(Path folder) throws IOException {
        boolean lock = LockHolder.parse(Files.readAllBytes(folder.resolve(RunDirectory.LOCK))).isPresent();
        // To take it is to wait for others who might, which takes its time.
        if (Files.exists(folder.resolve(TAKEN))) {
            RunDirectory.at(folder.toString(), new Configuration(false)).lock(QUICK, line -> {}).close();
        }
        if (!lock) {
            throw new InputError("no lock: taken over");
        }
    }
}
