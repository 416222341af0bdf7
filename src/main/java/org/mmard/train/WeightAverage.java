package org.mmard.train;

import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.mmard.config.Settings;
import org.mmard.failure.InputError;
import org.mmard.model.FlatVector;
import org.mmard.run.Checkpoints;
import org.mmard.step.FlatRange;

/**
 * An average of a student's weights over its training, validated and kept in the student's place. A moving average,
 * {@code a <- decay a + (1 - decay) p} after each step (a begins as the weights p before the first), is kept up to date by whoever carries out the steps; an
 * equal-weight one (Izmailov et al., arXiv 1803.05407) takes in the weights after each epoch: {@code a <- a + (p - a) / n}.
 */
public final class WeightAverage {
    private final Settings.Averaging settings;
    private float @Nullable [] values;
    private @Nullable ComputationGraph model;

    private WeightAverage(Settings.Averaging settings, float @Nullable [] values) {
        this.settings = settings;
        this.values = values;
    }

    /**
     * The average as it stands after a checkpoint.
     *
     * @param checkpoint nothing at the beginning of a run
     * @throws InputError where the average should have begun, but the checkpoint holds none
     */
    public static WeightAverage after(Optional<Checkpoints.Checkpoint> checkpoint, Settings.Averaging settings) {
        WeightAverage average = new WeightAverage(settings, checkpoint.flatMap(Checkpoints.Checkpoint::average).orElse(null));
        int epochs = checkpoint.map(found -> found.state().epoch()).orElse(0);
        if (epochs > 0 && average.active(epochs - 1) && average.values == null) {
            throw new InputError("training.averaging.kind = " + settings.kind() + ": the run's checkpoint of epoch " + epochs
                    + " holds no average; start anew in another directory, or set training.averaging.from-epoch to " + epochs
                    + " or above");
        }
        return average;
    }

    /** Whether epoch {@code epoch}, from 0, adds to the average. */
    public boolean active(int epoch) {
        return settings.kind() != Settings.Averaging.Kind.NONE && epoch >= settings.fromEpoch();
    }

    /** Whether the average moves after every step of epoch {@code epoch}. */
    public boolean movesEveryStep(int epoch) {
        return active(epoch) && settings.kind() == Settings.Averaging.Kind.EMA;
    }

    /** The averaged parameter vector, running statistics included; null before it has begun. */
    public float @Nullable [] values() {
        return values;
    }

    /** What the steps of an epoch have made of a moving average. */
    public void values(float @Nullable [] moved) {
        values = moved;
    }

    /** To be called before each epoch, from 0. */
    void epochStarts(int epoch, ComputationGraph student) {
        if (movesEveryStep(epoch) && values == null) {
            values = FlatVector.values(student.params());
        }
    }

    /**
     * To be called after each epoch, from 0.
     *
     * @param epochs asked for the average's batch-norm statistics, where they are estimated anew
     * @return the model to validate and keep: the student itself, or a network with the average and the student's velocity
     */
    ComputationGraph epochEnds(int epoch, ComputationGraph student, Epochs epochs) {
        if (!active(epoch)) {
            return student;
        }
        if (!movesEveryStep(epoch)) {
            values = withEpoch(FlatVector.values(student.params()), epoch - settings.fromEpoch() + 1);
        }
        ComputationGraph averaged = model(student);
        if (settings.batchNorm() == Settings.Averaging.BatchNorm.RE_ESTIMATE) {
            FlatRange.assign(averaged.params(), FlatRange.runningStatistics(averaged.getUpdater()),
                    epochs.runningStatistics(averaged, epoch));
            values = FlatVector.values(averaged.params());
        }
        return averaged;
    }

    /**
     * The model of a run that is stopped within an epoch: the student itself, or a network with the average as it is and the student's
     * velocity.
     */
    ComputationGraph model(ComputationGraph student) {
        if (values == null) {
            return student;
        }
        if (model == null) {
            model = new ComputationGraph(student.getConfiguration().clone());
            model.init();
        }
        FlatVector.assign(model.params(), values);
        model.getUpdater().getStateViewArray().assign(student.getUpdater().getStateViewArray());
        return model;
    }

    private float[] withEpoch(float[] parameters, int count) {
        if (values == null) {
            return parameters;
        }
        // In a new array: whoever goes back to the average before this epoch still has it.
        float[] next = values.clone();
        for (int i = 0; i < next.length; i++) {
            next[i] += (parameters[i] - next[i]) / count;
        }
        return next;
    }
}
