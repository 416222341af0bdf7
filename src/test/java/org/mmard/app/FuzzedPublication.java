package org.mmard.app;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.apache.hadoop.conf.Configuration;
import org.mmard.fuzz.FuzzedReader;
import org.mmard.fuzz.Mutations;
import org.mmard.model.ModelFile;
import org.mmard.run.RunDirectory;

/** What {@code nightly publish} finds where it publishes: whatever it says, somebody's folder beside it stays. */
public final class FuzzedPublication implements FuzzedReader {
    private static final String EVALUATION =
            """
            {"examples": 2, "clean": {"accuracy": 1, "correct": [1, 1]}, "attacks": {"pgd20": {"robust_accuracy": 0.5, "robust": %s}}, "model_sha256": "%s", "data_sha256": "d"}""";

    @Override
    public String name() {
        return "publication";
    }

    @Override
    public void write(Path folder, SplittableRandom random) throws IOException {
        PublishedStudents published =
                new PublishedStudents(RunDirectory.at(folder.resolve("published").toString(), new Configuration(false)), line -> {});
        for (int run = 0; run < 3; run++) {
            Path own = Files.createDirectories(folder.resolve("run" + run));
            String model =
                    ModelFile.checksum(Files.writeString(own.resolve("best.zip"), "model " + run).toString(), new Configuration(false));
            Files.writeString(own.resolve("evaluation.json"),
                    EVALUATION.formatted(run == 0 ? "[0, 0]" : run == 1 ? "[1, 0]" : "[1, 1]", model));
            if (run < 2) {
                published.offer(RunDirectory.at(own.toString(), new Configuration(false)));
            }
        }
        Path victim = folder.resolve(random.nextInt(3) > 0 ? "published/current.json" : "run2/evaluation.json");
        // The time of writing must not decide.
        Files.write(victim, Mutations.json(Files.readString(victim).replaceAll("\"time\" : \"[^\"]*\"", "\"time\" : \"then\""), random)
                .getBytes(StandardCharsets.UTF_8));
        Files.writeString(Files.createDirectories(folder.resolve("published/precious-00000000")).resolve("best.zip"), "mine");
    }

    @Override
    public void read(Path folder) throws IOException {
        try {
            new PublishedStudents(RunDirectory.at(folder.resolve("published").toString(), new Configuration(false)), line -> {})
                    .offer(RunDirectory.at(folder.resolve("run2").toString(), new Configuration(false)));
        } finally {
            if (!Files.readString(folder.resolve("published/precious-00000000/best.zip")).equals("mine")) {
                throw new IllegalStateException("somebody's file is gone");
            }
        }
    }
}
