package org.mmard.spark.sync;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Several replicas in one process, each a thread, over a {@link MemoryExchange}. */
@Timeout(60)
class RoundsTest {
    private static final int LENGTH = 1500;
    private static final long PATIENCE = 20_000;

    /** What is to happen in an epoch. */
    private static final class Epoch {
        private int executors = 2;
        private int batches = 10;
        private int from;
        private Encoding encoding = Encoding.INT8;
        private int length = LENGTH;
        private long skippable = 100;
        private final Set<Integer> skipped = new HashSet<>();
        /** The batch at whose step an executor hears that the run is to stop. */
        private int stop = -1;
        /** A shard that leaves before its first round. */
        private int gone = -1;

        float[] update(int batch) {
            float[] update = new float[length];
            if (!skipped.contains(batch)) {
                SplittableRandom random = new SplittableRandom(batch);
                for (int i = 0; i < length; i++) {
                    update[i] = (float) (random.nextGaussian() * 0.01);
                }
            }
            return update;
        }

        /** The sum of the updates of these batches. */
        double[] sum(int end) {
            double[] sum = new double[length];
            for (int batch = from; batch < end; batch++) {
                float[] update = update(batch);
                for (int i = 0; i < length; i++) {
                    sum[i] += update[i];
                }
            }
            return sum;
        }

        List<Replica> run() throws Exception {
            List<MemoryExchange> exchanges =
                    MemoryExchange.among(executors, AllReduce.limits(executors, length), gone < 0 ? PATIENCE : 500);
            ExecutorService threads = Executors.newFixedThreadPool(executors);
            List<Future<Replica>> futures = new ArrayList<>();
            for (MemoryExchange exchange : exchanges) {
                futures.add(threads.submit(() -> new Replica(this, exchange).train()));
            }
            threads.shutdown();
            List<Replica> replicas = new ArrayList<>();
            for (Future<Replica> future : futures) {
                replicas.add(future.get(50, TimeUnit.SECONDS));
            }
            return replicas;
        }
    }

    private static final class Replica {
        private final Epoch epoch;
        private final MemoryExchange exchange;
        private final AllReduce sums;
        private final Rounds rounds;
        private final float[] parameters;
        /** Its parameters after each of its rounds. */
        private final List<float[]> history = new ArrayList<>();
        private final List<Boolean> moved = new ArrayList<>();
        /** What had been left unsent before the last round. */
        private float[] unsent;
        private int asked;

        Replica(Epoch epoch, MemoryExchange exchange) {
            this.epoch = epoch;
            this.exchange = exchange;
            sums = new AllReduce(exchange, epoch.encoding, epoch.executors, epoch.length);
            rounds = new Rounds(exchange, sums, epoch.batches, epoch.skippable);
            parameters = new float[epoch.length];
        }

        Replica train() {
            rounds.begin(3, epoch.from, 0, true, () -> asked == epoch.stop);
            if (exchange.shard() == epoch.gone) {
                return this;
            }
            for (int batch = epoch.from + exchange.shard(); batch < epoch.batches && !rounds.finished(); batch += epoch.executors) {
                unsent = unsent();
                asked = batch;
                // Not at the beginning of their memory: DL4J's vectors may be parts of larger ones.
                FloatBuffer update = FloatBuffer.allocate(epoch.length + 7).position(7).put(epoch.update(batch)).position(7).slice();
                rounds.give(batch, epoch.skipped.contains(batch), update);
                FloatBuffer sum = FloatBuffer.allocate(epoch.length + 3).position(3);
                moved.add(rounds.take(sum));
                for (int i = 0; i < epoch.length; i++) {
                    parameters[i] -= sum.get(3 + i);
                }
                history.add(parameters.clone());
            }
            return this;
        }

        float[] unsent() {
            float[] unsent = new float[epoch.length];
            sums.addUnsent(unsent);
            return unsent;
        }
    }

    private static void assertAlike(List<Replica> replicas) {
        for (Replica replica : replicas) {
            for (int round = 0; round < replica.history.size(); round++) {
                assertArrayEquals(replicas.get(0).history.get(round), replica.history.get(round), "round " + round);
            }
        }
    }

    /** Nothing was lost: what was applied plus what is left makes the sum of the updates. */
    private static void assertNothingLost(Epoch epoch, List<Replica> replicas, int end) {
        double[] expected = epoch.sum(end);
        float[] left = new float[epoch.length];
        replicas.forEach(replica -> replica.sums.addUnsent(left));
        for (int i = 0; i < epoch.length; i++) {
            assertEquals(expected[i], left[i] - replicas.get(0).parameters[i], 1e-6, "value " + i);
        }
    }

    private static void assertNothingLeft(List<Replica> replicas) {
        replicas.forEach(replica -> assertArrayEquals(new float[replica.epoch.length], replica.unsent()));
    }

    @ParameterizedTest
    @EnumSource(Encoding.class)
    void allReplicasHoldTheSameBitsAfterEveryRoundAndNothingIsLost(Encoding encoding) throws Exception {
        Epoch epoch = new Epoch();
        epoch.encoding = encoding;
        epoch.executors = 3;
        epoch.batches = 12;
        List<Replica> replicas = epoch.run();
        replicas.forEach(replica -> assertEquals(4, replica.history.size()));
        assertAlike(replicas);
        assertNothingLost(epoch, replicas, 12);
        assertNothingLeft(replicas);
        assertEquals(encoding != Encoding.EXACT, replicas.stream().anyMatch(replica -> sizeOf(replica.unsent) > 0),
                "an encoding that loses something leaves something");
    }

    private static double sizeOf(float[] values) {
        double size = 0;
        for (float value : values) {
            size += Math.abs(value);
        }
        return size;
    }

    @Test
    void theSameUpdatesGiveTheSameBitsHoweverTheThreadsRun() throws Exception {
        Epoch epoch = new Epoch();
        epoch.executors = 4;
        epoch.batches = 40;
        float[] first = epoch.run().get(0).parameters;
        for (int run = 0; run < 5; run++) {
            assertArrayEquals(first, epoch.run().get(0).parameters);
        }
    }

    @Test
    void slicesOfSeveralPiecesAddUp() throws Exception {
        Epoch epoch = new Epoch();
        epoch.length = 2 * Slices.PIECE + 1001;
        epoch.batches = 5;
        List<Replica> replicas = epoch.run();
        assertAlike(replicas);
        assertNothingLost(epoch, replicas, 5);
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 11, 13})
    void aShortLastRoundIsThatOfTheExecutorsWhichHaveABatch(int batches) throws Exception {
        Epoch epoch = new Epoch();
        epoch.executors = 4;
        epoch.batches = batches;
        List<Replica> replicas = epoch.run();
        for (Replica replica : replicas) {
            assertEquals((batches + 3 - replica.exchange.shard()) / 4, replica.history.size());
        }
        assertAlike(replicas);
        assertNothingLost(epoch, replicas, batches);
        assertNothingLeft(replicas);
    }

    @Test
    void executorsWithoutABatchWaitForNobody() throws Exception {
        Epoch epoch = new Epoch();
        epoch.executors = 5;
        epoch.batches = 3;
        List<Replica> replicas = epoch.run();
        assertEquals(List.of(1, 1, 1, 0, 0), replicas.stream().map(replica -> replica.history.size()).toList());
        assertAlike(replicas);
        assertNothingLost(epoch, replicas, 3);
    }

    @Test
    void moreExecutorsThanValuesAddUpAllTheSame() throws Exception {
        Epoch epoch = new Epoch();
        epoch.executors = 4;
        epoch.length = 2;
        epoch.batches = 12;
        epoch.skipped.addAll(Set.of(0, 1, 2, 3, 4, 5, 6, 7));
        List<Replica> replicas = epoch.run();
        assertAlike(replicas);
        assertNothingLost(epoch, replicas, 12);
    }

    @Test
    void oneExecutorSubtractsItsOwnUpdateToTheBit() throws Exception {
        Epoch epoch = new Epoch();
        epoch.executors = 1;
        epoch.encoding = Encoding.EXACT;
        epoch.batches = 4;
        Replica replica = epoch.run().get(0);
        float[] expected = new float[LENGTH];
        for (int batch = 0; batch < 4; batch++) {
            float[] update = epoch.update(batch);
            for (int i = 0; i < LENGTH; i++) {
                expected[i] -= update[i];
            }
        }
        assertArrayEquals(expected, replica.parameters);
    }

    @Test
    void anEpochGoesOnWhereItWasStoppedWithAnyNumberOfExecutors() throws Exception {
        Epoch epoch = new Epoch();
        epoch.executors = 3;
        epoch.from = 4;
        epoch.batches = 12;
        List<Replica> replicas = epoch.run();
        assertEquals(List.of(3, 3, 2), replicas.stream().map(replica -> replica.history.size()).toList());
        assertAlike(replicas);
        assertNothingLost(epoch, replicas, 12);
    }

    @Test
    void aSkippedStepGivesNothingAndWhatWasLeftUnsentWaits() throws Exception {
        Epoch epoch = new Epoch();
        epoch.skipped.addAll(Set.of(4, 6, 7));
        List<Replica> replicas = epoch.run();
        assertAlike(replicas);
        assertNothingLost(epoch, replicas, 10);
        assertNothingLeft(replicas);
        // In round 3 both were skipped.
        replicas.forEach(replica -> assertEquals(List.of(true, true, true, false, true), replica.moved));
        assertArrayEquals(replicas.get(0).history.get(2), replicas.get(0).history.get(3));
    }

    @Test
    void aSkippedLastStepStillSendsWhatWasLeft() throws Exception {
        Epoch epoch = new Epoch();
        epoch.skipped.addAll(Set.of(8, 9));
        List<Replica> replicas = epoch.run();
        assertAlike(replicas);
        assertNothingLost(epoch, replicas, 10);
        assertNothingLeft(replicas);
    }

    @Test
    void allEndTheEpochAfterTheSameRoundWhenTooManyStepsWereSkipped() throws Exception {
        Epoch epoch = new Epoch();
        epoch.skippable = 2;
        epoch.skipped.addAll(Set.of(1, 2, 3));
        List<Replica> replicas = epoch.run();
        replicas.forEach(replica -> assertEquals(2, replica.history.size()));
        assertAlike(replicas);
    }

    @Test
    void aStopThatOneHasHeardOfEndsTheEpochForAllAfterOneMoreRoundWithNothingLeft() throws Exception {
        Epoch epoch = new Epoch();
        epoch.executors = 3;
        epoch.batches = 30;
        epoch.stop = 7;
        List<Replica> replicas = epoch.run();
        replicas.forEach(replica -> assertEquals(4, replica.history.size()));
        assertAlike(replicas);
        assertNothingLost(epoch, replicas, 12);
        assertNothingLeft(replicas);
    }

    @Test
    void aPeerThatNeverAnswersIsNamed() {
        Epoch epoch = new Epoch();
        epoch.executors = 3;
        epoch.gone = 1;
        ExecutionException thrown = assertThrows(ExecutionException.class, epoch::run);
        assertTrue(thrown.getCause().getMessage().startsWith("the update of shard 1 in round 1 of epoch 4 did not arrive"),
                thrown.getMessage());
    }

    @Test
    void refusesABatchOfAnotherShard() {
        MemoryExchange exchange = MemoryExchange.among(1, AllReduce.limits(1, 4), PATIENCE).get(0);
        Rounds rounds = new Rounds(exchange, new AllReduce(exchange, Encoding.EXACT, 1, 4), 10, 0);
        rounds.begin(0, 0, 0, true, () -> false);
        rounds.give(1, false, FloatBuffer.allocate(4));
        assertThrows(IllegalArgumentException.class, () -> {
            List<MemoryExchange> two = MemoryExchange.among(2, AllReduce.limits(2, 4), 0);
            new Rounds(two.get(0), new AllReduce(two.get(0), Encoding.EXACT, 2, 4), 10, 0).give(1, false, FloatBuffer.allocate(4));
        });
    }

    @Test
    void sendsWhatTheFormulaSays() throws Exception {
        for (int executors : new int[] {2, 4}) {
            Epoch epoch = new Epoch();
            epoch.executors = executors;
            epoch.length = 40_000;
            epoch.batches = 20 * executors;
            epoch.encoding = Encoding.BFLOAT16;
            long sent = epoch.run().get(0).exchange.sent();
            // All rounds but the last, which is sent exactly.
            double formula = (19 * 2 + 4) * 2.0 * (executors - 1) / executors * epoch.length;
            assertEquals(formula, sent, 0.01 * formula);
        }
    }
}
