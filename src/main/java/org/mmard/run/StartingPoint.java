package org.mmard.run;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.InputError;

/**
 * Where a run begins: at the beginning, or after the newest checkpoint that can be read.
 *
 * @param configuration the resolved configuration, for {@code run.conf}
 * @param checkpoint what to go on from; nothing at the beginning
 */
public record StartingPoint(String configuration, Provenance provenance, Optional<Checkpoints.Checkpoint> checkpoint) {
    private static final int LARGEST_CONFIGURATION = 1 << 20;

    /**
     * Prepares the directory and finds out where to begin. Writes no file yet, so that a run whose cluster does not come up leaves no
     * trace.
     *
     * @param resume whether to go on with the run that the directory holds; without one there, a run starts from the beginning
     * @param configuration the resolved configuration
     * @param now provenance of this start alone, its {@code afterEpoch} 0
     * @param warn told in one line about each checkpoint that cannot be used
     * @throws InputError where the directory holds a run and {@code resume} is false, or that run was another one
     */
    public static StartingPoint find(RunDirectory directory, boolean resume, String configuration, Provenance now, Consumer<String> warn) {
        requireFree(directory, resume);
        directory.prepare();
        if (!directory.holdsRun()) {
            requireNothingToReplace(directory);
            return new StartingPoint(configuration, now, Optional.empty());
        }
        String recordedAt = directory.uri(RunDirectory.CONFIGURATION);
        String recorded = directory.read(RunDirectory.CONFIGURATION, LARGEST_CONFIGURATION)
                .map(bytes -> new String(bytes, StandardCharsets.UTF_8)).orElseThrow(
                        () -> new InputError(
                                recordedAt + ": missing, so nothing says how the run was trained; start again in another directory"));
        RunConfiguration.requireSame(recorded, configuration, recordedAt);
        Provenance read = Provenance.read(directory);
        OptionalInt executors = RunConfiguration.executors(recorded, recordedAt);
        Provenance before = executors.isPresent() ? read.withFormer(executors.getAsInt()) : read;
        requireSameContent("data.uri", before.data(), now.data());
        requireSameContent("teacher.model", before.teacher(), now.teacher());
        Optional<Checkpoints.Checkpoint> checkpoint = new Checkpoints(directory, 0).newest(before.settings(), warn);
        int epoch = checkpoint.map(found -> found.state().epoch()).orElse(0);
        new Metrics(directory, epoch);
        return new StartingPoint(configuration, before.with(now.starts().get(0).after(epoch)), checkpoint);
    }

    /**
     * Where the run of this start stands now, for a restart.
     *
     * @param reason what happened
     * @param warn as above
     */
    public StartingPoint again(RunDirectory directory, String reason, Consumer<String> warn) {
        Provenance.Start restart = provenance.starts().get(provenance.starts().size() - 1).again(reason);
        if (!directory.holdsRun()) {
            return new StartingPoint(configuration, provenance.with(restart), Optional.empty());
        }
        Provenance now =
                new Provenance(provenance.settings(), provenance.seed(), provenance.data(), provenance.teacher(), List.of(restart));
        return find(directory, true, configuration, now, warn);
    }

    /**
     * The first question about a run, before anything large is read.
     *
     * @throws InputError where the directory holds a run and {@code resume} is false
     */
    public static void requireFree(RunDirectory directory, boolean resume) {
        if (!resume && directory.holdsRun()) {
            throw new InputError(
                    "run.directory " + directory.uri() + ": already holds a run; go on with it by --resume, or choose another directory");
        }
    }

    /** What a run would write over, and no run has left there. */
    private static void requireNothingToReplace(RunDirectory directory) {
        for (String name : List.of(RunDirectory.BEST, RunDirectory.LAST, RunDirectory.METRICS, RunDirectory.INTERRUPTED)) {
            if (directory.exists(name)) {
                throw new InputError(directory.uri(name) + ": is there, but no run with its " + RunDirectory.CONFIGURATION
                        + ", and a new one would write over it; choose another directory");
            }
        }
    }

    /** Epochs already trained. */
    public int epoch() {
        return checkpoint.map(found -> found.state().epoch()).orElse(0);
    }

    /** Whether it goes on with another number of executors than it had: {@code 4 executors in place of 2}. */
    public Optional<String> resized() {
        return provenance.resized(provenance.starts().size() - 1);
    }

    /**
     * Where it goes on, in words: {@code the beginning}, {@code the checkpoint of epoch 3},
     * {@code the checkpoint after step 17 of epoch 4}.
     */
    public String where() {
        EpochSums begun = checkpoint.map(found -> found.state().begun()).orElse(null);
        if (begun != null) {
            return "the checkpoint after step " + begun.steps() + " of epoch " + (epoch() + 1);
        }
        return epoch() == 0 ? "the beginning" : "the checkpoint of epoch " + epoch();
    }

    /**
     * The same, when it is known where the executors compute.
     *
     * @param devices what it computes on and with, by name, for the record
     */
    public StartingPoint on(Map<String, String> devices) {
        return new StartingPoint(configuration, provenance.on(devices), checkpoint);
    }

    /** Writes down, in the directory, how and from what the run goes on. */
    public void record(RunDirectory directory) {
        provenance.write(directory);
        // Last, because this file is what makes the directory hold a run.
        directory.write(RunDirectory.CONFIGURATION, configuration.getBytes(StandardCharsets.UTF_8));
    }

    private static void requireSameContent(String key, Provenance.@Nullable Source before, Provenance.@Nullable Source now) {
        List<String> checksums = List.of(before == null ? "none" : before.sha256(), now == null ? "none" : now.sha256());
        if (!checksums.get(0).equals(checksums.get(1))) {
            throw new InputError(key + " = " + (now == null ? "null" : now.uri()) + ": content has SHA-256 " + checksums.get(1)
                    + ", the run was trained with "
                    + checksums.get(0) + (before == null ? "" : " from " + before.uri()));
        }
    }
}
