package org.mmard.spark.sync;

import java.nio.FloatBuffer;
import java.util.function.BooleanSupplier;

/**
 * The rounds of an epoch, as one executor sees them. In round r the N executors take a step each, on the batches from first + r N to first
 * + r N + N - 1, and every replica subtracts the sum of their updates: after each round all replicas hold the same bits, whatever the
 * timing. With its update each tells the others two things:
 *
 * <ul>
 * <li>that its step was skipped: then it gives no update. All count these, and end the epoch after the same round when they are too many;
 * <li>that it has heard that the run is to stop: then the round after this one is the last, for all the same.
 * </ul>
 *
 * The last round is sent exactly, so that nothing is left unsent when the epoch ends. So is the last one that all take part in, where the
 * epoch's batches do not suffice for all in the round after it: those without a batch are not asked any more.
 */
final class Rounds {
    private static final int STOP = 1;
    private static final int SKIPPED = 2;

    private final Exchange exchange;
    private final AllReduce sums;
    private final int batches;
    private final long skippable;
    private BooleanSupplier stop = () -> false;
    private int epoch;
    private int first;
    private long skipped;
    private boolean lastRound;
    private boolean stopped;

    /**
     * @param batches of an epoch
     * @param skippable how many of them may be skipped
     */
    Rounds(Exchange exchange, AllReduce sums, int batches, long skippable) {
        this.exchange = exchange;
        this.sums = sums;
        this.batches = batches;
        this.skippable = skippable;
    }

    /**
     * Meets the others at the beginning of an epoch, or of what is left of it.
     *
     * @param from how many of its batches are done
     * @param already how many of these were skipped
     * @param introduce whether the executors may be others than in the epoch before
     * @param stop whether this executor has heard that the
     *     run is to stop
     */
    void begin(int epoch, int from, long already, boolean introduce, BooleanSupplier stop) {
        this.epoch = epoch;
        this.stop = stop;
        first = from;
        skipped = already;
        lastRound = false;
        stopped = false;
        exchange.meet(epoch, introduce);
        sums.begin();
    }

    /** Whether the epoch ends before its last batch. */
    boolean finished() {
        return stopped || skipped > skippable;
    }

    /**
     * Gives this executor's part of a round.
     *
     * @param batch its index in the epoch
     * @param skip whether its step was skipped
     * @param update zeros where it was
     * @throws IllegalArgumentException where the batch is another shard's
     */
    void give(int batch, boolean skip, FloatBuffer update) {
        if ((batch - first) % exchange.executors() != exchange.shard()) {
            throw new IllegalArgumentException("batch " + batch + " is not one of shard " + exchange.shard());
        }
        int number = (batch - first) / exchange.executors();
        int left = batches - first - number * exchange.executors();
        boolean exact = lastRound || left < 2 * exchange.executors();
        int note = (stop.getAsBoolean() ? STOP : 0) | (skip ? SKIPPED : 0);
        // A skipped step has nothing to give but what was left unsent before, which has to go in the end.
        sums.scatter(new AllReduce.Round(epoch, number, Math.min(left, exchange.executors()), exact), note, skip && !exact ? null : update);
    }

    /**
     * Waits for the sum of the round's updates.
     *
     * @return whether there is one: whether the parameters move
     */
    boolean take(FloatBuffer sum) {
        stopped = lastRound;
        AllReduce.Outcome outcome = sums.gather(sum);
        for (int note : outcome.notes()) {
            lastRound |= (note & STOP) != 0;
            skipped += (note & SKIPPED) == 0 ? 0 : 1;
        }
        return !outcome.givers().isEmpty();
    }
}
