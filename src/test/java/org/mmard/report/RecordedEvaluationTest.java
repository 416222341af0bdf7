package org.mmard.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.attack.Corruptions;
import org.mmard.attack.Evaluation;
import org.mmard.attack.Outcome;
import org.mmard.attack.Robustness;
import org.mmard.data.ImageSet;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;

class RecordedEvaluationTest {
    private static final ImageSet IMAGES =
            new ImageSet(ImageShape.CIFAR, new byte[3 * ImageShape.CIFAR.size()], new byte[] {0, 1, 1}, List.of("cat", "dog"));

    @TempDir
    Path folder;

    private Path write() throws IOException {
        Outcome clean = new Outcome(new int[] {0, 1, 2}, new int[] {0, 1, 0}, new boolean[] {true, true, false}, 0.5);
        Map<String, Robustness> attacks = new LinkedHashMap<>();
        attacks.put("fgsm", new Robustness(new int[] {0, 1, 0}, new boolean[] {true, true, false}, new String[] {null, null, "clean"},
                List.of(new Robustness.Stage("fgsm", 3, 2, 1))));
        attacks.put("autoattack",
                new Robustness(new int[] {0, 0, 0}, new boolean[] {true, false, false}, new String[] {null, "square", "clean"},
                        List.of(new Robustness.Stage("apgd-ce", 2, 2, 1.5), new Robustness.Stage("square", 2, 1, 0.5))));
        Evaluation evaluation = new Evaluation(Map.of("model", "best.zip"), clean, attacks, List.of("beware"));
        return Files.writeString(folder.resolve("evaluation.json"), evaluation.json(IMAGES));
    }

    private RecordedEvaluation read(Path path) {
        return RecordedEvaluation.read(path.toString(), new Configuration());
    }

    @Test
    void readsWhatAnEvaluationWrote() throws IOException {
        RecordedEvaluation evaluation = read(write());
        assertEquals(evaluation.uri(), read(folder).uri());
        assertEquals(2 / 3.0, evaluation.clean().accuracy());
        assertEquals("autoattack", evaluation.strongest().orElseThrow().name());
        assertEquals(new RecordedEvaluation.Stage("square", 2, 1 / 3.0, 0.5), evaluation.strongest().orElseThrow().stages().get(1));
        assertArrayEquals(new boolean[] {true, true, false}, evaluation.result("fgsm").orElseThrow().correct());
        assertArrayEquals(new int[][] {{1, 0}, {2, 0}}, evaluation.confusion(evaluation.strongest().orElseThrow()));
        assertEquals(List.of("beware"), evaluation.warnings());
        assertEquals("best.zip", evaluation.about().get("model"));
    }

    @Test
    void accuraciesAtAnotherRadiusHaveAColumnOfTheirOwn() throws IOException {
        Path file = write();
        assertEquals(List.of("clean", "fgsm", "autoattack"), List.copyOf(Group.of(read(file)).scores().keySet()));
        String content = Files.readString(file);
        Files.writeString(file, content.replace("\"model\"", "\"epsilon\" : " + 8 / 255.0 + ", \"model\""));
        assertEquals(List.of("clean", "fgsm", "autoattack"), List.copyOf(Group.of(read(file)).scores().keySet()));
        Files.writeString(file, content.replace("\"model\"", "\"epsilon\" : " + 4 / 255.0 + ", \"model\""));
        assertEquals(List.of("clean", "fgsm at 4/255", "autoattack at 4/255"), List.copyOf(Group.of(read(file)).scores().keySet()));
    }

    @Test
    void readsAccuraciesOnCorruptedImages() throws IOException {
        Path file = write();
        assertNull(read(file).corruptions());
        Evaluation evaluation = new Evaluation(Map.of(), new Outcome(new int[] {0, 1, 2}, new int[3], new boolean[3], 0), Map.of(),
                List.of()).with(
                        new Corruptions("file:/c", 3, List.of(1, 4), List.of(row("fog", true, 1, 0.5), row("saturate", false, 0, 0.5))),
                        List.of("beware"));
        Files.writeString(file, evaluation.json(IMAGES));
        RecordedCorruptions found = read(file).corruptions();
        assertEquals(List.of(1, 4), found.severities());
        assertEquals(0.75, found.mean());
        assertEquals("1 corruption, severities 1, 4", found.scope());
        assertEquals(new RecordedCorruptions.Corruption("saturate", false, 0.25, List.of(0.0, 0.5)), found.corruptions().get(1));
        assertEquals(List.of(0.75), Group.of(read(file)).scores().get("mean of 1 corruption, severities 1, 4"));
        assertEquals(List.of("beware"), read(file).warnings());
        Files.writeString(file, Files.readString(file).replace("\"severities\" : [ 1, 4 ]", "\"severities\" : [ 1 ]"));
        assertMessage("corruptions.by_corruption.fog.accuracies is [1.0,0.5], where a list of 1, one for each severity, is wanted");
    }

    private static Corruptions.Row row(String name, boolean benchmark, double... accuracies) {
        return new Corruptions.Row(name, benchmark, 1,
                Arrays.stream(accuracies).mapToObj(one -> new Corruptions.Found(one, "c", 1)).toList());
    }

    @Test
    void anOlderFileKnowsNoClasses() throws IOException {
        Path file = write();
        Files.writeString(file, Files.readString(file).replaceAll("\"(classes|labels|predictions)\"[^]]*],", "")
                .replaceAll(",\\s*\"predictions\"[^]]*]", ""));
        RecordedEvaluation evaluation = read(file);
        assertFalse(evaluation.knowsClasses());
        assertEquals(1 / 3.0, evaluation.strongest().orElseThrow().accuracy());
    }

    @Test
    void namesTheFileThatIsMissingOrDamaged() throws IOException {
        assertMessage("evaluation.json: there is no such evaluation");
        Path file = write();
        String whole = Files.readString(file);
        Files.writeString(file, whole.substring(0, whole.length() / 2));
        assertMessage("evaluation.json: not an evaluation: ");
        Files.writeString(file, whole.replace("\"examples\" : 3", "\"examples\" : 4"));
        assertMessage("where a list of 4, as examples says, is wanted");
        Files.writeString(file, whole.replace("\"labels\" : [ 0, 1, 1 ]", "\"labels\" : [ 0, 1, 2 ]"));
        assertMessage("labels is [0,1,2], where a list of which each is a whole number from 0 to 1 is wanted");
    }

    private void assertMessage(String part) {
        String message = assertThrows(InputError.class, () -> read(folder)).getMessage();
        assertTrue(message.contains(part) && message.lines().count() == 1, message);
    }
}
