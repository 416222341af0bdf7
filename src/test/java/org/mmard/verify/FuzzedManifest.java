package org.mmard.verify;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.mmard.fuzz.FuzzedReader;
import org.mmard.fuzz.Mutations;

/** The manifest of a fixture. */
public final class FuzzedManifest implements FuzzedReader {
    private static final String GOOD = """
            {"arrays": {"x": {"shape": [4, 3, 32, 32], "absmax": 1.0}, "labels": {"shape": [4]}}, "batch": 4, "classes": 10, "eps": 0.03, "step": 0.007, "steps": 3,
             "student_width": 4, "teacher_width": 8, "bn_eps": 1e-05, "bn_momentum": 0.1, "bn_running_var": "unbiased", "tri_norm": "sqrt(sum v^2 + 1e-8)",
             "methods": {"mmard": {"inner": "mmard", "outer": "mmard", "params": {"a": 0.5, "reduction": "batch-mean"}, "attack": "adv", "start": "none", "clip_start": false,
                "attack_bn": "eval", "bn_forward_order": ["adv", "nat"]}}}""";

    @Override
    public String name() {
        return "manifest";
    }

    @Override
    public void write(Path folder, SplittableRandom random) throws IOException {
        Files.write(folder.resolve("manifest.json"), Mutations.json(GOOD, random).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void read(Path folder) {
        ManifestReader.read(folder.resolve("manifest.json"));
    }
}
