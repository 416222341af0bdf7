package org.mmard.spark.sync;

import com.sun.management.OperatingSystemMXBean;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Times rounds in which nothing is trained: random updates, summed as those of a step are. */
public final class RoundTimer {
    private static final double DEVIATION = 1e-3;

    private RoundTimer() {}

    /**
     * What one executor has seen.
     *
     * @param seconds median wall time of a round
     * @param slowest the longest
     * @param cpu CPU seconds of the process per round
     * @param coding of which its thread encoded, decoded and added
     * @param sent, received bytes per round, headers and Spark's own framing left out
     * @param checksum over the bits of the last sum
     */
    public record Timing(int shard, double seconds, double slowest, double cpu, double coding, long sent, long received, int checksum)
            implements Serializable {}

    /**
     * Meets the others and sums so many times, after some rounds that are not timed.
     *
     * @param length of the vectors
     */
    public static Timing time(Exchange exchange, Encoding encoding, int length, int rounds, int warmUp) {
        exchange.meet(0, true);
        AllReduce sums = new AllReduce(exchange, encoding, exchange.executors(), length);
        sums.begin();
        FloatBuffer update = update(exchange.shard(), length);
        FloatBuffer sum = memory(length);
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        double[] seconds = new double[rounds];
        long cpu = 0;
        long coding = 0;
        long sent = 0;
        long received = 0;
        for (int round = 0; round < warmUp + rounds; round++) {
            if (round == warmUp) {
                cpu = system.getProcessCpuTime();
                coding = sums.coding();
                sent = exchange.sent();
                received = exchange.received();
            }
            long start = System.nanoTime();
            sums.scatter(new AllReduce.Round(0, round, exchange.executors(), false), 0, update);
            sums.gather(sum);
            if (round >= warmUp) {
                seconds[round - warmUp] = (System.nanoTime() - start) / 1e9;
            }
        }
        cpu = system.getProcessCpuTime() - cpu;
        Arrays.sort(seconds);
        float[] last = new float[length];
        sum.get(0, last);
        return new Timing(exchange.shard(), seconds[rounds / 2], seconds[rounds - 1], cpu / 1e9 / rounds,
                (sums.coding() - coding) / 1e9 / rounds,
                (exchange.sent() - sent) / rounds, (exchange.received() - received) / rounds, Arrays.hashCode(last));
    }

    private static FloatBuffer update(int shard, int length) {
        FloatBuffer update = memory(length);
        SplittableRandom random = new SplittableRandom(shard);
        for (int i = 0; i < length; i++) {
            update.put(i, (float) (random.nextGaussian() * DEVIATION));
        }
        return update;
    }

    private static FloatBuffer memory(int length) {
        return ByteBuffer.allocateDirect(4 * length).order(ByteOrder.nativeOrder()).asFloatBuffer();
    }
}
