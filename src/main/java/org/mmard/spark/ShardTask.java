package org.mmard.spark;

import java.io.Serializable;
import org.apache.spark.TaskContext;
import org.deeplearning4j.spark.parameterserver.functions.SharedFlatMapMultiDataSet;
import org.deeplearning4j.spark.parameterserver.training.SharedTrainingResult;
import org.mmard.config.Settings;
import org.mmard.spark.host.AssignedGpu;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import scala.collection.Iterator;
import scala.collection.JavaConverters;
import scala.runtime.AbstractFunction1;

/** One executor's part of an epoch: trains on its batches and brings back its state. */
public final class ShardTask extends AbstractFunction1<Iterator<MultiDataSet>, Iterator<ReplicaState>> implements Serializable {
    private static final long serialVersionUID = 1L;

    private final DistillingWorker worker;
    private final Settings.Engine engine;
    private final boolean alone;

    /**
     * @param engine where to compute
     * @param alone whether there is no other executor to share updates with
     */
    public ShardTask(DistillingWorker worker, Settings.Engine engine, boolean alone) {
        this.worker = worker;
        this.engine = engine;
        this.alone = alone;
    }

    @Override
    public Iterator<ReplicaState> apply(Iterator<MultiDataSet> partition) {
        AssignedGpu.use(TaskContext.get(), engine);
        java.util.Iterator<MultiDataSet> batches = JavaConverters.asJavaIterator(partition);
        try {
            if (alone) {
                ReplicaGraph graph = worker.getInitialModelGraph();
                while (batches.hasNext() && !graph.finished()) {
                    graph.fit(batches.next());
                }
            } else {
                new SharedFlatMapMultiDataSet<SharedTrainingResult>(worker).call(batches);
            }
        } catch (Exception e) {
            throw new IllegalStateException("the training of a shard failed: " + e.getMessage(), e);
        }
        Replica.current().rethrowFailure();
        int shard = TaskContext.getPartitionId();
        return JavaConverters.asScalaIterator(java.util.List.of(Replica.current().state(shard, shard == 0)).iterator());
    }
}
