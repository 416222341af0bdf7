package org.mmard.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.data.ImageShape;
import org.mmard.model.Architectures;
import org.mmard.model.ModelFile;

class CheckpointsCommandTest {
    @TempDir
    Path folder;

    private Path run;

    /** Two epochs, of which the first is the best, as a run leaves them. */
    @BeforeEach
    void aRun() throws Exception {
        run = folder.resolve("run");
        Files.createDirectories(run.resolve("checkpoints"));
        Files.writeString(run.resolve("run.conf"), "");
        Files.writeString(run.resolve("metrics.jsonl"), """
                {"epoch":1,"clean_accuracy":0.5,"robust_accuracy":0.25,"validation_examples":4,"best":true,"time":"2026-01-02T03:04:05.678Z"}
                {"epoch":2,"clean_accuracy":null,"robust_accuracy":null,"validation_examples":0,"best":false,"time":"2026-01-02T04:05:06Z"}
                """);
        for (String name : List.of("checkpoints/epoch-0001.zip", "checkpoints/epoch-0002.zip", "best.zip", "last.zip")) {
            Path file = run.resolve(name);
            try (var out = Files.newOutputStream(file)) {
                ModelFile.write(out, Architectures.network("cnn-4-4", 2, name.equals("best.zip") || name.contains("1") ? 1 : 2),
                        new ModelFile.Metadata("cnn-4-4", ImageShape.CIFAR, List.of("a", "b"), "none", Map.of()),
                        Map.of());
            }
            String sum = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
            Files.writeString(Path.of(file + ".sha256"), sum + "  " + file.getFileName() + "\n");
        }
    }

    private Outcome checkpoints(String command, String... options) {
        return Outcome.of(Stream.concat(Stream.of("checkpoints", command, run.toString()), Arrays.stream(options))
                .toArray(String[]::new));
    }

    @Test
    void listsATableThatIsTheSameInEveryLocale() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
            List<String> lines = checkpoints("list").out().lines().toList();
            assertEquals(4, lines.size(), lines.toString());
            assertTrue(lines.get(1).matches(" {5}1  2026-01-02 03:04:05 +\\d+\\.\\d KiB +50\\.0 % +25\\.0 %  best"), lines.get(1));
            assertTrue(lines.get(2).matches(" {5}2  2026-01-02 04:05:06 +\\d+\\.\\d KiB +- +-  last"), lines.get(2));
            assertTrue(lines.get(3).matches("2 checkpoints, \\d+\\.\\d KiB, in file:" + run), lines.get(3));
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void listsForProgramsToo() {
        Outcome outcome = checkpoints("list", "--json");
        assertTrue(outcome.out().startsWith(
                "[{\"epoch\":1,\"uri\":\"file:" + run + "/checkpoints/epoch-0001.zip\",\"time\":\"2026-01-02T03:04:05.678Z\",\"bytes\":"),
                outcome.out());
        assertTrue(outcome.out().contains("\"clean_accuracy\":0.5,\"robust_accuracy\":0.25,\"best\":true,\"last\":false},{\"epoch\":2,"),
                outcome.out());
    }

    @Test
    void getsTheBestUnlessToldOtherwise() throws IOException {
        Path to = folder.resolve("student.zip");
        Outcome outcome = checkpoints("get", "--to", to.toString());
        assertEquals(0, outcome.exit(), outcome.err());
        assertTrue(outcome.out().matches("(?s).*student.zip: \\d+\\.\\d KiB of file:.*/run/best.zip, SHA-256 [0-9a-f]{64} as recorded\\R"),
                outcome.out());
        assertEquals(-1, Files.mismatch(run.resolve("best.zip"), to));

        Outcome again = checkpoints("get", "--last", "--to", to.toString());
        assertEquals(2, again.exit());
        assertEquals("mmard: " + to + ": is there already; choose another name, or --force", again.err().strip());
        assertEquals(0, checkpoints("get", "--epoch", "2", "--to", to.toString(), "--force").exit());
    }

    @Test
    void verifyEndsWithOneWhereAFileIsDamaged() throws IOException {
        Outcome whole = checkpoints("verify");
        assertEquals(new Outcome(0, "file:" + run + ": 4 files, all as recorded\n", ""), whole);
        Files.writeString(run.resolve("last.zip"), "x");
        Outcome damaged = checkpoints("verify");
        assertEquals(1, damaged.exit());
        assertEquals(2, damaged.out().lines().count(), damaged.out());
        assertTrue(damaged.out().startsWith("file:" + run + "/last.zip: damaged or cut short: "), damaged.out());
        assertTrue(damaged.out().endsWith(": 3 of 4 files as recorded, 1 damaged\n"), damaged.out());
    }

    @Test
    void goesPastEveryKindOfDamageNamingIt() throws Exception {
        Path checkpoints = run.resolve("checkpoints");
        Files.copy(run.resolve("checkpoints/epoch-0002.zip"), checkpoints.resolve("epoch-0009.zip"));
        Files.copy(run.resolve("checkpoints/epoch-0002.zip.sha256"), checkpoints.resolve("epoch-0009.zip.sha256"));
        Files.writeString(checkpoints.resolve("epoch-0009.zip.sha256"),
                Files.readString(checkpoints.resolve("epoch-0009.zip.sha256")).replace("0002", "0009"));
        Files.createDirectory(checkpoints.resolve("epoch-0003.zip"));
        assertEquals(0, new ProcessBuilder("mkfifo", checkpoints.resolve("epoch-0004.zip").toString()).start().waitFor());
        Files.write(checkpoints.resolve("epoch-0005.zip"), new byte[0]);
        Files.write(checkpoints.resolve("epoch-0006.zip"), new byte[100]);
        Files.createDirectory(checkpoints.resolve("epoch-0006.zip.sha256"));
        Files.writeString(checkpoints.resolve("epoch-0007.zip"), "x");
        Files.writeString(checkpoints.resolve("epoch-0007.zip.sha256"), "\u001b[31m");
        Files.writeString(checkpoints.resolve("epoch-0000.zip"), "x");
        Outcome listed = checkpoints("list");
        assertEquals(0, listed.exit(), listed.err());
        assertTrue(listed.err().contains("epoch-0003.zip: a folder, where a checkpoint is wanted"), listed.err());
        Outcome verified = checkpoints("verify");
        assertEquals(1, verified.exit());
        for (int epoch = 3; epoch <= 7; epoch++) {
            assertTrue(verified.out().contains("/checkpoints/epoch-000" + epoch + ".zip"), verified.out());
        }
        assertTrue(verified.out().contains("5 of 11 files as recorded"), verified.out());
        Files.delete(checkpoints.resolve("epoch-0004.zip"));
        Outcome pruned = checkpoints("prune", "--keep-last", "1");
        assertEquals(0, pruned.exit(), pruned.err());
        // The best stays, and the newest that is whole; nothing that is not as it was recorded goes.
        assertTrue(pruned.out().startsWith("removed checkpoints/epoch-0002.zip, "), pruned.out());
        assertEquals(pruned.err().lines().count(),
                pruned.err().lines().filter(line -> line.endsWith("it is left alone") || line.endsWith("is wanted")).count(), pruned.err());
        for (int epoch : new int[] {1, 3, 5, 6, 7, 9}) {
            assertTrue(Files.exists(checkpoints.resolve("epoch-000" + epoch + ".zip")), "epoch " + epoch);
        }
        assertTrue((listed.err() + verified.out() + pruned.err()).chars().noneMatch(c -> c == 27));
    }

    @Test
    void aFullDiskIsBlamedForACopyThatCannotBeWritten() {
        Outcome outcome = checkpoints("get", "--to", "/dev/full", "--force");
        assertEquals(2, outcome.exit());
        assertTrue(outcome.err().startsWith("mmard: /dev/full: "), outcome.err());
    }

    @Test
    void prunesAndSaysWhat() throws IOException {
        Files.delete(run.resolve("best.zip"));
        Files.delete(run.resolve("best.zip.sha256"));
        Files.writeString(run.resolve("metrics.jsonl"), Files.readString(run.resolve("metrics.jsonl")).replace("true", "false"));
        Outcome would = checkpoints("prune", "--keep-last", "1", "--dry-run");
        assertTrue(would.out().matches("would remove checkpoints/epoch-0001.zip, \\d+\\.\\d KiB\\Rwould remove 1 checkpoint, .*\\R"),
                would.out());
        assertTrue(Files.exists(run.resolve("checkpoints/epoch-0001.zip")));
        Outcome done = checkpoints("prune", "--keep-last", "1");
        assertEquals(would.out().replace("would remove", "removed"), done.out());
        assertTrue(Files.notExists(run.resolve("checkpoints/epoch-0001.zip")));
        assertTrue(Files.exists(run.resolve("checkpoints/epoch-0002.zip")));
    }

    @Test
    void aRunThatWasStoppedInItsFirstEpochHasNothingToRemoveOrToGet() throws IOException {
        Files.move(run.resolve("checkpoints/epoch-0001.zip"), run.resolve("checkpoints/interrupted.zip"));
        for (String name : List.of("checkpoints/epoch-0002.zip", "best.zip", "last.zip", "metrics.jsonl")) {
            Files.delete(run.resolve(name));
        }
        assertEquals(new Outcome(0, "nothing to remove in file:" + run + "\n", ""), checkpoints("prune", "--keep-last", "1"));
        assertTrue(Files.exists(run.resolve("checkpoints/interrupted.zip")));
        refused("best.zip: there is no such file; no epoch is finished yet", checkpoints("get"));
        refused("last.zip: there is no such file; no epoch is finished yet", checkpoints("get", "--last"));
        refused("no checkpoint of epoch 1; no epoch is finished yet", checkpoints("get", "--epoch", "1"));
    }

    @Test
    void aFolderThatIsNotThereIsNamedAndTheRunNotBlamed() throws IOException {
        Path nowhere = folder.resolve("no/such");
        refused("mmard: " + nowhere.resolve("x.zip") + ": there is no folder " + nowhere + "; ",
                checkpoints("get", "--to", nowhere.resolve("x.zip").toString()));
        Files.writeString(folder.resolve("a-file"), "");
        refused("there is no folder " + folder.resolve("a-file"), checkpoints("get", "--to", folder.resolve("a-file/x.zip").toString()));
    }

    @Test
    void mistakesAreOneLineEach() {
        refused("no checkpoint of epoch 3; there are those of 1-2", checkpoints("get", "--epoch", "3"));
        refused("give --keep-last, --keep-every or both", checkpoints("prune"));
        refused("--keep-every 1 or above", checkpoints("prune", "--keep-every", "0"));
        refused("there is no such folder", Outcome.of("checkpoints", "list", folder.resolve("nowhere").toString()));
        refused("mutually exclusive", checkpoints("get", "--best", "--last"));
    }

    private static void refused(String complaint, Outcome outcome) {
        assertEquals(2, outcome.exit(), outcome.out());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().contains(complaint), outcome.err());
    }
}
