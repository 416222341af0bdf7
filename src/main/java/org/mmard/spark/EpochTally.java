package org.mmard.spark;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.util.AccumulatorV2;
import org.mmard.run.EpochSums;
import org.mmard.step.Tally;

/**
 * The tallies of one epoch by executor id. Spark sends an accumulator to the driver with every heartbeat of a running task, which serves
 * the live display, and once more with the task's result, which is what the epoch's report is made of. Heartbeats are made in another
 * thread than steps.
 */
final class EpochTally extends AccumulatorV2<Map.Entry<String, Tally>, Map<String, Tally>> {
    static final String NAME = "mmard.epoch";
    private static final long serialVersionUID = 1L;

    private final ConcurrentHashMap<String, Tally> byExecutor = new ConcurrentHashMap<>();

    @Override
    public boolean isZero() {
        return byExecutor.isEmpty();
    }

    @Override
    public EpochTally copy() {
        EpochTally copy = new EpochTally();
        copy.byExecutor.putAll(byExecutor);
        return copy;
    }

    @Override
    public void reset() {
        byExecutor.clear();
    }

    @Override
    public void add(Map.Entry<String, Tally> step) {
        byExecutor.merge(step.getKey(), step.getValue(), Tally::plus);
    }

    @Override
    public void merge(AccumulatorV2<Map.Entry<String, Tally>, Map<String, Tally>> other) {
        other.value().forEach((executor, tally) -> byExecutor.merge(executor, tally, Tally::plus));
    }

    /** What it says of the epoch, but for the time. */
    EpochSums sums() {
        return new EpochSums(value(), 0);
    }

    /** A copy, in the order of the executor ids. */
    @Override
    public Map<String, Tally> value() {
        return new TreeMap<>(byExecutor);
    }
}
