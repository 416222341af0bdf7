package org.mmard.spark;

import org.deeplearning4j.optimize.api.StepFunction;
import org.deeplearning4j.optimize.solvers.accumulation.GradientsAccumulator;
import org.deeplearning4j.optimize.solvers.accumulation.IndexedTail;
import org.mmard.spark.UpdateMessage.Address;
import org.mmard.train.DistillingGraph;
import org.mmard.train.TrainingBatch;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The gradient sharing of an epoch, in rounds: in each the executors take the next N batches, each sends its encoded update to all
 * others, and each subtracts the same sum, decoded in the same order, its own update as the others see it. So all replicas hold
 * the same bits after every round, whatever the timing. What an encoding leaves out stays here and joins the next update; the last update
 * of an epoch is sent exactly, so that nothing is left when the epoch ends. An executor whose step was skipped has no update in that round; all
 * count these, and end the epoch after the same round when they are too many. So they do when any of them has heard that the run is to stop: the
 * round after that is the last.
 */
final class Lockstep implements GradientsAccumulator {
    private final Encoding encoding;
    private final int batchesPerEpoch;
    private final Peers peers;
    private final long skippable;
    private final DistillingGraph graph;
    private final INDArray unsent;
    private EpochStart start;
    private Share own;
    private boolean lastRound;
    private boolean stopped;
    private long skipped;
    private boolean moved;

    /** @param graph whose updates are shared; @param length of its parameter vector */
    Lockstep(Plan plan, Peers peers, DistillingGraph graph, long length) {
        encoding = Encoding.of(plan.settings().cluster().threshold());
        batchesPerEpoch = plan.batchesPerEpoch();
        this.peers = peers;
        skippable = plan.skippable();
        this.graph = graph;
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            unsent = Nd4j.create(length);
        }
    }

    /** Starts an epoch, together with all other executors. */
    void begin(EpochStart next) {
        unsent.assign(0);
        start = next;
        skipped = start.skipped();
        lastRound = false;
        stopped = false;
        peers.meet(start.epoch(), start.introduce());
    }

    /** Whether the epoch ends before its last batch. */
    boolean finished() {
        return stopped || skipped > skippable;
    }

    /** Whether the latest round has moved the parameters. */
    boolean hasMoved() {
        return moved;
    }

    @Override
    public void storeUpdate(INDArray update, int iteration, int epochOfDl4j) {
        if (finished()) {
            return;
        }
        TrainingBatch batch = graph.batch();
        if (batch.index() - start.roundOf(batch.index()) != peers.shard()) {
            throw new IllegalStateException("batch " + batch.index() + " is not one of shard " + peers.shard());
        }
        boolean last = lastRound || batch.index() + start.shards() >= batchesPerEpoch;
        own = new Share(RunPlugin.isStopped(start.tally().id()), graph.skipped(), graph.skipped() && !last ? Share.NO_UPDATE : encoding.encode(unsent.addi(update), last));
        peers.send(new Address(batch.epoch(), batch.index()), own.bytes());
    }

    @Override
    public void applyUpdate(StepFunction function, INDArray parameters, INDArray updates, boolean last) {
        moved = false;
        if (finished()) {
            return;
        }
        TrainingBatch batch = graph.batch();
        stopped = lastRound;
        int first = start.roundOf(batch.index());
        updates.assign(0);
        for (int index = first; index < Math.min(first + start.shards(), batchesPerEpoch); index++) {
            Share share = index == batch.index() ? own : Share.of(peers.receive(new Address(batch.epoch(), index)));
            lastRound |= share.stop();
            skipped += share.skipped() ? 1 : 0;
            if (share.hasUpdate()) {
                moved = true;
                Encoding.decode(share.update(), updates);
            }
        }
        function.step(parameters, updates);
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
    public IndexedTail getExternalSource() {
        return null;
    }

    @Override
    public void setExternalSource(IndexedTail source) {}

    @Override
    public void touch() {}

    @Override
    public void receiveUpdate(INDArray update) {
        throw new UnsupportedOperationException("updates come in through " + Mailbox.class);
    }

    @Override
    public void reset() {}

    @Override
    public void markExternalUpdates(boolean available) {}
}
