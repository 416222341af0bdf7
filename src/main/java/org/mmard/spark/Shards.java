package org.mmard.spark;

import java.util.Iterator;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.mmard.step.TrainingBatch;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Which executor trains on which batches: from the first that is left of an epoch on, they are dealt out in turn. */
final class Shards {
    private Shards() {}

    /**
     * One partition per shard, each with its batches among {@code from} to {@code to - 1} of the epoch, in order: batch k belongs to shard
     * (k - from) modulo shards.
     */
    static JavaRDD<MultiDataSet> of(JavaSparkContext spark, Broadcast<Plan> plan, int epoch, int shards, int from, int to) {
        return spark.parallelize(IntStream.range(0, shards).boxed().toList(), shards)
                .mapPartitions(numbers -> batches(plan.value(), epoch, numbers.next(), shards, from, to));
    }

    private static Iterator<MultiDataSet> batches(Plan plan, int epoch, int shard, int shards, int from, int to) {
        int[][] batches = plan.order().batches(epoch);
        return IntStream.range(from, to)
                .filter(k -> (k - from) % shards == shard)
                .mapToObj(k -> (MultiDataSet) new TrainingBatch(epoch, k, batches[k]).toMultiDataSet())
                .iterator();
    }
}
