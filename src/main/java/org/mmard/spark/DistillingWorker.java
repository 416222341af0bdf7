package org.mmard.spark;

import org.apache.spark.broadcast.Broadcast;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.parameterserver.training.SharedTrainingWorker;

/** DL4J's worker, whose model is this executor's {@link Replica}. Made anew, and sent with the tasks, in every epoch. */
final class DistillingWorker extends SharedTrainingWorker {
    private static final long serialVersionUID = 1L;

    private final Broadcast<Plan> plan;
    private final EpochStart start;

    DistillingWorker(SharedTrainingWorker made, Broadcast<Plan> plan, EpochStart start) {
        super(made.getInstanceId(), made.getBroadcastModel(), made.getBroadcastConfiguration(), null, null, null, null);
        this.plan = plan;
        this.start = start;
    }

    @Override
    public ComputationGraph getInitialModelGraph() {
        return Replica.of(plan.value(), getBroadcastModel().value(), start).graph();
    }
}
