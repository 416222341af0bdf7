package org.mmard.step;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.updater.graph.ComputationGraphUpdater;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * SGD with classical momentum as PyTorch has it, which is what the published recipes mean: for every trainable parameter p, batch-norm
 * scale and shift and all biases included,
 *
 * <pre>
 * g = gradient * min(1, clipping / |gradient|)      (only where clipping is not 0; |gradient| over all trainable parameters)
 * d = g + weightDecay * p
 * v = momentum * v + d          (v is 0 before the first step)
 * update = learningRate * v     (p - update is the new parameter)
 * </pre>
 *
 * DL4J's own {@code Nesterovs} is another rule, and its L2 leaves some parameters out. The velocity lives in DL4J's updater state, laid out
 * as {@code Nesterovs} has it, so that a checkpoint whose configuration says {@code Nesterovs} carries it and loads without this class.
 * Running means and variances are no trainable parameters: their part of the gradient vector is left alone.
 */
public final class SgdUpdater extends ComputationGraphUpdater {
    /** A stretch of trainable parameters and their velocity, as views. */
    private record Stretch(INDArray parameters, INDArray gradient, INDArray velocity) {}

    /** The rule reads and writes each value several times: a stretch no longer than this stays in the processor's cache meanwhile. */
    private static final long CACHED = 1 << 16;

    private final double momentum;
    private final double weightDecay;
    private final double clipping;
    private final List<Stretch> stretches = new ArrayList<>();
    private double learningRate = Double.NaN;
    private boolean skipping;

    /**
     * @param graph its trainable parameters must have the updater {@code Nesterovs}, which decides the size of the state
     * @param clipping largest norm of a gradient, 0 for any
     * @throws IllegalArgumentException where a trainable parameter has no room for its velocity
     */
    public SgdUpdater(ComputationGraph graph, double momentum, double weightDecay, double clipping) {
        super(graph);
        this.momentum = momentum;
        this.weightDecay = weightDecay;
        this.clipping = clipping;
        INDArray parameters = flat(graph.params());
        INDArray gradient = flat(getFlattenedGradientsView());
        for (FlatRange range : FlatRange.trainable(this)) {
            for (long from = 0; from < range.length(); from += CACHED) {
                long to = Math.min(from + CACHED, range.length());
                var interval = NDArrayIndex.interval(range.start() + from, range.start() + to);
                stretches.add(new Stretch(parameters.get(interval), gradient.get(interval),
                        getUpdaterStateViewArray().get(NDArrayIndex.interval(range.state() + from, range.state() + to))));
            }
        }
    }

    /** Sets the learning rate of the next update. */
    public void learningRate(double rate) {
        learningRate = rate;
    }

    /** Makes the next update zero, whatever the gradient, and has it leave the velocity alone. */
    void skip() {
        skipping = true;
    }

    /** Turns the gradient vector of the graph into the update vector, in place. The other arguments are DL4J's and decide nothing here. */
    @Override
    public synchronized void update(@Nullable Gradient gradient, int iteration, int epoch, int batchSize,
            @Nullable LayerWorkspaceMgr workspaces) {
        if (Double.isNaN(learningRate)) {
            throw new IllegalStateException("no learning rate was set");
        }
        if (skipping) {
            skipping = false;
            getFlattenedGradientsView().assign(0);
            return;
        }
        clip();
        for (Stretch stretch : stretches) {
            INDArray direction = stretch.gradient;
            // Closed here: memory off the heap must not wait for the garbage collector.
            try (INDArray decay = stretch.parameters.mul(weightDecay)) {
                direction.addi(decay);
            }
            stretch.velocity.muli(momentum).addi(direction);
            direction.assign(stretch.velocity).muli(learningRate);
        }
    }

    private void clip() {
        if (clipping == 0) {
            return;
        }
        double squares = 0;
        for (Stretch stretch : stretches) {
            double norm = stretch.gradient.norm2Number().doubleValue();
            squares += norm * norm;
        }
        if (squares > clipping * clipping) {
            double factor = clipping / Math.sqrt(squares);
            stretches.forEach(stretch -> stretch.gradient.muli(factor));
        }
    }

    private static INDArray flat(INDArray vector) {
        return vector.reshape(vector.length());
    }
}
