package org.mmard.spark;

import java.util.Iterator;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.mmard.train.TrainingBatch;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Which executor trains on which batches: batch k of an epoch belongs to shard k modulo the number of executors. */
final class Shards {
    private Shards() {}

    /** One partition per executor, each with its batches among {@code from} to {@code to - 1} of the epoch, in order. */
    static JavaRDD<MultiDataSet> of(JavaSparkContext spark, Broadcast<Plan> plan, int epoch, int from, int to) {
        int executors = plan.value().executors();
        return spark.parallelize(IntStream.range(0, executors).boxed().toList(), executors)
                .mapPartitions(shards -> batches(plan.value(), epoch, shards.next(), from, to));
    }

    private static Iterator<MultiDataSet> batches(Plan plan, int epoch, int shard, int from, int to) {
        int[][] batches = plan.order().batches(epoch);
        return IntStream.range(from, to)
                .filter(k -> k % plan.executors() == shard)
                .mapToObj(k -> (MultiDataSet) new TrainingBatch(epoch, k, batches[k]).toMultiDataSet())
                .iterator();
    }
}
