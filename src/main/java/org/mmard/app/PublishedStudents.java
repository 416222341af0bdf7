package org.mmard.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;
import org.mmard.failure.ShellWords;
import org.mmard.files.Folder;
import org.mmard.files.JsonFields;
import org.mmard.files.Sha256;
import org.mmard.model.ModelFile;
import org.mmard.report.RecordedEvaluation;
import org.mmard.run.RunDirectory;

/**
 * The best student so far, in a folder that others fetch it from. Each student that was ever published has a folder of its own there, with
 * the model and its evaluation, which never change; {@code current.json} names the one that counts, and is replaced in one step: who reads
 * it gets one whole student, the old or the new. It also keeps the record of what was published, file by file with its SHA-256: only what
 * agrees with that is ever removed.
 */
public final class PublishedStudents {
    private static final String CURRENT = "current.json";
    private static final String NAME = "name";
    private static final String REPLACED = "replaced";
    /** The record: of each student's folder, its files with the SHA-256 of each. */
    private static final String RECORD = "publications";
    private static final String CHECKSUM = RunDirectory.BEST + ".sha256";
    private static final Set<String> FILES = Set.of(RunDirectory.BEST, CHECKSUM, RecordedEvaluation.FILE);
    /** As {@link #publish} names a student's folder. */
    private static final Pattern FOLDER = Pattern.compile("[^/\\\\:]+-\\p{XDigit}{8}");
    private static final int LARGEST = 1 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();
    /** What must be the same for two evaluations to be compared. */
    private static final String EVALUATE = "mmard evaluate --model ";
    private static final List<String> CONDITIONS = List.of("data_sha256", "split", "examples", "epsilon");

    private final Folder folder;
    private final Consumer<String> tell;

    /** @param tell told in one line about each student that is removed, or that is old and left alone */
    public PublishedStudents(Folder folder, Consumer<String> tell) {
        this.folder = folder;
        this.tell = tell;
    }

    /**
     * What {@code current.json} says.
     *
     * @param name of the student's folder
     * @param record by folder and file
     */
    private record Current(String name, String sha256, Map<String, Map<String, String>> record) {}

    /**
     * What became of a candidate.
     *
     * @param published whether it is the published student now
     * @param reason in one line
     */
    public record Decision(boolean published, String reason) {}

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
     * Publishes the best student of a run if it is better than the published one: more images that withstand every attack of its
     * evaluation; among equals more that are right without one; else the published one stays.
     *
     * @throws InputError where the run has no student or no evaluation of it, the two evaluations cannot be compared, or the folder is not
     *     one of published students
     */
    public Decision offer(RunDirectory run) {
        String student = run.uri(RunDirectory.BEST);
        if (!run.exists(RunDirectory.BEST)) {
            throw new InputError(student + ": there is no such student: the run has not been validated yet");
        }
        RecordedEvaluation evaluation = RecordedEvaluation.read(run.uri(), run.hadoop());
        String checksum = ModelFile.checksum(student, run.hadoop());
        if (!checksum.equals(evaluation.about().get("model_sha256")) || evaluation.attacks().isEmpty()) {
            throw new InputError(evaluation.uri()
                    + (evaluation.attacks().isEmpty() ? ": has no attack" : ": is about another model than " + RunDirectory.BEST)
                    + "; evaluate it: " + EVALUATE + ShellWords.quoted(student) + " --data URI --attacks LIST --out "
                    + ShellWords.quoted(run.uri()));
        }
        Score candidate = Score.of(evaluation);
        Current current = current();
        if (current == null) {
            requireEmptyBut(name(run, checksum));
            publish(run, evaluation, checksum, candidate, null);
            return new Decision(true, "published, as the first: " + candidate);
        }
        if (current.sha256.equals(checksum)) {
            return new Decision(true, "published already: " + candidate);
        }
        RecordedEvaluation other = RecordedEvaluation.read(folder.uri(current.name), folder.hadoop());
        requireComparable(evaluation, other);
        Score present = Score.of(other);
        if (!candidate.isBetterThan(present)) {
            return new Decision(false, "not published: " + candidate + "; " + current.name + " stays with " + present);
        }
        String name = publish(run, evaluation, checksum, candidate, current);
        removeOld(current, name);
        return new Decision(true, "published: " + candidate + ", instead of " + current.name + " with " + present);
    }

    /** Null where nothing was ever published. */
    private @Nullable Current current() {
        byte[] content = folder.read(CURRENT, LARGEST).orElse(null);
        if (content == null) {
            return null;
        }
        JsonFields fields = JsonFields.of(folder.uri(CURRENT) + ": not that of published students", content);
        String name = fields.text(NAME);
        if (!isPlain(name)) {
            throw fields.refusal(NAME, "the name of a folder beside it");
        }
        Map<String, Map<String, String>> record = new LinkedHashMap<>();
        if (fields.has(RECORD)) {
            JsonFields recorded = fields.section(RECORD);
            recorded.names().forEach(each -> record.put(each, recorded.section(each).allTexts()));
        }
        return new Current(name, fields.text("sha256"), record);
    }

    private static boolean isPlain(String name) {
        return !name.isBlank() && !name.equals(".") && !name.equals("..") && name.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':');
    }

    /**
     * The folder has no {@code current.json}: nothing may be in it, but what a crash has left of this very publication.
     *
     * @throws InputError where something else is
     */
    private void requireEmptyBut(String name) {
        for (String each : folder.names(".")) {
            if (!each.equals(name)) {
                throw new InputError(folder.uri() + ": has " + Printable.value(each) + " in it, but no " + CURRENT
                        + ", so it is no folder of published students; give an empty or a new one");
            }
        }
    }

    private static void requireComparable(RecordedEvaluation candidate, RecordedEvaluation present) {
        Map<String, String> ours = conditions(candidate);
        Map<String, String> theirs = conditions(present);
        ours.forEach((condition, our) -> {
            if (!our.equals(theirs.get(condition))) {
                throw new InputError(candidate.uri() + " and " + present.uri() + " cannot be compared: " + condition + " is "
                        + our + " and "
                        + theirs.get(condition) + "; evaluate the published student in the same way: " + EVALUATE
                        + ShellWords.quoted(present.uri().replaceFirst("[^/]*$", RunDirectory.BEST)) + " --data URI"
                        + (candidate.epsilon().isPresent() ? " --epsilon " + candidate.epsilon().getAsDouble() : "")
                        + " --attacks LIST --out "
                        + ShellWords.quoted(present.uri().replaceFirst("/[^/]*$", "")));
            }
        });
    }

    private static Map<String, String> conditions(RecordedEvaluation evaluation) {
        Map<String, String> conditions = new TreeMap<>();
        CONDITIONS.forEach(name -> conditions.put(name, String.valueOf(evaluation.about().get(name))));
        conditions.put("attacks", String.join(",", evaluation.attacks().stream().map(RecordedEvaluation.Result::name).sorted().toList()));
        return conditions;
    }

    /** Of a student's folder. By its content, too: a run that was gone on with has another student. */
    private static String name(RunDirectory run, String checksum) {
        String[] parts = run.uri().split("/", 0);
        return parts[parts.length - 1] + "-" + checksum.substring(0, 8);
    }

    /**
     * @param former what counted before, or null
     * @return the name of the student's folder
     */
    private String publish(RunDirectory run, RecordedEvaluation evaluation, String checksum, Score score, @Nullable Current former) {
        String name = name(run, checksum);
        byte[] line = (checksum + "  " + RunDirectory.BEST + "\n").getBytes(StandardCharsets.UTF_8);
        byte[] evaluated = run.read(RecordedEvaluation.FILE).orElseThrow();
        requireOwnOrNew(name, line, former);
        folder.write(name + "/" + CHECKSUM, line);
        folder.write(name + "/" + RunDirectory.BEST, run, RunDirectory.BEST);
        String copy = folder.uri(name + "/" + RunDirectory.BEST);
        if (!ModelFile.checksum(copy, folder.hadoop()).equals(checksum)) {
            throw new IllegalStateException(copy + " has arrived damaged: its SHA-256 is not that of " + run.uri(RunDirectory.BEST));
        }
        folder.write(name + "/" + RecordedEvaluation.FILE, evaluated);
        ObjectNode json = JSON.createObjectNode().put(NAME, name).put("student", copy).put("sha256", checksum)
                .put("robust_accuracy", (double) score.robust / score.images).put("clean_accuracy", (double) score.clean / score.images)
                .put("attacks", conditions(evaluation).get("attacks")).put("images", score.images).put("run", run.uri()).put("time", now())
                .put(REPLACED, former == null ? null : former.name);
        ObjectNode record = json.putObject(RECORD);
        if (former != null) {
            former.record.forEach((old, files) -> {
                if (isPlain(old) && !folder.names(old).isEmpty()) {
                    ObjectNode kept = record.putObject(old);
                    files.forEach(kept::put);
                }
            });
        }
        record.putObject(name).put(RunDirectory.BEST, checksum).put(CHECKSUM, Sha256.of(line))
                .put(RecordedEvaluation.FILE, Sha256.of(evaluated));
        folder.write(CURRENT, (json.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8));
        return name;
    }

    /** Whether nothing is under the student's name yet, or what an earlier call has begun and not finished, or recorded. */
    private void requireOwnOrNew(String name, byte[] checksum, @Nullable Current former) {
        List<String> there = folder.names(name);
        boolean recorded = former != null && former.record.containsKey(name);
        boolean begun = FILES.containsAll(there)
                && folder.read(name + "/" + CHECKSUM, LARGEST).filter(found -> Arrays.equals(found, checksum)).isPresent();
        if ((!there.isEmpty() && !recorded && !begun) || (there.isEmpty() && folder.exists(name) && !folder.isFolder(name))) {
            throw new InputError(folder.uri(name) + ": is there already, and no publication has made it; move it away");
        }
    }

    /** The time, in UTC and whole seconds, as publications are dated: {@code 2026-01-02T03:04:05Z}. */
    public static String now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** The student before the current one stays: somebody may be fetching it, or want it back. */
    private void removeOld(Current former, String current) {
        for (Map.Entry<String, Map<String, String>> published : former.record.entrySet()) {
            String old = published.getKey();
            List<String> there = FOLDER.matcher(old).matches() ? folder.names(old) : List.of();
            if (old.equals(former.name) || old.equals(current) || there.isEmpty()) {
                continue;
            }
            Optional<String> change = change(old, there, published.getValue());
            if (change.isPresent()) {
                tell.accept(folder.uri(old) + ": published earlier, and left alone: " + change.get());
                continue;
            }
            there.forEach(file -> folder.delete(old + "/" + file));
            folder.deleteFolderIfEmpty(old);
            tell.accept(folder.uri(old) + ": published earlier, and removed");
        }
    }

    /** What about a student's folder is not as it was published. */
    private Optional<String> change(String old, List<String> there, Map<String, String> recorded) {
        String student = recorded.get(RunDirectory.BEST);
        if (student == null || !recorded.keySet().equals(FILES) || !old.endsWith(student.substring(0, Math.min(8, student.length())))) {
            return Optional.of("the record of it in " + CURRENT + " is not one of ours");
        }
        for (String file : there) {
            if (!recorded.containsKey(file)) {
                return Optional.of(Printable.value(file) + " was put there since");
            }
            if (!folder.sha256(old + "/" + file).equals(Optional.of(recorded.get(file)))) {
                return Optional.of(Printable.value(file) + " is not as it was published");
            }
        }
        return Optional.empty();
    }
}
