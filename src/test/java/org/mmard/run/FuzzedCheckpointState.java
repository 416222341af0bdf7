package org.mmard.run;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import org.mmard.fuzz.FuzzedReader;
import org.mmard.fuzz.Mutations;
import org.mmard.step.Tally;

/** Where a run stands, as its checkpoint says it. */
public final class FuzzedCheckpointState implements FuzzedReader {
    @Override
    public String name() {
        return "checkpoint-state";
    }

    @Override
    public void write(Path folder, SplittableRandom random) throws IOException {
        Tally tally = new Tally("vm", "cpu", 35, 1, 2240, 7.5, 2176, new BigDecimal("1234.5678"),
                Map.of("triangle", new BigDecimal("0.125")), random.nextBoolean() ? null : 300L, 200L);
        CheckpointState state =
                new CheckpointState("settings", 3, 213, new ValidationAccuracy(0.5, 0.25, 100), new CheckpointState.Best(2, 0.5, 0.3),
                        random.nextBoolean() ? null : new EpochSums(Map.of("0", tally), 12.5));
        Files.write(folder.resolve(CheckpointState.ENTRY),
                Mutations.json(new String(state.json(), StandardCharsets.UTF_8), random).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void read(Path folder) throws IOException {
        CheckpointState state = CheckpointState.parse(Files.readAllBytes(folder.resolve(CheckpointState.ENTRY)), "checkpoint.zip");
        if (state.begun() != null) {
            state.begun().plus(state.begun()).report();
        }
        if (!CheckpointState.parse(state.json(), "again").equals(state)) {
            throw new IllegalStateException("what is written is not what was read");
        }
    }
}
