package org.mmard.spark.sync;

import java.nio.FloatBuffer;
import java.util.function.BooleanSupplier;
import org.deeplearning4j.optimize.api.StepFunction;
import org.deeplearning4j.optimize.solvers.accumulation.GradientsAccumulator;
import org.deeplearning4j.optimize.solvers.accumulation.IndexedTail;
import org.jspecify.annotations.Nullable;
import org.mmard.step.DistillingGraph;
import org.mmard.step.TrainingBatch;
import org.nd4j.linalg.api.ndarray.INDArray;

/** {@link Rounds} as DL4J's solver knows them: a place to store an update in, and to apply those of all from. */
public final class Lockstep implements GradientsAccumulator, AutoCloseable {
    private final DistillingGraph graph;
    private final Exchange exchange;
    private final Rounds rounds;
    private boolean moved;

    /**
     * @param graph whose updates are shared
     * @param exchange this lockstep's from now on
     * @param executors at most
     * @param batchesPerEpoch over all executors
     * @param skippable how many of them may be skipped
     */
    public Lockstep(DistillingGraph graph, Exchange exchange, Encoding encoding, int executors, int batchesPerEpoch, long skippable) {
        this.graph = graph;
        this.exchange = exchange;
        rounds = new Rounds(exchange, new AllReduce(exchange, encoding, executors, Math.toIntExact(graph.numParams())), batchesPerEpoch,
                skippable);
    }

    /**
     * Starts an epoch, together with all other executors. To be called in the thread of the task.
     *
     * @param epoch from 0
     * @param from how many of its batches are done
     * @param skipped how many of these were skipped
     * @param introduce whether the executors may be others than in the epoch before
     * @param stop whether this executor has heard that the
     *     run is to stop
     */
    public void begin(int epoch, int from, long skipped, boolean introduce, BooleanSupplier stop) {
        rounds.begin(epoch, from, skipped, introduce, stop);
    }

    /** Whether the epoch ends before its last batch. */
    public boolean finished() {
        return rounds.finished();
    }

    /** Whether the latest round has moved the parameters. */
    public boolean hasMoved() {
        return moved;
    }

    /** Leaves the others. */
    @Override
    public void close() {
        exchange.close();
    }

    @Override
    public void storeUpdate(INDArray update, int iteration, int epoch) {
        if (!finished()) {
            TrainingBatch batch = graph.batch();
            rounds.give(batch.index(), graph.skipped(), values(update));
        }
    }

    @Override
    public void applyUpdate(StepFunction function, INDArray parameters, INDArray updates, boolean last) {
        moved = false;
        if (!finished()) {
            moved = rounds.take(values(updates));
            function.step(parameters, updates);
        }
    }

    /** The memory of a vector. */
    private static FloatBuffer values(INDArray vector) {
        FloatBuffer buffer = vector.data().asNioFloat();
        return buffer.position(Math.toIntExact(vector.offset())).slice();
    }

    @Override
    public void applyUpdate(StepFunction function, INDArray parameters, INDArray updates, double alpha) {
        throw new UnsupportedOperationException("DL4J's plain gradient descent has no step size of its own");
    }

    /** Nothing comes between two rounds. */
    @Override
    public boolean hasAnything() {
        return false;
    }

    @Override
    public @Nullable IndexedTail getExternalSource() {
        return null;
    }

    @Override
    public void setExternalSource(IndexedTail source) {}

    @Override
    public void touch() {}

    @Override
    public void receiveUpdate(INDArray update) {
        throw new UnsupportedOperationException("updates come in through the exchange alone");
    }

    @Override
    public void reset() {}

    @Override
    public void markExternalUpdates(boolean available) {}
}
