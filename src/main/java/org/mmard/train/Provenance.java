package org.mmard.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mmard.config.InputError;

/**
 * Where a run's numbers come from: {@code provenance.json}.
 *
 * @param settings SHA-256 of the configuration the run was first started with, in hexadecimal: the run's name for its checkpoints
 * @param seed the run's seed
 * @param data the records of the training set that were used
 * @param teacher the teacher's model file, or null where the method has none
 * @param starts the first start, every resume and every restart after a failure of the cluster
 */
public record Provenance(String settings, long seed, Source data, Source teacher, List<Start> starts) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** @param uri where it was read; @param sha256 of its content, in hexadecimal */
    public record Source(String uri, String sha256) {}

    /**
     * @param time ISO 8601, UTC
     * @param afterEpoch the epoch (from 1) whose checkpoint it went on from, 0 for a start from the beginning
     * @param command the command line
     * @param reason the failure of the cluster after which the run restarted itself; null for a start by a user
     */
    public record Start(
            String time, @JsonProperty("after_epoch") int afterEpoch, String host, String command, String reason, Map<String, String> versions) {
        public static Start now(String host, String command, Map<String, String> versions) {
            return new Start(Instant.now().toString(), 0, host, command, null, versions);
        }

        /** As it is, with more versions. */
        Start with(Map<String, String> more) {
            Map<String, String> all = new LinkedHashMap<>(versions);
            all.putAll(more);
            return new Start(time, afterEpoch, host, command, reason, all);
        }

        /** The restart of a run that this start began. */
        public Start again(String reason) {
            return new Start(Instant.now().toString(), 0, host, command, reason, versions);
        }

        Start after(int epoch) {
            return new Start(time, epoch, host, command, reason, versions);
        }
    }

    public Provenance {
        starts = List.copyOf(starts);
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
        byte[] content = directory.read(RunDirectory.PROVENANCE).orElseThrow(() -> new InputError(
                directory.uri(RunDirectory.PROVENANCE) + ": missing, so nothing says what the run was trained on; put it back, or start again in another directory"));
        try {
            return JSON.readValue(content, Provenance.class);
        } catch (IOException e) {
            throw new InputError(directory.uri(RunDirectory.PROVENANCE) + ": not a provenance file: " + e.getMessage().lines().findFirst().orElse(""), e);
        }
    }
}
