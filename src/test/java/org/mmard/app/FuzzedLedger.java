package org.mmard.app;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.mmard.attack.Outcome;
import org.mmard.fuzz.FuzzedReader;
import org.mmard.fuzz.Mutations;
import org.mmard.run.RunDirectory;

/** What an evaluation that was stopped has saved, in two parts of one attack. */
public final class FuzzedLedger implements FuzzedReader {
    private static final String IDENTITY = "model 0";
    private static final int EXAMPLES = 6;
    private static final int CLASSES = 2;

    @Override
    public String name() {
        return "ledger";
    }

    private static EvaluationState open(Path folder) {
        return EvaluationState.open(RunDirectory.at(folder.toString(), new Configuration(false)), IDENTITY, EXAMPLES, CLASSES, false);
    }

    @Override
    public void write(Path folder, SplittableRandom random) throws IOException {
        EvaluationState state = open(folder);
        for (int from : new int[] {0, 3}) {
            state.add("pgd20",
                    new Outcome(new int[] {from, from + 1, from + 2}, new int[] {0, 1, 0}, new boolean[] {true, false, true}, 1.5), null);
        }
        List<Path> parts;
        try (Stream<Path> files = Files.walk(folder)) {
            parts = files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
        }
        Path victim = parts.get(random.nextInt(parts.size()));
        Files.write(random.nextInt(5) == 0 ? victim.resolveSibling("pgd20-" + random.nextInt(9) + ".json") : victim,
                Mutations.json(Files.readString(victim), random).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void read(Path folder) {
        EvaluationState state = open(folder);
        int[] records = state.known("pgd20").records();
        if (IntStream.of(records).distinct().count() != records.length
                || IntStream.of(records).anyMatch(record -> record < 0 || record >= EXAMPLES)) {
            throw new IllegalStateException("records that no image has");
        }
        state.delete();
    }
}
