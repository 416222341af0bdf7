package org.mmard.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.api.worker.NetBroadcastTuple;
import org.mmard.spark.host.AssignedGpu;
import org.mmard.step.BatchStatistics;
import org.mmard.step.TrainingBatch;

/**
 * Re-estimates a model's running statistics over all executors. Summed in the order of the batches, they do not depend on how many there
 * are.
 */
public final class RunningStatistics {
    private RunningStatistics() {}

    private record OfBatch(int index, int examples, float[] statistics) implements Serializable {}

    /** The mean over the batches of an epoch, weighed by images, of what each batch's statistics are. */
    public static float[] of(JavaSparkContext spark, Broadcast<Plan> plan, ComputationGraph model, int epoch) {
        int executors = plan.value().executors();
        Broadcast<NetBroadcastTuple> sent = spark.broadcast(SentStudent.withoutVelocity(model));
        try {
            List<OfBatch> parts = new ArrayList<>(spark.parallelize(IntStream.range(0, executors).boxed().toList(), executors)
                    .mapPartitions(shards -> ofShard(plan.value(), sent.value(), epoch, shards.next()).iterator()).collect());
            parts.sort(Comparator.comparingInt(OfBatch::index));
            return mean(parts);
        } finally {
            if (!spark.sc().isStopped()) {
                sent.destroy();
            }
        }
    }

    private static List<OfBatch> ofShard(Plan plan, NetBroadcastTuple model, int epoch, int shard) {
        AssignedGpu.use(TaskContext.get(), plan.settings().engine());
        ComputationGraph graph = new ComputationGraph(model.getGraphConfiguration().clone());
        graph.init(model.getParameters(), true);
        int[][] batches = plan.order().batches(epoch);
        List<OfBatch> parts = new ArrayList<>();
        try (BatchStatistics statistics = new BatchStatistics(graph)) {
            for (int index = shard; index < batches.length; index += plan.executors()) {
                TrainingBatch batch = new TrainingBatch(epoch, index, batches[index]);
                parts.add(new OfBatch(index, batch.records().length, statistics.of(
                        batch.load(plan.images().value(), plan.settings().run().seed(), plan.settings().training().augment()))));
            }
        }
        return parts;
    }

    private static float[] mean(List<OfBatch> parts) {
        float[] mean = new float[parts.get(0).statistics.length];
        double images = parts.stream().mapToInt(OfBatch::examples).sum();
        for (int i = 0; i < mean.length; i++) {
            double sum = 0;
            for (OfBatch part : parts) {
                sum += part.examples * (double) part.statistics[i];
            }
            mean[i] = (float) (sum / images);
        }
        return mean;
    }
}
