package org.mmard.spark;

import java.util.List;
import java.util.Objects;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.broadcast.Broadcast;
import org.deeplearning4j.spark.api.RDDTrainingApproach;
import org.deeplearning4j.spark.api.Repartition;
import org.deeplearning4j.spark.api.RepartitionStrategy;
import org.deeplearning4j.spark.api.Repartitioner;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.deeplearning4j.spark.parameterserver.training.SharedTrainingMaster;
import org.deeplearning4j.spark.parameterserver.training.SharedTrainingWorker;
import org.jspecify.annotations.Nullable;
import org.mmard.spark.sync.IdleParameterServer;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import scala.reflect.ClassTag$;

/**
 * DL4J's SharedTrainingMaster, changed in three ways. The executors share their updates in {@link org.mmard.spark.sync.Lockstep}, over an
 * exchange of their own, where DL4J's would apply them whenever they come. They run as one barrier stage: all at once, and the loss of any
 * of them ends the job instead of freezing the training. And the outcome comes back with the tasks' results, where DL4J's driver would
 * gather it from whatever messages have reached it. A single executor has nobody to share with, and trains exactly as a plain loop does.
 */
final class DistillingMaster extends SharedTrainingMaster {
    private final transient Broadcast<Plan> plan;
    private transient @Nullable EpochStart start;
    private transient float @Nullable [] average;

    DistillingMaster(Broadcast<Plan> plan) {
        super(IdleParameterServer.configuration(), plan.value().executors(), RDDTrainingApproach.Direct, null, false,
                RepartitionStrategy.Balanced, Repartition.Never,
                null, null, 1, 1, 0L, 1, 2, new AsItIs(), null, null, false);
        this.plan = plan;
    }

    /** The data comes in one partition per executor already. */
    private static final class AsItIs implements Repartitioner {
        @Override
        public <T> JavaRDD<T> repartition(JavaRDD<T> data, int minObjectsPerPartition, int executors) {
            return data;
        }
    }

    /** What the coming epoch is. */
    void start(EpochStart next) {
        start = next;
    }

    /** What the latest epoch has made of the moving average of the weights; null where there is none. */
    float @Nullable [] average() {
        return average;
    }

    private EpochStart begun() {
        return Objects.requireNonNull(start, "no epoch has begun");
    }

    private boolean alone() {
        return begun().shards() == 1;
    }

    /** The driver has no part in the exchange. */
    @Override
    protected void prepareNetworkAndStuff(SparkDl4jMultiLayer network, SparkComputationGraph graph) {}

    @Override
    public SharedTrainingWorker getWorkerInstance(SparkComputationGraph graph) {
        if (broadcastModel != null) {
            broadcastModel.destroy();
        }
        // DL4J makes one of its own where there is none, and sends the parameters of the first epoch again where there is.
        broadcastModel = graph.getSparkContext().broadcast(SentStudent.withVelocity(graph.getNetwork()));
        return new DistillingWorker(super.getWorkerInstance(graph), plan, begun());
    }

    @Override
    protected void doIterationMDS(SparkComputationGraph graph, JavaRDD<MultiDataSet> shards, int split, int splits) {
        ShardTask task = new ShardTask((DistillingWorker) getWorkerInstance(graph), plan.value().settings().engine(), alone());
        List<ReplicaState> states = shards.rdd().barrier()
                .mapPartitions(task, false, ClassTag$.MODULE$.<ReplicaState>apply(ReplicaState.class))
                .toJavaRDD().collect();
        int remainder = (int) (begun().tally().sums().steps() % begun().shards());
        ReplicaState.putInto(graph.getNetwork(), states, remainder == 0 ? states.size() : remainder);
        average = ReplicaState.average(graph.getNetwork(), states);
    }
}
