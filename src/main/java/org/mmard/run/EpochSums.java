package org.mmard.run;

import java.math.BigDecimal;
import java.util.Map;
import java.util.TreeMap;
import org.mmard.step.Tally;

/**
 * What was done of an epoch so far.
 *
 * @param executors by id
 * @param seconds wall time
 */
public record EpochSums(Map<String, Tally> executors, double seconds) {
    public static final EpochSums NONE = new EpochSums(Map.of(), 0);

    private static final Tally NOTHING = new Tally("", null, 0, 0, 0, 0, 0, BigDecimal.ZERO, Map.of(), 0L, 0L);

    /** Steps over all executors, skipped ones included. */
    public long steps() {
        return all().minibatches();
    }

    /** Images of all steps. */
    public long images() {
        return all().images();
    }

    public long skippedSteps() {
        return all().skipped();
    }

    /** Mean over the images of the steps that count; not a number where there are none. */
    public double loss() {
        return all().mean(all().loss());
    }

    /** This part of an epoch and a later one. */
    public EpochSums plus(EpochSums later) {
        Map<String, Tally> both = new TreeMap<>(executors);
        later.executors.forEach((id, tally) -> both.merge(id, tally, Tally::plus));
        return new EpochSums(both, seconds + later.seconds);
    }

    public EpochReport report() {
        Tally all = all();
        Map<String, Double> terms = new TreeMap<>();
        all.terms().forEach((name, sum) -> terms.put(name, all.mean(sum)));
        Map<String, ExecutorReport> reports = new TreeMap<>();
        executors.forEach((id, tally) -> reports.put(id,
                new ExecutorReport(tally.host(), tally.device(), tally.minibatches(), tally.images(), tally.seconds())));
        return new EpochReport(loss(), terms, all.share(all.natural()), all.share(all.adversarial()), all.images(), seconds,
                all.skipped(), reports);
    }

    private Tally all() {
        return executors.values().stream().reduce(NOTHING, Tally::plus);
    }
}
