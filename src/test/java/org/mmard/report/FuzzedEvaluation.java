package org.mmard.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.mmard.fuzz.FuzzedReader;
import org.mmard.fuzz.Mutations;

/** An evaluation without its run. */
public final class FuzzedEvaluation implements FuzzedReader {
    @Override
    public String name() {
        return "evaluation";
    }

    @Override
    public void write(Path folder, SplittableRandom random) throws IOException {
        Files.write(folder.resolve("evaluation.json"),
                Mutations.json(FuzzedRunDirectory.EVALUATION, random).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void read(Path folder) {
        FuzzedRunDirectory.page(folder);
    }
}
