package org.mmard.spark;

import java.util.Objects;
import org.apache.spark.broadcast.Broadcast;
import org.deeplearning4j.spark.api.RDDTrainingApproach;
import org.deeplearning4j.spark.api.Repartition;
import org.deeplearning4j.spark.api.WorkerConfiguration;
import org.deeplearning4j.spark.api.worker.NetBroadcastTuple;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingMaster;
import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingWorker;
import org.jspecify.annotations.Nullable;

/**
 * DL4J's ParameterAveragingTrainingMaster over {@link Replica}s. It is fitted with one averaging window at a time: left to cut an epoch
 * itself, it would deal the batches out at random.
 */
final class AveragingMaster extends ParameterAveragingTrainingMaster {
    private final transient Broadcast<Plan> plan;
    private transient @Nullable EpochStart start;
    private transient @Nullable Broadcast<NetBroadcastTuple> broadcast;

    AveragingMaster(Broadcast<Plan> plan) {
        super(new Builder(plan.value().executors(), 1)
                .batchSizePerWorker(1)
                .averagingFrequency(plan.value().settings().cluster().averagingFrequency())
                .rddTrainingApproach(RDDTrainingApproach.Direct)
                .repartionData(Repartition.Never)
                .workerPrefetchNumBatches(0)
                .saveUpdater(true)
                .storageLevel(null));
        this.plan = plan;
    }

    /** What the coming windows belong to. */
    void start(EpochStart next) {
        start = next;
    }

    @Override
    public ParameterAveragingTrainingWorker getWorkerInstance(SparkComputationGraph graph) {
        if (broadcast != null) {
            broadcast.destroy();
        }
        broadcast = graph.getSparkContext().broadcast(SentStudent.withVelocity(graph.getNetwork()));
        WorkerConfiguration configuration = new WorkerConfiguration(true, 1, 1, averagingFrequency, 0, false);
        return new AveragingWorker(broadcast, configuration, plan, Objects.requireNonNull(start, "no epoch has begun"));
    }
}
