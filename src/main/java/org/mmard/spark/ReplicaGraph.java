package org.mmard.spark;

import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.optimize.solvers.accumulation.GradientsAccumulator;
import org.jspecify.annotations.Nullable;
import org.mmard.spark.sync.Encoding;
import org.mmard.spark.sync.Exchange;
import org.mmard.spark.sync.Lockstep;
import org.mmard.spark.sync.SparkExchange;
import org.mmard.step.DistillingGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;

/** The student on an executor, whose updates are shared in {@link Lockstep} where there are others. */
final class ReplicaGraph extends DistillingGraph {
    private final transient Plan plan;
    private transient @Nullable Lockstep lockstep;
    private transient EpochStart start;
    private transient @Nullable Throwable interruption;

    ReplicaGraph(ComputationGraphConfiguration configuration, INDArray parameters, Plan plan, EpochStart start) {
        super(configuration, parameters, null, plan.settings().training(), plan.settings().run().seed(), plan.steps());
        this.plan = plan;
        this.start = start;
    }

    /** What the coming epoch is. */
    void start(EpochStart next) {
        start = next;
        interruption = null;
    }

    /** DL4J's training wrapper logs what this throws, and returns what there is: whoever called it must ask. */
    @Override
    public synchronized void fit(MultiDataSetIterator batches) {
        try {
            super.fit(batches);
        } catch (Throwable e) {
            interruption = e;
            throw e;
        }
    }

    /** What ended the latest epoch before its time, or null. */
    @Nullable
    Throwable interruption() {
        return interruption;
    }

    /** DL4J's training wrapper calls this at the start of an epoch, the last thing before it fits, in the thread of the task. */
    @Override
    public void setGradientsAccumulator(GradientsAccumulator asynchronous) {
        // The wrapper has just switched them on; a step's arrays must outlive DL4J's scopes.
        getConfiguration().setTrainingWorkspaceMode(WorkspaceMode.NONE);
        if (lockstep == null) {
            // The first step of an epoch may take so much longer.
            int stall = plan.settings().cluster().stallTimeout() + plan.settings().cluster().startTimeout();
            Exchange exchange = SparkExchange.of(plan.id(), plan.executors(), Math.toIntExact(numParams()), stall);
            lockstep = new Lockstep(this, exchange, Encoding.valueOf(plan.settings().cluster().encoding().name()), plan.executors(),
                    plan.batchesPerEpoch(), plan.skippable());
        }
        long epoch = start.tally().id();
        try {
            lockstep.begin(start.epoch(), start.from(), start.skipped(), start.introduce(), () -> RunPlugin.isStopped(epoch));
        } catch (IllegalStateException e) {
            throw new IllegalStateException(Replica.UNSHARED + e.getMessage(), e);
        }
        super.setGradientsAccumulator(lockstep);
    }

    /** Whether the epoch ends here, however many batches there are still. */
    boolean finished() {
        if (lockstep != null) {
            return lockstep.finished();
        }
        // Executors that average end their windows together.
        return start.shards() == 1
                && (RunPlugin.isStopped(start.tally().id()) || start.skipped() + start.tally().sums().skippedSteps() > plan.skippable());
    }

    /** DL4J's training wrapper has fetched some batches ahead and fits them in any case. */
    @Override
    public void computeGradientAndScore() {
        if (finished()) {
            leaveOut();
        } else {
            super.computeGradientAndScore();
        }
    }

    /** Leaves the other executors, too. */
    @Override
    public void close() {
        if (lockstep != null) {
            lockstep.close();
        }
        super.close();
    }

    @Override
    protected boolean hasMoved() {
        return lockstep == null ? super.hasMoved() : lockstep.hasMoved();
    }
}
