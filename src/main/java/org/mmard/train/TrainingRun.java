package org.mmard.train;

import java.time.Duration;
import java.time.Instant;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.config.Settings;
import org.mmard.model.ModelFile;

/** One training run from where it stands to its last epoch. Whatever stops it, the checkpoints of all finished epochs are whole. */
public final class TrainingRun {
    private final Settings settings;
    private final RunDirectory directory;
    private final StartingPoint from;
    private final ComputationGraph student;
    private final WeightAverage average;
    private final ModelFile.Metadata metadata;
    private final int batchesPerEpoch;

    /**
     * @param student the driver's graph, which each epoch leaves in its new state; @param average over it; @param metadata goes into every checkpoint
     * @param batchesPerEpoch minibatches of one epoch over all executors
     */
    public TrainingRun(
            Settings settings, RunDirectory directory, StartingPoint from, ComputationGraph student, WeightAverage average, ModelFile.Metadata metadata,
            int batchesPerEpoch) {
        this.settings = settings;
        this.directory = directory;
        this.from = from;
        this.student = student;
        this.average = average;
        this.metadata = metadata;
        this.batchesPerEpoch = batchesPerEpoch;
    }

    /** @param last the state after the last epoch; @param seconds of this part of the run */
    public record Outcome(CheckpointState last, double seconds) {}

    /**
     * Trains, validates and keeps every epoch that is left, of which there must be one at least.
     *
     * @throws TrainingDiverged when too many steps were skipped, or the parameters are no longer finite
     * @throws ClusterFailure when whoever carries out the epochs says so, or an epoch has moved no weight
     */
    public Outcome run(Epochs epochs, TrainingDisplay display) {
        Instant start = Instant.now();
        Checkpoints checkpoints = new Checkpoints(directory, settings.checkpoints().keep());
        Schedule schedule = new Schedule(settings.training(), batchesPerEpoch);
        Metrics metrics = new Metrics(directory, from.epoch());
        from.record(directory);
        CheckpointState state = from.checkpoint().map(found -> checkpoints.rewind(found.state()))
                .orElse(new CheckpointState(from.provenance().settings(), 0, 0, null, null));
        for (int epoch = from.epoch(); epoch < settings.training().epochs(); epoch++) {
            display.epochStarts(epoch + 1);
            average.epochStarts(epoch, student);
            long before = weights();
            EpochSums sums = epochs.train(epoch, EpochSums.NONE, display);
            display.stepsEnd();
            requireSound(epoch + 1, sums);
            requireMoved(epoch, before, sums, schedule);
            ComputationGraph model = average.epochEnds(epoch, student, epochs);
            Epochs.Accuracy accuracy = isValidated(epoch + 1) ? epochs.validate(model) : null;
            state = next(state, accuracy);
            EpochMetrics line = new EpochMetrics(state.epoch(), state.step(), sums.report(), schedule.at(epoch, batchesPerEpoch - 1), accuracy,
                    state.best() != null && state.best().epoch() == state.epoch(), Instant.now());
            // Before the checkpoint: after a crash in between, the epoch is trained again and its line dropped. The other way round it would be missing.
            metrics.append(line);
            checkpoints.save(model, student, metadata, state);
            display.epochEnds(line);
        }
        return new Outcome(state, Duration.between(start, Instant.now()).toMillis() / 1000.0);
    }

    private boolean isValidated(int epoch) {
        return settings.validation().examples() > 0 && (epoch % settings.validation().every() == 0 || epoch == settings.training().epochs());
    }

    private CheckpointState next(CheckpointState state, Epochs.Accuracy accuracy) {
        int epoch = state.epoch() + 1;
        return new CheckpointState(state.settings(), epoch, (long) epoch * batchesPerEpoch, accuracy,
                CheckpointState.Best.of(state.best(), CheckpointState.Best.of(epoch, accuracy)));
    }

    /** A checksum of the trainable parameters alone: running statistics move even where no update arrives. */
    private long weights() {
        return FlatRange.checksum(FlatRange.values(student.params(), FlatRange.trainable(student.getUpdater())));
    }

    private void requireMoved(int epoch, long before, EpochSums sums, Schedule schedule) {
        boolean learns = IntStream.range(0, batchesPerEpoch).anyMatch(batch -> schedule.at(epoch, batch) > 0);
        if (learns && sums.skippedSteps() < sums.steps() && weights() == before) {
            throw new ClusterFailure("no weight moved in epoch " + (epoch + 1), null);
        }
    }

    private void requireSound(int epoch, EpochSums sums) {
        if (sums.skippedSteps() > settings.training().skippable(batchesPerEpoch)) {
            throw diverged(epoch, sums.skippedSteps() + " of the " + batchesPerEpoch + " steps of epoch " + epoch
                    + " were skipped by step " + sums.steps() + ", their loss or gradient not finite, which is more than training.max-skipped = "
                    + settings.training().maxSkipped());
        }
        if (!Double.isFinite(student.params().sumNumber().doubleValue())) {
            throw diverged(epoch, "parameters are no longer finite in epoch " + epoch);
        }
    }

    private TrainingDiverged diverged(int epoch, String what) {
        String kept = epoch == 1 ? "no epoch was finished before" : "epoch " + (epoch - 1) + " is kept in " + directory.uri(RunDirectory.checkpoint(epoch - 1));
        return new TrainingDiverged(what + ": training diverged; " + kept
                + "; start anew with a lower training.learning-rate, a longer training.warm-up or a training.gradient-clipping");
    }
}
