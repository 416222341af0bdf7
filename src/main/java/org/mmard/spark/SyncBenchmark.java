package org.mmard.spark;

import java.io.Serializable;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.mmard.spark.sync.Encoding;
import org.mmard.spark.sync.Exchange;
import org.mmard.spark.sync.RoundTimer;
import org.mmard.spark.sync.RoundTimer.Timing;
import org.mmard.spark.sync.SparkExchange;
import scala.collection.Iterator;
import scala.collection.JavaConverters;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction1;

/**
 * Times how executors, processes of their own, share updates of a given size.
 *
 * @param length values of an update
 * @param warmUp rounds before those that are timed: until the virtual machine has compiled what runs in
 *     them
 * @param encrypted whether what travels is encrypted, by AES in GCM, as the examples under {@code deploy/} have it
 */
public record SyncBenchmark(int length, int executors, Encoding encoding, boolean encrypted, int rounds, int warmUp) {
    private static final int STALL_SECONDS = 300;

    /**
     * What each executor has seen, in the order of the shards.
     *
     * @throws IllegalStateException where their sums differ
     */
    public List<Timing> run() {
        Map<String, String> properties = new HashMap<>();
        if (encrypted) {
            properties.putAll(Map.of("spark.network.crypto.enabled", "true", "spark.network.crypto.authEngineVersion", "2",
                    "spark.network.crypto.cipher", "AES/GCM/NoPadding", "spark.network.crypto.saslFallback", "false"));
        }
        try (JavaSparkContext spark = SparkDriver.start("mmard bench sync", executors, properties)) {
            ExecutorWatch.await(spark.sc(), executors, STALL_SECONDS, java.util.Set.of());
            Task task = new Task(UUID.randomUUID(), this);
            List<Timing> timings = spark.parallelize(IntStream.range(0, executors).boxed().toList(), executors).rdd().barrier()
                    .mapPartitions(task, false, ClassTag$.MODULE$.<Timing>apply(Timing.class)).toJavaRDD().collect();
            if (timings.stream().map(Timing::checksum).distinct().count() > 1) {
                throw new IllegalStateException("the executors' sums differ");
            }
            return timings.stream().sorted(Comparator.comparing(Timing::shard)).toList();
        }
    }

    private static final class Task extends AbstractFunction1<Iterator<Integer>, Iterator<Timing>> implements Serializable {
        private static final long serialVersionUID = 1L;

        private final UUID run;
        private final int length;
        private final int executors;
        private final Encoding encoding;
        private final int rounds;
        private final int warmUp;

        Task(UUID run, SyncBenchmark benchmark) {
            this.run = run;
            length = benchmark.length;
            executors = benchmark.executors;
            encoding = benchmark.encoding;
            rounds = benchmark.rounds;
            warmUp = benchmark.warmUp;
        }

        @Override
        public Iterator<Timing> apply(Iterator<Integer> partition) {
            try (Exchange exchange = SparkExchange.of(run, executors, length, STALL_SECONDS)) {
                Timing timing = RoundTimer.time(exchange, encoding, length, rounds, warmUp);
                // The last sums of this executor may still be on their way to the others.
                BarrierTaskContext.get().barrier();
                return JavaConverters.asScalaIterator(List.of(timing).iterator());
            }
        }
    }
}
