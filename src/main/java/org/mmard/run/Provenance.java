package org.mmard.run;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.InputError;
import org.mmard.files.JsonFields;

/**
 * Where a run's numbers come from: {@code provenance.json}.
 *
 * @param settings SHA-256 of the configuration the run was first started with, in hexadecimal: the run's name for its checkpoints
 * @param seed the run's seed
 * @param data the records of the training set that were used
 * @param teacher the teacher's model file, or null where the method has none
 * @param starts the first start, every resume and every restart after a failure of the cluster
 */
public record Provenance(String settings, long seed, Source data, @Nullable Source teacher, List<Start> starts) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LARGEST = 1 << 26;

    /**
     * @param uri where it was read
     * @param sha256 of its content, in hexadecimal
     */
    public record Source(String uri, String sha256) {}

    /**
     * @param time ISO 8601, UTC
     * @param afterEpoch the epoch (from 1) whose checkpoint it went on from, 0 for a start from the beginning
     * @param command the command line
     * @param reason the failure of the cluster after which the run restarted itself; null for a start by a user
     * @param executors how many trained from then on; null where an older version did not write it down
     */
    public record Start(String time, @JsonProperty("after_epoch") int afterEpoch, String host, String command, @Nullable String reason,
            @Nullable Integer executors,
            Map<String, String> versions) {
        public static Start now(String host, String command, int executors, Map<String, String> versions) {
            return new Start(Instant.now().toString(), 0, host, command, null, executors, versions);
        }

        /** As it is, with more versions. */
        Start with(Map<String, String> more) {
            Map<String, String> all = new LinkedHashMap<>(versions);
            all.putAll(more);
            return new Start(time, afterEpoch, host, command, reason, executors, all);
        }

        /** The restart of a run that this start began. */
        public Start again(String reason) {
            return new Start(Instant.now().toString(), 0, host, command, reason, executors, versions);
        }

        Start after(int epoch) {
            return new Start(time, epoch, host, command, reason, executors, versions);
        }
    }

    public Provenance {
        starts = List.copyOf(starts);
    }

    /**
     * The same where starts that do not say how many executors they had, had so many: while they were written, nobody could change that.
     */
    Provenance withFormer(int executors) {
        return new Provenance(settings, seed, data, teacher, starts.stream().map(start -> start.executors != null ? start
                : new Start(start.time, start.afterEpoch, start.host, start.command, start.reason, executors, start.versions)).toList());
    }

    /**
     * How a start went on with another number of executors than the one before it: {@code 4 executors in place of 2}; nothing where it did
     * not.
     *
     * @param start its place in {@link #starts}
     */
    public Optional<String> resized(int start) {
        Integer before = start == 0 ? null : starts.get(start - 1).executors;
        Integer now = starts.get(start).executors;
        return before == null || now == null || before.equals(now) ? Optional.empty()
                : Optional.of(now + (now == 1 ? " executor" : " executors") + " in place of " + before);
    }

    /** Where its last start computes, and with what. */
    Provenance on(Map<String, String> devices) {
        List<Start> all = new ArrayList<>(starts);
        all.add(all.remove(all.size() - 1).with(devices));
        return new Provenance(settings, seed, data, teacher, all);
    }

    Provenance with(Start start) {
        List<Start> all = new ArrayList<>(starts);
        all.add(start);
        return new Provenance(settings, seed, data, teacher, all);
    }

    void write(RunDirectory directory) {
        try {
            directory.write(RunDirectory.PROVENANCE, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(this));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @throws InputError where the file is missing or not ours */
    public static Provenance read(RunDirectory directory) {
        byte[] content = directory.read(RunDirectory.PROVENANCE, LARGEST).orElseThrow(() -> new InputError(
                directory.uri(RunDirectory.PROVENANCE)
                        + ": missing, so nothing says what the run was trained on; put it back, or start again in another directory"));
        JsonFields fields = JsonFields.of(directory.uri(RunDirectory.PROVENANCE) + ": not a provenance file", content);
        return new Provenance(fields.text("settings"), fields.whole("seed", Long.MIN_VALUE, Long.MAX_VALUE), source(fields.section("data")),
                fields.has("teacher") ? source(fields.section("teacher")) : null,
                fields.sections("starts").stream().map(Provenance::start).toList());
    }

    private static Source source(JsonFields fields) {
        return new Source(fields.text("uri"), fields.text("sha256"));
    }

    private static Start start(JsonFields fields) {
        return new Start(fields.text("time"), fields.count("after_epoch", 0, Integer.MAX_VALUE), fields.text("host"),
                fields.text("command"),
                fields.textOrNull("reason"), fields.has("executors") ? fields.count("executors", 1, Integer.MAX_VALUE) : null,
                fields.section("versions").allTexts());
    }
}
