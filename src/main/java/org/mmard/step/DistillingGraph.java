package org.mmard.step;

import java.util.List;
import java.util.Objects;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.jspecify.annotations.Nullable;
import org.mmard.config.Settings;
import org.mmard.data.ImageSet;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A {@code ComputationGraph} whose gradient is a distillation method: wherever DL4J fits a graph, this one can stand, and DL4J's solver,
 * updater and gradient sharing take the rest as if the gradient were their own. It is fitted with {@link TrainingBatch}es. A step whose
 * loss or gradient is not finite is skipped: it changes neither parameters nor velocity nor running statistics.
 */
public class DistillingGraph extends ComputationGraph {
    private final transient Settings.Training training;
    private final transient long seed;
    private final transient SgdUpdater updater;
    private final transient Step step;
    private final transient List<FlatRange> statistics;
    private transient @Nullable Begun begun;
    private transient @Nullable INDArray labels;
    private transient @Nullable TrainingBatch batch;
    private transient boolean skipped;
    private transient @Nullable Throwable failure;
    private transient @Nullable INDArray average;
    private transient double averageDecay;

    /** Told after each step. */
    @FunctionalInterface
    public interface StepListener {
        /**
         * @param skipped whether the step changed nothing, because it was not finite
         * @param seconds its wall time, loading its images
         *     included
         */
        void stepped(Step.Result result, boolean skipped, double seconds);
    }

    /** What the batches of now are taken from, which learning rates they have, and who is told about them. */
    private record Begun(ImageSet images, Schedule schedule, StepListener listener) {}

    /**
     * @param configuration cloned; its updater must be {@code Nesterovs}
     * @param parameters copied
     * @param velocity copied; null for zeros
     */
    public DistillingGraph(
            ComputationGraphConfiguration configuration, INDArray parameters, @Nullable INDArray velocity, Settings.Training training,
            long seed,
            StepFactory steps) {
        super(configuration.clone());
        this.training = training;
        this.seed = seed;
        init(parameters, true);
        updater = new SgdUpdater(this, training.momentum(), training.weightDecay(), training.gradientClipping());
        setUpdater(updater);
        if (velocity != null) {
            updater.setStateViewArray(velocity);
        }
        statistics = FlatRange.runningStatistics(updater);
        step = steps.create(this);
        addListeners(new BaseTrainingListener() {
            @Override
            public void iterationDone(Model model, int iteration, int epoch) {
                moveAverage();
            }
        });
    }

    /** What the coming batches are taken from, which learning rates they have, and who is told about them. Forgets an earlier failure. */
    public void begin(ImageSet images, Schedule schedule, StepListener listener) {
        begun = new Begun(images, schedule, listener);
        failure = null;
    }

    /**
     * From where on a moving average follows the parameters after every step; null for none.
     *
     * @param decay a's share in
     *     {@code a <- decay a + (1 - decay) p}
     */
    public void follow(float @Nullable [] start, double decay) {
        if (average != null) {
            average.close();
        }
        average = start == null ? null : Nd4j.createFromArray(start).reshape(params().shape());
        averageDecay = decay;
    }

    /** The moving average as it is now, running statistics included; null where there is none. */
    public @Nullable INDArray average() {
        return average;
    }

    private void moveAverage() {
        if (average != null && hasMoved()) {
            // Closed here: memory off the heap must not wait for the garbage collector.
            try (INDArray share = params().mul(1 - averageDecay)) {
                average.muli(averageDecay).addi(share);
            }
        }
    }

    @Override
    public void setLabels(INDArray... labels) {
        super.setLabels(labels);
        this.labels = labels == null ? null : labels[0];
    }

    @Override
    public void setLabel(int index, INDArray label) {
        super.setLabel(index, label);
        this.labels = label;
    }

    @Override
    public void computeGradientAndScore(LayerWorkspaceMgr workspaces) {
        computeGradientAndScore();
    }

    @Override
    public void computeGradientAndScore() {
        long start = System.nanoTime();
        try {
            Begun now = Objects.requireNonNull(begun, "begin comes first");
            batch = TrainingBatch.of(getInputs()[0], Objects.requireNonNull(labels, "a batch comes with its labels"));
            updater.learningRate(now.schedule.at(batch.epoch(), batch.index()));
            float[] before = FlatRange.values(params(), statistics);
            Step.Result result = step.gradient(batch.load(now.images, seed, training.augment()));
            skipped = !(result.isFinite() && Double.isFinite(getFlattenedGradients().sumNumber().doubleValue()));
            if (skipped) {
                // A running statistic that is no number would stay one for ever.
                FlatRange.assign(params(), statistics, before);
                updater.skip();
            }
            gradient = new DefaultGradient(getFlattenedGradients());
            score = result.loss();
            now.listener.stepped(result, skipped, (System.nanoTime() - start) / 1e9);
        } catch (Throwable e) {
            // DL4J's training wrapper logs what a fit throws and goes on with half a result: whoever called it must ask.
            failure = e;
            throw e;
        }
    }

    /** The batch of the latest step. */
    public TrainingBatch batch() {
        return Objects.requireNonNull(batch, "no step was made");
    }

    /** Whether the latest step was skipped. */
    public boolean skipped() {
        return skipped;
    }

    /** Whether the parameters have moved since the step before the latest one; asked after the update. */
    protected boolean hasMoved() {
        return !skipped;
    }

    /** Lets the coming update change nothing, for a step that is not to take place. */
    protected void leaveOut() {
        updater.skip();
    }

    /** What the first failed step since {@link #begin} threw, or null. */
    public @Nullable Throwable failure() {
        return failure;
    }

    /** Frees the step's native memory. */
    @Override
    public void close() {
        step.close();
        super.close();
    }
}
