package org.mmard.spark.host;

import java.io.Serializable;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.mmard.failure.InputError;
import scala.collection.Iterator;
import scala.collection.JavaConverters;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction1;

/** Looks, before training starts, whether each host has room for what will be written there: a full one ends processes without a word. */
public final class Preflight {
    /** Of updates, parameters and results on their way, beside the images. */
    private static final long DISK_RESERVE = 64 << 20;

    private Preflight() {}

    /** One task per executor, all at once: no executor gets two. */
    private static final class Look extends AbstractFunction1<Iterator<Integer>, Iterator<HostResources>> implements Serializable {
        private static final long serialVersionUID = 1L;

        @Override
        public Iterator<HostResources> apply(Iterator<Integer> partition) {
            return JavaConverters.asScalaIterator(List.of(HostResources.here()).iterator());
        }
    }

    /**
     * @param executors that will train
     * @param images bytes of all images
     * @throws InputError naming the first host without enough room
     */
    public static void check(JavaSparkContext spark, int executors, long images) {
        requireDisk(HostResources.here(), images);
        if (spark.sc().isLocal()) {
            return;
        }
        List<Integer> shards = IntStream.range(0, executors).boxed().toList();
        spark.parallelize(shards, executors).rdd().barrier()
                .mapPartitions(new Look(), false, ClassTag$.MODULE$.<HostResources>apply(HostResources.class))
                .toJavaRDD().collect()
                .forEach(free -> requireDisk(free, images));
    }

    private static void requireDisk(HostResources free, long images) {
        if (free.disk() < images + DISK_RESERVE) {
            throw new InputError(
                    free.folder() + " on " + free.host() + ": " + mebibytes(free.disk()) + " free for Spark's temporary files, "
                            + mebibytes(images + DISK_RESERVE) + " may be needed: make room, or set spark.local.dir to another disk");
        }
    }

    private static String mebibytes(long bytes) {
        return (bytes >> 20) + " MiB";
    }
}
