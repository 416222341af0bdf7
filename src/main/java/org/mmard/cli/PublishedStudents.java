package org.mmard.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.mmard.config.InputError;
import org.mmard.model.ModelFile;
import org.mmard.report.RecordedEvaluation;
import org.mmard.train.RunDirectory;

/**
 * The best student so far, in a folder that others fetch it from. Each student that was ever published has a folder of its own there, with the model
 * and its evaluation, which never change; {@code current.json} names the one that counts, and is replaced in one step: who reads it gets one whole
 * student, the old or the new.
 */
final class PublishedStudents {
    private static final String CURRENT = "current.json";
    private static final String NAME = "name";
    private static final String REPLACED = "replaced";
    private static final ObjectMapper JSON = new ObjectMapper();
    /** What must be the same for two evaluations to be compared. */
    private static final List<String> CONDITIONS = List.of("data_sha256", "split", "examples", "epsilon");

    private final RunDirectory folder;

    PublishedStudents(RunDirectory folder) {
        this.folder = folder;
    }

    /** What became of a candidate. @param published whether it is the published student now; @param reason in one line */
    record Decision(boolean published, String reason) {}

    /** Of an evaluation's images, how many were right without an attack, and how many were and withstood every attack. */
    private record Score(int robust, int clean, int images) {
        static Score of(RecordedEvaluation evaluation) {
            boolean[] right = evaluation.clean().correct();
            int robust = (int) IntStream.range(0, right.length)
                    .filter(i -> right[i] && evaluation.attacks().stream().allMatch(attack -> attack.correct()[i])).count();
            return new Score(robust, (int) IntStream.range(0, right.length).filter(i -> right[i]).count(), right.length);
        }

        boolean isBetterThan(Score other) {
            return robust != other.robust ? robust > other.robust : clean > other.clean;
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%.1f %% robust, %.1f %% clean", 100.0 * robust / images, 100.0 * clean / images);
        }
    }

    /**
     * Publishes the best student of a run if it is better than the published one: more images that withstand every attack of its evaluation; among
     * equals more that are right without one; else the published one stays.
     *
     * @throws InputError where the run has no student or no evaluation of it, or the two evaluations cannot be compared
     */
    Decision offer(RunDirectory run) {
        String student = run.uri(RunDirectory.BEST);
        if (!run.exists(RunDirectory.BEST)) {
            throw new InputError(student + ": there is no such student: the run has not been validated yet");
        }
        RecordedEvaluation evaluation = RecordedEvaluation.read(run.uri(), run.hadoop());
        String checksum = ModelFile.checksum(student, run.hadoop());
        if (!checksum.equals(evaluation.about().get("model_sha256")) || evaluation.attacks().isEmpty()) {
            throw new InputError(evaluation.uri() + (evaluation.attacks().isEmpty() ? ": has no attack" : ": is about another model than " + RunDirectory.BEST)
                    + "; evaluate it: mmard evaluate --model " + student + " --data URI --attacks LIST --out " + run.uri());
        }
        Score candidate = Score.of(evaluation);
        JsonNode current = current();
        if (current == null) {
            publish(run, evaluation, checksum, candidate, null);
            return new Decision(true, "published, as the first: " + candidate);
        }
        if (current.path("sha256").asText().equals(checksum)) {
            return new Decision(true, "published already: " + candidate);
        }
        RecordedEvaluation other = RecordedEvaluation.read(folder.uri(current.path(NAME).asText()), folder.hadoop());
        requireComparable(evaluation, other);
        Score present = Score.of(other);
        if (!candidate.isBetterThan(present)) {
            return new Decision(false, "not published: " + candidate + "; " + current.path(NAME).asText() + " stays with " + present);
        }
        publish(run, evaluation, checksum, candidate, current.path(NAME).asText());
        removeAllBut(current.path(NAME).asText());
        return new Decision(true, "published: " + candidate + ", instead of " + current.path(NAME).asText() + " with " + present);
    }

    /** Null where nothing was ever published. */
    private JsonNode current() {
        byte[] content = folder.read(CURRENT).orElse(null);
        if (content == null) {
            return null;
        }
        try {
            JsonNode json = JSON.readTree(content);
            if (json.path(NAME).asText().isEmpty() || json.path("sha256").asText().isEmpty()) {
                throw new InputError(folder.uri(CURRENT) + ": names no student; remove it to begin anew");
            }
            return json;
        } catch (IOException e) {
            throw new InputError(folder.uri(CURRENT) + ": not JSON; remove it to begin anew", e);
        }
    }

    private static void requireComparable(RecordedEvaluation candidate, RecordedEvaluation present) {
        Map<String, String> ours = conditions(candidate);
        Map<String, String> theirs = conditions(present);
        for (String condition : ours.keySet()) {
            if (!ours.get(condition).equals(theirs.get(condition))) {
                throw new InputError(candidate.uri() + " and " + present.uri() + " cannot be compared: " + condition + " is " + ours.get(condition) + " and "
                        + theirs.get(condition) + "; evaluate the published student in the same way: mmard evaluate --model "
                        + present.uri().replaceFirst("[^/]*$", RunDirectory.BEST) + " --data URI --attacks LIST --out " + present.uri().replaceFirst("/[^/]*$", ""));
            }
        }
    }

    private static Map<String, String> conditions(RecordedEvaluation evaluation) {
        Map<String, String> conditions = new TreeMap<>();
        CONDITIONS.forEach(name -> conditions.put(name, String.valueOf(evaluation.about().get(name))));
        conditions.put("attacks", String.join(",", evaluation.attacks().stream().map(RecordedEvaluation.Result::name).sorted().toList()));
        return conditions;
    }

    private void publish(RunDirectory run, RecordedEvaluation evaluation, String checksum, Score score, String replaced) {
        String[] parts = run.uri().split("/");
        // Named by its content, too: a run that was gone on with has another student.
        String name = parts[parts.length - 1] + "-" + checksum.substring(0, 8);
        folder.write(name + "/" + RunDirectory.BEST + ".sha256", (checksum + "  " + RunDirectory.BEST + "\n").getBytes(StandardCharsets.UTF_8));
        folder.write(name + "/" + RunDirectory.BEST, out -> {
            try (InputStream in = run.open(RunDirectory.BEST)) {
                in.transferTo(out);
            }
        });
        String copy = folder.uri(name + "/" + RunDirectory.BEST);
        if (!ModelFile.checksum(copy, folder.hadoop()).equals(checksum)) {
            throw new IllegalStateException(copy + " has arrived damaged: its SHA-256 is not that of " + run.uri(RunDirectory.BEST));
        }
        folder.write(name + "/" + RecordedEvaluation.FILE, run.read(RecordedEvaluation.FILE).orElseThrow());
        ObjectNode json = JSON.createObjectNode().put(NAME, name).put("student", copy).put("sha256", checksum)
                .put("robust_accuracy", (double) score.robust / score.images).put("clean_accuracy", (double) score.clean / score.images)
                .put("attacks", conditions(evaluation).get("attacks")).put("images", score.images).put("run", run.uri()).put("time", now()).put(REPLACED, replaced);
        folder.write(CURRENT, (json.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8));
    }

    static String now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** The student before the current one stays: somebody may be fetching it, or want it back. */
    private void removeAllBut(String former) {
        String name = current().path(NAME).asText();
        for (String old : folder.names(".")) {
            if (!old.equals(CURRENT) && !old.equals(name) && !old.equals(former)) {
                folder.deleteFolder(old);
            }
        }
    }
}
