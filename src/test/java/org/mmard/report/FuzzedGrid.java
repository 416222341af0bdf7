package org.mmard.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.mmard.fuzz.FuzzedReader;
import org.mmard.fuzz.Mutations;

/** What a grid left behind. */
public final class FuzzedGrid implements FuzzedReader {
    private static final String GOOD =
            """
            {"examples": 30, "attacks": ["pgd20"], "teachers": [
              {"name": "weak", "accuracy": {"clean": 0.75, "pgd20": 0.125}},
              {"name": "strong", "accuracy": {"clean": 0.5, "pgd20": 0.375}}], "cells": [
              {"inner": "rslad", "outer": "mmard", "teacher": "weak", "runs": [
                {"seed": 1, "directory": "x/rslad-mmard-1", "accuracy": {"clean": 0.5, "pgd20": 0.25}, "failure": null}]},
              {"inner": "adaad", "outer": "mmard", "runs": [{"seed": 1, "directory": "x/adaad-mmard-1", "accuracy": {}, "failure": "diverged"}]}]}""";

    @Override
    public String name() {
        return "grid";
    }

    @Override
    public void write(Path folder, SplittableRandom random) throws IOException {
        Files.write(folder.resolve("grid.json"), Mutations.json(GOOD, random).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void read(Path folder) {
        FuzzedRunDirectory.page(folder);
    }
}
