package org.mmard.spark;

import org.apache.spark.broadcast.Broadcast;
import org.deeplearning4j.spark.parameterserver.training.SharedTrainingWorker;
import org.mmard.spark.sync.IdleParameterServer;

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

    /** DL4J's training wrapper asks for the model first, and for a parameter server then. */
    @Override
    public ReplicaGraph getInitialModelGraph() {
        if (start.shards() > 1) {
            IdleParameterServer.start();
        }
        return Replica.of(plan.value(), getBroadcastModel().value(), start).graph();
    }
}
