package org.mmard.spark;

import org.apache.spark.TaskContext;
import org.apache.spark.broadcast.Broadcast;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.api.WorkerConfiguration;
import org.deeplearning4j.spark.api.worker.NetBroadcastTuple;
import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingWorker;
import org.mmard.spark.host.AssignedGpu;

/** DL4J's averaging worker, whose model is this executor's {@link Replica}. */
public final class AveragingWorker extends ParameterAveragingTrainingWorker {
    private static final long serialVersionUID = 1L;

    private final Broadcast<NetBroadcastTuple> state;
    private final Broadcast<Plan> plan;
    private final EpochStart start;

    public AveragingWorker(Broadcast<NetBroadcastTuple> state, WorkerConfiguration configuration, Broadcast<Plan> plan, EpochStart start) {
        super(state, true, configuration, null, null, null);
        this.state = state;
        this.plan = plan;
        this.start = start;
    }

    @Override
    public ComputationGraph getInitialModelGraph() {
        AssignedGpu.use(TaskContext.get(), plan.value().settings().engine());
        return Replica.of(plan.value(), state.value(), start).graph();
    }
}
