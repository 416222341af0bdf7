package org.mmard.run;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;
import org.mmard.failure.RunStopped;
import org.mmard.model.ModelFile;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of a run: one DL4J zip per epoch, with the updater's state, a {@link CheckpointState}, and a checksum beside it that is
 * checked before a run goes on from it. {@code last.zip} and {@code best.zip} are copies for other tools; a resume reads {@code best.zip}
 * only where the best epoch's own file is lost.
 */
public final class Checkpoints {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);

    private final RunDirectory directory;
    private final int keep;
    /** Epochs whose files are not removed for they are not as they were written, each said once. */
    private final Set<Integer> leftAlone = new HashSet<>();

    /**
     * A checkpoint that was read whole.
     *
     * @param raw the student's own weights, where the model's are an average of them; else null
     */
    public record Checkpoint(CheckpointState state, ModelFile.Model model, @Nullable INDArray raw) {
        /** The student to go on with: its own weights and its velocity. */
        public ComputationGraph student() {
            ComputationGraph student = new ComputationGraph(model.graph().getConfiguration().clone());
            student.init(raw == null ? model.graph().params() : raw, true);
            student.getUpdater().getStateViewArray().assign(model.updaterState());
            return student;
        }

        public Optional<float[]> average() {
            return raw == null ? Optional.empty() : Optional.of(model.graph().params().toFloatVector());
        }
    }

    /** @param keep how many of the newest epochs stay, 0 for all; the best epoch's always stays */
    public Checkpoints(RunDirectory directory, int keep) {
        this.directory = directory;
        this.keep = keep;
    }

    /**
     * Writes the checkpoint of an epoch, brings {@code last.zip} and {@code best.zip} up to date, then removes what need not be kept.
     *
     * @param model what users get, with the student's velocity
     * @param student may be the same
     */
    public void save(ComputationGraph model, ComputationGraph student, ModelFile.Metadata metadata, CheckpointState state) {
        String name = RunDirectory.checkpoint(state.epoch());
        write(name, model, student, metadata, state);
        directory.copyChecked(name, RunDirectory.LAST);
        if (state.best() != null && state.best().epoch() == state.epoch()) {
            directory.copyChecked(name, RunDirectory.BEST);
        }
        if (directory.exists(RunDirectory.INTERRUPTED)) {
            directory.delete(RunDirectory.INTERRUPTED);
        }
        prune(state);
    }

    /** Writes the checkpoint of a run that is stopped within an epoch. It is there until that epoch's own is. */
    public void saveInterrupted(ComputationGraph model, ComputationGraph student, ModelFile.Metadata metadata, CheckpointState state) {
        write(RunDirectory.INTERRUPTED, model, student, metadata, state);
    }

    @SuppressWarnings("ReferenceEquality") // whether the average is a graph of its own
    private void write(String name, ComputationGraph model, ComputationGraph student, ModelFile.Metadata metadata, CheckpointState state) {
        Map<String, byte[]> extras = new TreeMap<>(Map.of(CheckpointState.ENTRY, state.json()));
        if (model != student) {
            extras.put(ModelFile.RAW, ModelFile.bytes(student.params()));
        }
        directory.writeChecked(name, out -> ModelFile.write(out, model, metadata, extras));
    }

    private void prune(CheckpointState state) {
        if (keep == 0) {
            return;
        }
        SortedSet<Integer> old = directory.checkpoints().headSet(state.epoch() - keep + 1);
        for (int epoch : old) {
            if ((state.best() == null || epoch != state.best().epoch()) && !leftAlone.contains(epoch)) {
                directory.notAsRecorded(RunDirectory.checkpoint(epoch)).ifPresentOrElse(why -> {
                    leftAlone.add(epoch);
                    LOG.warn("{}; it is left alone", Printable.line(why));
                }, () -> directory.delete(RunDirectory.checkpoint(epoch)));
            }
        }
    }

    /**
     * The newest checkpoint of a run that can be read whole, be it of an epoch or within one.
     *
     * @param settings the run's {@link Provenance#settings()}: a checkpoint of another run does not count
     * @param skipped told in one line about each newer one that cannot be used
     */
    Optional<Checkpoint> newest(String settings, Consumer<String> skipped) {
        Optional<Checkpoint> interrupted = usable(RunDirectory.INTERRUPTED, settings, skipped);
        for (int epoch : newestFirst()) {
            if (interrupted.isPresent() && interrupted.get().state().epoch() >= epoch) {
                return interrupted;
            }
            Optional<Checkpoint> found = usable(RunDirectory.checkpoint(epoch), settings, skipped);
            if (found.isPresent()) {
                return found;
            }
        }
        return interrupted;
    }

    private Optional<Checkpoint> usable(String name, String settings, Consumer<String> skipped) {
        try {
            if (!directory.exists(name)) {
                return Optional.empty();
            }
            Checkpoint found = read(name, settings);
            // Whether a student can be made of it is seen when one is.
            found.student();
            return Optional.of(found);
        } catch (UncheckedIOException | RunStopped e) {
            // A filesystem that is away says nothing about the checkpoint.
            throw e;
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            skipped.accept("skipped a checkpoint that cannot be used: " + complaint(name, e));
            return Optional.empty();
        }
    }

    private String complaint(String name, Throwable e) {
        return e instanceof InputError mistake ? mistake.getMessage()
                : directory.uri(name) + ": damaged (" + Printable.value(String.valueOf(e.getMessage() == null ? e : e.getMessage())) + ")";
    }

    /**
     * Goes back to a checkpoint: {@code last.zip} and {@code best.zip} become those of that time, whatever a crash or a later epoch made of
     * them. The best epoch's own file is restored from {@code best.zip} where it is gone or damaged; where neither can be used, the best of
     * the other epochs takes its place.
     *
     * @param warn told in one line where the best epoch's file is restored or lost, or another cannot be used
     * @return the checkpoint's state, with the best epoch that there is
     */
    public CheckpointState rewind(CheckpointState state, Consumer<String> warn) {
        CheckpointState.Best best = state.best() == null ? null : best(state.best(), state, warn);
        if (best != null) {
            directory.copyChecked(RunDirectory.checkpoint(best.epoch()), RunDirectory.BEST);
        }
        // Of a run that was interrupted, the latest epoch may never have been, or be lost.
        if (state.begun() == null || usable(RunDirectory.checkpoint(state.epoch()), state.settings(), warn).isPresent()) {
            directory.copyChecked(RunDirectory.checkpoint(state.epoch()), RunDirectory.LAST);
        }
        return new CheckpointState(state.settings(), state.epoch(), state.step(), state.accuracy(), best, state.begun());
    }

    /** The best epoch up to that state, whose own file is whole afterwards; null where none is left. */
    private CheckpointState.@Nullable Best best(CheckpointState.Best best, CheckpointState state, Consumer<String> warn) {
        String own = RunDirectory.checkpoint(best.epoch());
        try {
            read(own, state.settings());
            return best;
        } catch (UncheckedIOException | RunStopped e) {
            throw e;
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            if (isCopiedInBest(best.epoch(), state.settings())) {
                directory.copyChecked(RunDirectory.BEST, own);
                warn.accept(complaint(own, e) + "; restored from " + RunDirectory.BEST);
                return best;
            }
            CheckpointState.Best left = bestLeft(state);
            warn.accept(complaint(own, e) + "; " + RunDirectory.BEST + " does not hold it either, so the best epoch is lost; "
                    + (left == null ? "no other was validated"
                            : RunDirectory.BEST + " is now that of epoch " + left.epoch() + ", the best that is left"));
            return left;
        }
    }

    private boolean isCopiedInBest(int epoch, String settings) {
        return usable(RunDirectory.BEST, settings, line -> {}).filter(found -> found.state().epoch() == epoch).isPresent();
    }

    private CheckpointState.@Nullable Best bestLeft(CheckpointState state) {
        CheckpointState.Best best = null;
        for (int epoch : directory.checkpoints().headSet(state.epoch() + 1)) {
            ValidationAccuracy accuracy = accuracy(epoch, state.settings()).orElse(null);
            best = CheckpointState.Best.of(best, CheckpointState.Best.of(epoch, accuracy));
        }
        return best;
    }

    /** The accuracy that a checkpoint states; nothing where it was not validated or cannot be used. */
    private Optional<ValidationAccuracy> accuracy(int epoch, String settings) {
        return usable(RunDirectory.checkpoint(epoch), settings, line -> {}).map(found -> found.state().accuracy());
    }

    private List<Integer> newestFirst() {
        List<Integer> epochs = new ArrayList<>(directory.checkpoints());
        Collections.reverse(epochs);
        return epochs;
    }

    private Checkpoint read(String name, String settings) {
        String uri = directory.uri(name);
        ModelFile.Model model = directory.readChecked(name, (in, length) -> ModelFile.read(uri, in, length));
        CheckpointState state = CheckpointState.parse(model.extras().get(CheckpointState.ENTRY), uri);
        boolean ofEpoch = !name.equals(RunDirectory.INTERRUPTED) && !name.equals(RunDirectory.BEST);
        if ((ofEpoch && !name.equals(RunDirectory.checkpoint(state.epoch()))) || !state.settings().equals(settings)) {
            throw new InputError(uri + ": is the checkpoint of epoch " + state.epoch() + " of "
                    + (state.settings().equals(settings) ? "this" : "another") + " run");
        }
        if (model.updaterState() == null) {
            throw new InputError(uri + ": has no updater state to go on from");
        }
        byte[] raw = model.extras().get(ModelFile.RAW);
        return new Checkpoint(state, model, raw == null ? null : ModelFile.array(uri, ModelFile.RAW, raw, model.graph().numParams()));
    }
}
