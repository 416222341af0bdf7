package org.mmard.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.reference.Reference;

class VerifyCommandTest {
    @TempDir
    Path temporary;

    @Test
    void everyQuantityOfTheReferenceVectorsPasses() {
        Outcome outcome = verify(Reference.folder("golden"));
        assertEquals(0, outcome.exit(), outcome.out() + outcome.err());
        assertTrue(outcome.out().endsWith("86 quantities, all within tolerance\n"), outcome.out());
    }

    @Test
    void everyWordOfTheVocabularyPasses() {
        FixtureFolder fixture = FixtureFolder.unpackedInto(temporary);
        assertEquals(Set.of("ce", "kl_sx", "kl_tx", "kl_ta", "mmard_A", "mmard_B", "mmard_C", "saad"), words(fixture, "inner"));
        assertEquals(
                Set.of("pgd_at", "trades", "trades_official", "mart", "ard", "iad_code", "iad_paper", "rslad", "adaad", "mmard", "igdm",
                        "saad"),
                words(fixture, "outer"));
        Outcome outcome = verify(temporary);
        assertEquals(0, outcome.exit(), outcome.out() + outcome.err());
        Set<String> subjects = outcome.out().lines().map(line -> line.split(" ")[0]).collect(Collectors.toSet());
        fixture.manifest().get("methods").fieldNames().forEachRemaining(method -> assertTrue(subjects.contains(method), method));
        for (String operation : new String[] {"bce_mart", "ce", "cw_margin", "dlr", "dlr_targeted", "entropy", "kl", "kl_T2.5", "l_tri",
            "trades_beta4",
            "tri_cos", "proj_out", "sgd_p1", "sgd_p2", "onehot"}) {
            assertTrue(subjects.contains("op." + operation), operation);
        }
    }

    /** Each row alters one method's description: its arrays then belong to something else, and what is named must show it. */
    @ParameterizedTest
    @CsvSource({
        "trades, params, '{\"beta\": 5.1}', loss",
        "ard_goldblum, params, '{\"alpha\": 0.9, \"T\": 29, \"reduction\": \"element_mean\"}', loss",
        "ard_goldblum, params, '{\"alpha\": 0.9, \"T\": 30, \"reduction\": \"batch_mean\"}', gradient",
        "mmard_C, params, '{\"a\": 0.9, \"b\": 0.25, \"lambda\": 0.7, \"reduction\": \"element_mean\"}', gradient",
        "mmard_B, params, '{\"a\": 0.5, \"b\": 0.3, \"lambda\": 1.6}', g0",
        "saad_beta, params, '{\"alpha\": 2.0, \"beta\": 0.3, \"lambda\": 0.5, \"epoch_frac\": 0.4}', loss",
        "iad_paper, outer, '\"iad_code\"', gradient",
        "igdm_elements, outer, '\"adaad\"', loss",
        "mmard_A, inner, '\"mmard_B\"', g3",
        "mmard_C, inner, '\"mmard_A\"', g0",
        "adaad, inner, '\"kl_tx\"', g0",
        "saad, inner, '\"kl_ta\"', g3",
        "iad_code, attack_bn, '\"eval\"', g0",
        "iad_code, bn_forward_order, '[\"adv\", \"nat\"]', running statistics",
        "trades_official, bn_forward_order, '[\"nat\", \"nat\", \"adv\"]', running statistics",
        "pgd_at, bn_forward_order, '[\"adv\"]', running statistics",
        "ard_t1, clip_start, 'false', start",
        "rslad, start, '\"uniform\"', start",
    })
    void failsWhereTheArraysAreOfSomethingElse(String method, String key, String json, String quantity) throws IOException {
        FixtureFolder fixture = FixtureFolder.unpackedInto(temporary);
        fixture.keepOnly(method);
        JsonNode value = new ObjectMapper().readTree(json);
        fixture.method(method, entry -> entry.set(key, value));
        Outcome outcome = verify(temporary);
        assertEquals(1, outcome.exit(), outcome.out() + outcome.err());
        assertTrue(failures(outcome).stream().anyMatch(row -> row.contains("  " + quantity)), outcome.out());
    }

    @ParameterizedTest
    @CsvSource({
        "student.logits_eval, student, 0.001", "teacher.logits_train, teacher, 0.001",
        "attack_kl_tx_gauss_noclip_eval.g3, attack_kl_tx, 1e-5",
        "attack_kl_tx_gauss_noclip_eval.x1, attack_kl_tx, 1e-5", "rslad.loss, rslad, 1e-3", "rslad.grad.fc.bias, rslad, 1e-3",
        "rslad.after.bn2.running_var, rslad, 1e-4", "rslad.loss, rslad, NaN", "rslad.grad.conv1.weight, rslad, NaN",
        "attack_kl_tx_gauss_noclip_eval.g0, attack_kl_tx, NaN"})
    void failsForOneWrongNumberAndPrintsTheOtherRowsToo(String array, String subject, float change) {
        FixtureFolder fixture = FixtureFolder.unpackedInto(temporary);
        fixture.keepOnly("rslad");
        fixture.add(array, change);
        Outcome outcome = verify(temporary);
        assertEquals(1, outcome.exit(), outcome.out() + outcome.err());
        assertTrue(failures(outcome).stream().allMatch(row -> row.startsWith(subject)), outcome.out());
        assertEquals(1 + 4 + 5 + 3 + 1, outcome.out().lines().count(), outcome.out());
        assertTrue(outcome.out().endsWith(failures(outcome).size() + " of 12 quantities FAIL\n"), outcome.out());
        assertEquals("", outcome.err());
    }

    @Test
    void failsForAWrongOperation() {
        FixtureFolder fixture = FixtureFolder.unpackedInto(temporary);
        fixture.manifest(manifest -> ((ObjectNode) manifest.get("methods")).removeAll());
        fixture.drop(name -> !name.startsWith("op."));
        assertEquals(0, verify(temporary).exit());
        List<String> results =
                List.of("op.bce_mart", "op.dlr.d_q_logits", "op.kl_T20.d_p_logits", "op.l_tri", "op.onehot", "op.proj_out", "op.sgd_p2",
                        "op.tri_cos.d_tri_c");
        results.forEach(name -> fixture.add(name, 0.01f));
        Outcome outcome = verify(temporary);
        assertEquals(1, outcome.exit());
        assertEquals(
                Set.of("op.bce_mart", "op.dlr", "op.kl_T20", "op.l_tri", "op.onehot", "op.proj_out", "op.sgd_p2", "op.tri_cos"),
                failures(outcome).stream().map(row -> row.split(" ")[0]).collect(Collectors.toSet()), outcome.out());
    }

    @Test
    void takesPartsOfAFixture() {
        FixtureFolder fixture = FixtureFolder.unpackedInto(temporary);
        fixture.keepOnly("rslad");
        fixture.drop(name -> name.startsWith("noise_") || name.contains("logits"));
        assertEquals("7 quantities, all within tolerance", lastLine(verify(temporary)));
        fixture.manifest(manifest -> {
            ((ObjectNode) manifest.get("methods")).removeAll();
            manifest.remove("tri_norm");
        });
        fixture.drop(name -> name.startsWith("rslad."));
        assertEquals("4 quantities, all within tolerance", lastLine(verify(temporary)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "inner | \"kl_xx\" | methods.rslad.inner is \"kl_xx\": give one of ce, kl_sx, kl_ta, kl_tx, mmard_A, mmard_B, mmard_C, saad",
        "outer | \"rslad2\" | methods.rslad.outer is \"rslad2\": give one of adaad, ard, iad_code, iad_paper, igdm, mart, mmard, pgd_at, rslad, saad, "
                + "trades, trades_official",
        "start | \"zero\" | methods.rslad.start is \"zero\": give one of gauss, uniform",
        "attack_bn | \"both\" | methods.rslad.attack_bn is \"both\": give one of eval, train",
        "clip_start | 1 | methods.rslad.clip_start is 1: give true or false",
        "bn_forward_order | [\"adv\", \"plus\"] | methods.rslad.bn_forward_order is \"plus\": give one of adv, minus, nat",
        "bn_forward_order | [\"adv\"] | methods.rslad: method.forwards is [adversarial]: outer loss rslad needs natural too",
        "params | {\"gamma\": 1} | methods.rslad.params.gamma is not a parameter: there are reduction, epoch_frac, T, a, alpha, b, beta, lambda",
        "params | {\"reduction\": \"sum\"} | methods.rslad.params.reduction is \"sum\": give one of batch_mean, element_mean",
        "params | {\"T\": \"hot\"} | methods.rslad.params.T is hot: give a number, 0 or above",
        "colour | \"red\" | methods.rslad.colour is not a key of a fixture's manifest",
    })
    void refusesUnknownWordsOfAMethodNamingTheKey(String key, String json, String message) throws IOException {
        FixtureFolder fixture = FixtureFolder.unpackedInto(temporary);
        JsonNode value = new ObjectMapper().readTree(json);
        fixture.method("rslad", entry -> entry.set(key, value));
        refuses("manifest.json: " + message);
    }

    @Test
    void refusesAManifestItDoesNotUnderstand() throws IOException {
        FixtureFolder fixture = FixtureFolder.unpackedInto(temporary);
        fixture.manifest(manifest -> manifest.put("bn_eps", 1e-3));
        refuses("manifest.json: bn_eps is 0.001: give 1.0E-5, as every network here has it");
        fixture.manifest(manifest -> manifest.put("bn_eps", 1e-5).put("layers", 3));
        refuses("manifest.json: layers is not a key of a fixture's manifest");
        fixture.manifest(manifest -> manifest.remove(List.of("layers", "steps")));
        refuses("manifest.json: steps is missing: give a whole number, 1 or above");
        fixture.manifest(manifest -> manifest.put("steps", 4).put("student_width", 2_000_000_000));
        refuses("manifest.json: student_width is 2000000000: give a whole number from 1 to 1024");
        fixture.manifest(manifest -> manifest.put("student_width", 4).put("classes", 1));
        refuses("manifest.json: classes is 1: give a whole number from 2 to 10000");
        Files.writeString(temporary.resolve("manifest.json"), "{\"arrays\": {},\n \"batch\" 3}");
        refuses("manifest.json: no valid JSON in line 2: Unexpected character");
        Files.writeString(temporary.resolve("manifest.json"), "{\"batch\": NaN}");
        refuses("manifest.json: no valid JSON in line 1: Non-standard token 'NaN'" + System.lineSeparator());
        Files.writeString(temporary.resolve("manifest.json"), "");
        refuses("manifest.json: is empty; docs/verify.md says what a manifest holds");
        Files.delete(temporary.resolve("manifest.json"));
        refuses("manifest.json: cannot be read; a fixture folder holds a manifest.json and .npy files");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "1e", "1e-400", "1e999", "1-1"})
    void refusesASmoothingThatIsNoNumberAboveZero(String number) {
        FixtureFolder fixture = FixtureFolder.unpackedInto(temporary);
        fixture.manifest(manifest -> manifest.put("tri_norm", "sqrt(sum v^2 + " + number + ")"));
        refuses("manifest.json: tri_norm is \"sqrt(sum v^2 + " + number
                + ")\": give \"sqrt(sum v^2 + NUMBER)\", the number finite and above 0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "op\\.(labels|p_logits|q_logits)", "(student|teacher)\\.(conv|bn|fc).*|x|labels"})
    void refusesAFolderWithNothingToCompare(String kept) {
        FixtureFolder fixture = FixtureFolder.unpackedInto(temporary);
        fixture.manifest(manifest -> ((ObjectNode) manifest.get("methods")).removeAll());
        fixture.drop(name -> !name.matches(kept));
        Outcome outcome = verify(temporary);
        assertEquals(2, outcome.exit(), outcome.out() + outcome.err());
        assertTrue(outcome.err().startsWith("mmard: " + temporary + ": nothing to compare: "), outcome.err());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"cw_margin", "bce_mart"})
    void refusesAMarginOfOneClass(String operation) {
        FixtureFolder fixture = FixtureFolder.unpackedInto(temporary);
        fixture.manifest(manifest -> ((ObjectNode) manifest.get("methods")).removeAll());
        fixture.drop(name -> !name.equals("op." + operation));
        fixture.zeros("op.p_logits", 2, "(2, 1)");
        fixture.zeros("op.q_logits", 2, "(2, 1)");
        fixture.zeros("op.labels", 2, "(2,)");
        refuses("op." + operation + ".npy: needs logits of 2 classes or more, op.q_logits has 1");
    }

    @Test
    void refusesArraysThatNobodyKnows() throws IOException {
        FixtureFolder fixture = FixtureFolder.unpackedInto(temporary);
        Path extra = Files.copy(fixture.array("labels"), fixture.array("rslad.grad.conv3.weight"));
        refuses("rslad.grad.conv3.weight.npy: nothing in the manifest or the format says what this array is");
        Files.move(extra, fixture.array("op.kl_tx"));
        refuses("op.kl_tx.npy: kl_tx is not an operation of the format (docs/verify.md)");
        Files.move(fixture.array("op.kl_tx"), fixture.array("op.kl_Thot"));
        refuses("op.kl_Thot.npy: \"hot\" in its name is no number above 0");
        Files.move(fixture.array("op.kl_Thot"), fixture.array("attack_ce.start"));
        refuses("manifest.json: the folder has arrays attack_ce.*, which no method names: an attack is called attack_INNER_START_clip_BN or "
                + "attack_INNER_START_noclip_BN");
    }

    @Test
    void refusesBrokenArraysNamingTheFile() throws IOException {
        FixtureFolder fixture = FixtureFolder.unpackedInto(temporary);
        byte[] whole = Files.readAllBytes(fixture.array("igdm.grad.fc.bias"));
        Files.write(fixture.array("igdm.grad.fc.bias"), Arrays.copyOf(whole, whole.length - 1));
        refuses("igdm.grad.fc.bias.npy: shape [7] needs 28 bytes after the header, there are 27");
        Files.copy(fixture.array("igdm.loss"), fixture.array("igdm.grad.fc.bias"), StandardCopyOption.REPLACE_EXISTING);
        refuses("igdm.grad.fc.bias.npy: has shape [1], the manifest says [7]");
        fixture.manifest(manifest -> ((ObjectNode) manifest.get("arrays")).remove("igdm.grad.fc.bias"));
        refuses("igdm.grad.fc.bias.npy: has shape [1], expected [7]");
        Files.delete(fixture.array("igdm.grad.fc.bias"));
        refuses("igdm.grad.fc.bias.npy: there is no such file, but this fixture needs it");
        Files.delete(fixture.array("x"));
        refuses("x.npy: there is no such file, but " + temporary.resolve("manifest.json") + " lists it");
    }

    @ParameterizedTest
    @ValueSource(floats = {6, 0.5f, -7})
    void refusesLabelsThatAreNoClass(float change) {
        FixtureFolder fixture = FixtureFolder.unpackedInto(temporary);
        fixture.add("labels", change);
        refuses("labels.npy: " + (3 + change) + " is no class; there are 7, counted from 0");
    }

    @Test
    void refusesImagesOutsideTheirRange() {
        FixtureFolder fixture = FixtureFolder.unpackedInto(temporary);
        fixture.add("x", 2);
        refuses("x.npy: holds 2.");
    }

    private void refuses(String message) {
        Outcome outcome = verify(temporary);
        assertEquals(2, outcome.exit(), outcome.out() + outcome.err());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().startsWith("mmard: " + temporary + "/" + message), outcome.err());
        assertEquals("", outcome.out());
    }

    private static Outcome verify(Path folder) {
        return Outcome.of("verify", "--fixtures", folder.toString());
    }

    private static String lastLine(Outcome outcome) {
        return outcome.out().lines().reduce((one, next) -> next).orElse(outcome.err());
    }

    private static List<String> failures(Outcome outcome) {
        return outcome.out().lines().filter(line -> line.endsWith("  FAIL")).toList();
    }

    private static Set<String> words(FixtureFolder fixture, String key) {
        Set<String> words = new TreeSet<>();
        fixture.manifest().get("methods").forEach(method -> words.add(method.get(key).textValue()));
        return words;
    }
}
