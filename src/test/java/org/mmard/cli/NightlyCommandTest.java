package org.mmard.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.model.ModelFile;

class NightlyCommandTest {
    @TempDir
    private Path folder;
    private Path runs;

    @BeforeEach
    void makeFolder() {
        runs = folder.resolve("runs");
    }

    @Test
    void aNightBeginsItsOwnRunOnceEarlierOnesAreFinished() throws Exception {
        assertEquals(uri("monday"), next("monday"));
        start("monday");
        assertEquals(uri("monday"), next("tuesday"), "monday's is not finished");
        evaluated("monday", "m", "111", "110");
        publish("monday");
        assertEquals("", next("monday"), "there is nothing left to do");
        assertEquals(uri("tuesday"), next("tuesday"));
    }

    @Test
    void refusesANameThatIsAPath() {
        for (String name : new String[] {"..", "a/b", ""}) {
            assertEquals(2, Outcome.of("nightly", "next", runs.toString(), "--name", name).exit(), name);
        }
    }

    @Test
    void publishesTheFirstStudentAndThenOnlyBetterOnes() throws Exception {
        evaluated("a", "model a", "1110", "1100");
        assertTrue(publish("a").contains("published, as the first: 50.0 % robust, 75.0 % clean"));
        JsonNode first = current();
        assertEquals("model a", Files.readString(Path.of(first.get("student").asText().substring("file:".length()))));

        evaluated("worse", "model worse", "1111", "1000");
        assertTrue(publish("worse").contains(
                "not published: 25.0 % robust, 100.0 % clean; " + first.get("name").asText() + " stays with 50.0 % robust, 75.0 % clean"));
        evaluated("equal", "model equal", "1110", "0110");
        assertTrue(publish("equal").contains("not published"));
        assertEquals(first, current());

        evaluated("cleaner", "model cleaner", "1111", "0011");
        assertTrue(publish("cleaner").contains(
                "published: 50.0 % robust, 100.0 % clean, instead of " + first.get("name").asText() + " with 50.0 % robust, 75.0 % clean"));
        assertTrue(current().get("run").asText().endsWith("/cleaner"));
        assertTrue(publish("cleaner").contains("published already"));
    }

    @Test
    void anImageCountsAsRobustWhereItWithstandsEveryAttack() throws Exception {
        evaluated("a", "model a", "1111", "1110", "0111");
        assertTrue(publish("a").contains("50.0 % robust"));
        evaluated("b", "model b", "1111", "1100", "1100");
        assertTrue(publish("b").contains("not published"), "each attack alone is weaker on a, both together are not stronger on b");
    }

    @Test
    void theStudentBeforeTheCurrentOneStaysAndOlderOnesGo() throws Exception {
        for (String run : new String[] {"a", "b", "c"}) {
            evaluated(run, "model " + run, "1111", switch (run) {
                case "a" -> "1000";
                case "b" -> "1100";
                default -> "1110";
            });
            publish(run);
        }
        assertEquals(Set.of("b", "c", "current.json"),
                contents().stream().map(name -> name.replaceFirst("-[0-9a-f]{8}$", "")).collect(Collectors.toSet()));
        String name = current().get("name").asText();
        assertEquals(Set.of("best.zip", "best.zip.sha256", "evaluation.json"), names(published().resolve(name)));
        assertEquals(0, new ProcessBuilder("sha256sum", "-c", "--status", "best.zip.sha256").directory(published().resolve(name).toFile())
                .start().waitFor());
    }

    @Test
    void whatSomebodyElseHasPutThereStays() throws Exception {
        publishThree();
        Path notes = Files.writeString(Files.createDirectory(published().resolve("notes")).resolve("precious.txt"), "mine");
        Path lookalike = Files.writeString(Files.createDirectory(published().resolve("mine-0123abcd")).resolve("best.zip"), "mine");
        Path loose = Files.writeString(published().resolve("README"), "mine");
        evaluated("d", "model d", "1111", "1111");
        String said = publish("d");
        assertTrue(said.lines().anyMatch(line -> line.matches("file:.*/published/b-[0-9a-f]{8}: published earlier, and removed")), said);
        for (Path file : List.of(notes, lookalike, loose)) {
            assertEquals("mine", Files.readString(file));
        }
        assertEquals(Set.of("README", "c", "current.json", "d", "mine", "notes"),
                contents().stream().map(name -> name.replaceFirst("-[0-9a-f]{8}$", "")).collect(Collectors.toSet()));
    }

    @Test
    void anOldStudentThatWasChangedSinceIsLeftAloneAndSaid() throws Exception {
        for (String change : List.of("extra", "best.zip", "evaluation.json", "record", "name")) {
            runs = folder.resolve("runs-" + change);
            publishThree();
            Path old = published().resolve(contents().stream().filter(name -> name.startsWith("b-")).findFirst().orElseThrow());
            Path current = published().resolve("current.json");
            switch (change) {
                case "extra" -> Files.writeString(old.resolve("notes.txt"), "mine");
                case "record" ->
                    Files.writeString(current, Files.readString(current).replace("\"" + old.getFileName() + "\" : {\n      \"best.zip\"",
                            "\"" + old.getFileName() + "\" : {\n      \"other.zip\""));
                case "name" -> {
                    Files.move(old, published().resolve("renamed"));
                    old = published().resolve("renamed");
                    Files.writeString(current, Files.readString(current).replaceAll("\"b-[0-9a-f]{8}\" :", "\"renamed\" :"));
                }
                default -> Files.writeString(old.resolve(change), "changed");
            }
            Set<String> before = names(old);
            evaluated("d", "model d", "1111", "1111");
            String said = publish("d");
            assertEquals(before, names(old), change);
            assertEquals(!change.equals("name"), said.contains("published earlier, and left alone: "), said);
        }
    }

    @Test
    void aFolderThatIsNeitherEmptyNorItsOwnIsRefused() throws Exception {
        Path mine = Files.writeString(Files.createDirectories(published()).resolve("thesis.txt"), "mine");
        evaluated("a", "model a", "1111", "1000");
        refuses("a", "published: has thesis.txt in it, but no current.json, so it is no folder of published students");
        assertEquals(Set.of("thesis.txt"), contents());
        assertEquals("mine", Files.readString(mine));
        Files.delete(mine);
        for (String current : List.of("null", "{}", "[", "{\"name\": null, \"sha256\": \"x\"}", "{\"name\": \"../..\", \"sha256\": \"x\"}",
                "{\"name\": \"a\", \"sha256\": \"x\", \"publications\": []}")) {
            Files.writeString(published().resolve("current.json"), current);
            refuses("a", "current.json: not that of published students: ");
        }
    }

    @Test
    void whatHasTheStudentsNameAlreadyIsNotWrittenOver() throws Exception {
        evaluated("a", "model a", "1111", "1000");
        publish("a");
        Path own = published().resolve(current().get("name").asText());
        evaluated("b", "model b", "1111", "1111");
        String checksum = ModelFile.checksum(runs.resolve("b/best.zip").toString(), new Configuration());
        Path mine =
                Files.writeString(Files.createDirectory(published().resolve("b-" + checksum.substring(0, 8))).resolve("best.zip"), "mine");
        refuses("b", "is there already, and no publication has made it");
        assertEquals("mine", Files.readString(mine));
        assertTrue(Files.exists(own));
    }

    private void publishThree() throws Exception {
        evaluated("a", "model a", "1111", "0000");
        publish("a");
        evaluated("b", "model b", "1111", "1000");
        publish("b");
        evaluated("c", "model c", "1111", "1100");
        publish("c");
    }

    @Test
    void whatACrashLeftHalfCopiedIsCopiedAgain() throws Exception {
        evaluated("a", "model a", "1111", "1000");
        publish("a");
        String name = current().get("name").asText();
        Files.delete(published().resolve("current.json"));
        Files.delete(published().resolve(name + "/evaluation.json"));
        Files.writeString(published().resolve(name + "/best.zip"), "mod");

        assertTrue(publish("a").contains("as the first"));
        assertEquals("model a", Files.readString(published().resolve(name + "/best.zip")));
    }

    @Test
    void refusesWhatCannotBeComparedAndNamesTheWayOut() throws Exception {
        start("none");
        refuses("none", "best.zip: there is no such student");
        Files.writeString(runs.resolve("none/best.zip"), "model");
        refuses("none", "there is no such evaluation; mmard evaluate");
        evaluated("stale", "model", "11", "10");
        Files.writeString(runs.resolve("stale/best.zip"), "another model");
        refuses("stale", "is about another model than best.zip; evaluate it: mmard evaluate");
        evaluated("calm", "model", "11");
        refuses("calm", "has no attack");

        evaluated("a", "model a", "11", "10");
        publish("a");
        evaluated("more", "model more", "11", "10", "10");
        refuses("more",
                "cannot be compared: attacks is attack1,attack2 and attack1; evaluate the published student in the same way: mmard "
                        + "evaluate --model");
        evaluated("longer", "model longer", "111", "111");
        refuses("longer", "examples is 3 and 2");
        assertFalse(Files.exists(runs.resolve("longer/publication.json")), "the run is not finished");
    }

    private void refuses(String run, String words) {
        Outcome outcome = Outcome.of("nightly", "publish", runs.resolve(run).toString(), "--to", published().toString());
        assertEquals(2, outcome.exit(), outcome.err());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().contains(words), outcome.err());
    }

    private String next(String name) {
        Outcome outcome = Outcome.of("nightly", "next", runs.toString(), "--name", name);
        assertEquals(0, outcome.exit(), outcome.err());
        return outcome.out().strip();
    }

    private String publish(String run) {
        Outcome outcome = Outcome.of("nightly", "publish", runs.resolve(run).toString(), "--to", published().toString());
        assertEquals(0, outcome.exit(), outcome.err());
        return outcome.out();
    }

    private String uri(String run) {
        return "file:" + runs.resolve(run);
    }

    private Path published() {
        return runs.resolve("published");
    }

    private JsonNode current() throws Exception {
        return new ObjectMapper().readTree(published().resolve("current.json").toFile());
    }

    private Set<String> contents() throws Exception {
        return names(published());
    }

    private static Set<String> names(Path path) throws Exception {
        try (Stream<Path> files = Files.list(path)) {
            return files.map(file -> file.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private void start(String run) throws Exception {
        Files.writeString(Files.createDirectories(runs.resolve(run)).resolve("run.conf"), "");
    }

    /** A run whose student was right at the images that have a 1, without an attack and under each of the attacks. */
    private void evaluated(String run, String model, String clean, String... attacks) throws Exception {
        start(run);
        Path best = Files.writeString(runs.resolve(run).resolve("best.zip"), model);
        StringBuilder robust = new StringBuilder();
        for (int i = 0; i < attacks.length; i++) {
            robust.append(i == 0 ? "" : ",")
                    .append("\"attack" + (i + 1) + "\": {\"robust_accuracy\": 0, \"robust\": " + flags(attacks[i]) + "}");
        }
        Files.writeString(runs.resolve(run).resolve("evaluation.json"), """
                {"examples": %d, "clean": {"accuracy": 0, "correct": %s}, "attacks": {%s}, "model_sha256": "%s", "data_sha256": "d", "split": "test", "epsilon": 0.03}
                """.formatted(clean.length(), flags(clean), robust, ModelFile.checksum(best.toString(), new Configuration())));
    }

    private static List<Integer> flags(String digits) {
        return digits.chars().mapToObj(digit -> digit - '0').toList();
    }
}
