package org.mmard.train;

import java.time.Instant;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.mmard.config.Settings;
import org.mmard.failure.Reason;
import org.mmard.model.ModelFile;
import org.mmard.run.CheckpointState;
import org.mmard.run.Checkpoints;
import org.mmard.run.EpochMetrics;
import org.mmard.run.EpochSums;
import org.mmard.run.Metrics;
import org.mmard.run.RunDirectory;
import org.mmard.run.StartingPoint;
import org.mmard.run.ValidationAccuracy;
import org.mmard.step.FlatRange;
import org.mmard.step.Schedule;

/** One training run from where it stands to its last epoch. Whatever stops it, the checkpoints of all finished epochs are whole. */
public final class TrainingRun {
    private final Settings settings;
    private final RunDirectory directory;
    private final StartingPoint from;
    private final ComputationGraph student;
    private final WeightAverage average;
    private final ModelFile.Metadata metadata;
    private final int batchesPerEpoch;
    private final Checkpoints checkpoints;
    private final Schedule schedule;

    /**
     * @param student the driver's graph, which each epoch leaves in its new state
     * @param average over it
     * @param metadata goes into every
     *     checkpoint
     * @param batchesPerEpoch minibatches of one epoch over all executors
     */
    public TrainingRun(
            Settings settings, RunDirectory directory, StartingPoint from, ComputationGraph student, WeightAverage average,
            ModelFile.Metadata metadata,
            int batchesPerEpoch) {
        this.settings = settings;
        this.directory = directory;
        this.from = from;
        this.student = student;
        this.average = average;
        this.metadata = metadata;
        this.batchesPerEpoch = batchesPerEpoch;
        checkpoints = new Checkpoints(directory, settings.checkpoints().keep());
        schedule = new Schedule(settings.training(), batchesPerEpoch);
    }

    /**
     * Trains, validates and keeps every epoch that is left, of which there must be one at least.
     *
     * @param stop ends it after the current step, or between two epochs
     * @return the state after the last epoch
     * @throws TrainingDiverged when too many steps were skipped, or the parameters are no longer finite
     * @throws RunInterrupted when {@code stop} was made; what is done is kept
     * @throws ClusterFailure when whoever carries out the epochs says so, or an epoch has moved no weight
     */
    public CheckpointState run(Epochs epochs, TrainingListener listener, StopRequest stop) {
        Metrics metrics = new Metrics(directory, from.epoch());
        from.record(directory);
        CheckpointState state = from.checkpoint().map(found -> checkpoints.rewind(found.state(), listener::warning))
                .orElse(new CheckpointState(from.provenance().settings(), 0, 0, null, null, null));
        try (StopRequest.Promise promise = stop.promise(() -> listener.stopping(stop.signal()))) {
            while (state.epoch() < settings.training().epochs()) {
                state = epoch(state, epochs, listener, stop, metrics);
            }
        }
        return state;
    }

    /**
     * One epoch, or what is left of it.
     *
     * @param state before it
     * @return after it
     */
    private CheckpointState epoch(CheckpointState state, Epochs epochs, TrainingListener listener, StopRequest stop, Metrics metrics) {
        int epoch = state.epoch();
        EpochSums begun = state.begun() == null ? EpochSums.NONE : state.begun();
        if (stop.made()) {
            throw interrupted(stop, epoch, begun, null);
        }
        listener.epochStarts(epoch + 1);
        average.epochStarts(epoch, student);
        long weights = weights();
        EpochSums sums = begun.steps() < batchesPerEpoch ? train(epoch, begun, epochs, listener, stop) : begun;
        listener.stepsEnd();
        requireSound(epoch + 1, sums);
        if (sums.steps() < batchesPerEpoch) {
            throw interrupt(state, sums, stop, null);
        }
        requireMoved(epoch, weights, begun, sums);
        float[] averaged = average.values();
        ComputationGraph model;
        ValidationAccuracy accuracy;
        try {
            model = average.epochEnds(epoch, student, epochs);
            accuracy = isValidated(epoch + 1) ? epochs.validate(model) : null;
        } catch (RuntimeException e) {
            if (!stop.made()) {
                throw e;
            }
            average.values(averaged);
            throw interrupt(state, sums, stop, e);
        }
        CheckpointState next = next(state, accuracy);
        EpochMetrics line = new EpochMetrics(next.epoch(), next.step(), sums.report(), schedule.at(epoch, batchesPerEpoch - 1), accuracy,
                next.best() != null && next.best().epoch() == next.epoch(), Instant.now());
        // Before the checkpoint: after a crash in between, the epoch is trained again and its line dropped. The other way round it would be
        // missing.
        metrics.append(line);
        checkpoints.save(model, student, metadata, next);
        listener.epochEnds(line);
        return next;
    }

    private EpochSums train(int epoch, EpochSums begun, Epochs epochs, TrainingListener listener, StopRequest stop) {
        try {
            return epochs.train(epoch, begun, listener);
        } catch (RuntimeException e) {
            if (!stop.made()) {
                throw e;
            }
            stop.heed();
            listener.stepsEnd();
            throw new RunInterrupted(stop.signal(),
                    "in epoch " + (epoch + 1) + ", whose steps are lost (" + Reason.of(e) + "); " + kept(epoch, begun), e);
        }
    }

    /** Writes down where the run stops. */
    private RunInterrupted interrupt(CheckpointState state, EpochSums sums, StopRequest stop, @Nullable Throwable cause) {
        stop.heed();
        if (sums.steps() > 0) {
            checkpoints.saveInterrupted(average.model(student), student, metadata, state.within(sums));
        }
        return interrupted(stop, state.epoch(), sums, cause);
    }

    private RunInterrupted interrupted(StopRequest stop, int epoch, EpochSums begun, @Nullable Throwable cause) {
        stop.heed();
        String where = begun.steps() > 0 ? "after step " + begun.steps() + " of epoch " + (epoch + 1)
                : epoch > 0 ? "after epoch " + epoch : "before the first step";
        return new RunInterrupted(stop.signal(), where + "; " + kept(epoch, begun), cause);
    }

    /** @param begun of the epoch that follows epoch {@code epoch}, from 1 */
    private String kept(int epoch, EpochSums begun) {
        if (begun.steps() > 0) {
            return "kept in " + directory.uri(RunDirectory.INTERRUPTED);
        }
        return epoch > 0 ? "kept in " + directory.uri(RunDirectory.checkpoint(epoch)) : "nothing to keep yet";
    }

    private boolean isValidated(int epoch) {
        return settings.validation().examples() > 0
                && (epoch % settings.validation().every() == 0 || epoch == settings.training().epochs());
    }

    private CheckpointState next(CheckpointState state, @Nullable ValidationAccuracy accuracy) {
        int epoch = state.epoch() + 1;
        return new CheckpointState(state.settings(), epoch, (long) epoch * batchesPerEpoch, accuracy,
                CheckpointState.Best.of(state.best(), CheckpointState.Best.of(epoch, accuracy)), null);
    }

    /** A checksum of the trainable parameters alone: running statistics move even where no update arrives. */
    private long weights() {
        return FlatRange.checksum(student.params(), FlatRange.trainable(student.getUpdater()));
    }

    /** @param before the weights before what was done since {@code begun} */
    private void requireMoved(int epoch, long before, EpochSums begun, EpochSums sums) {
        boolean learns = IntStream.range((int) begun.steps(), batchesPerEpoch).anyMatch(batch -> schedule.at(epoch, batch) > 0);
        boolean counted = sums.steps() - sums.skippedSteps() > begun.steps() - begun.skippedSteps();
        if (learns && counted && weights() == before) {
            throw new ClusterFailure("no weight moved in epoch " + (epoch + 1), null);
        }
    }

    private void requireSound(int epoch, EpochSums sums) {
        if (sums.skippedSteps() > settings.training().skippable(batchesPerEpoch)) {
            throw diverged(epoch, "epoch " + epoch + ": " + sums.skippedSteps() + " of " + batchesPerEpoch
                    + " steps skipped, their loss or gradient not finite (more than training.max-skipped = "
                    + settings.training().maxSkipped() + ")");
        }
        if (!Double.isFinite(student.params().sumNumber().doubleValue())) {
            throw diverged(epoch, "epoch " + epoch + ": parameters are no longer finite");
        }
    }

    private TrainingDiverged diverged(int epoch, String what) {
        String kept = epoch == 1 ? "no epoch was finished before"
                : "epoch " + (epoch - 1) + " is kept in " + directory.uri(RunDirectory.checkpoint(epoch - 1));
        return new TrainingDiverged(what + ": training diverged; " + kept
                + "; start anew with a lower training.learning-rate, a longer training.warm-up or a training.gradient-clipping");
    }
}
