package org.mmard.spark;

import java.util.HashMap;
import java.util.Map;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.mmard.run.EpochSums;
import org.mmard.step.Tally;
import org.mmard.train.StepListener;
import scala.Tuple4;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/** Passes on what the executors' heartbeats tell of an epoch, while it runs. */
final class LiveProgress extends SparkListener {
    private final long tally;
    private final EpochSums before;
    private final long batches;
    private final StepListener listener;
    private final Map<Object, Tally> byTask = new HashMap<>();

    /**
     * @param tally the id of the epoch's accumulator
     * @param before what was done of the epoch earlier
     * @param batches of the epoch
     */
    LiveProgress(long tally, EpochSums before, long batches, StepListener listener) {
        this.tally = tally;
        this.before = before;
        this.batches = batches;
        this.listener = listener;
    }

    @Override
    public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate event) {
        boolean news = false;
        for (Tuple4<Object, Object, Object, Seq<AccumulableInfo>> task : JavaConverters.seqAsJavaList(event.accumUpdates())) {
            for (AccumulableInfo update : JavaConverters.seqAsJavaList(task._4())) {
                if (update.id() == tally && update.update().isDefined() && update.update().get() instanceof Map<?, ?> byExecutor) {
                    for (Object value : byExecutor.values()) {
                        byTask.put(task._1(), (Tally) value);
                        news = true;
                    }
                }
            }
        }
        if (news) {
            Tally now = byTask.values().stream().reduce(Tally::plus).orElseThrow();
            EpochSums all = before.plus(new EpochSums(Map.of("now", now), 0));
            listener.step(all.steps(), batches, all.loss());
        }
    }
}
