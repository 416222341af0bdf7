package org.mmard.spark;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.util.ShutdownHookManager$;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.InputError;
import org.mmard.failure.RunStopped;
import org.mmard.train.ClusterFailure;
import scala.collection.JavaConverters;

/**
 * Knows which executors there are, and what a failed job means. The loss of one must end all that a run does on them: Spark would replace
 * it and go on, but the others do not know the newcomer.
 */
final class ExecutorWatch extends SparkListener {
    private static final long POLL_MILLISECONDS = 100;
    /** Spark's listeners hear of an executor's end some moments after its tasks have failed. */
    private static final long NEWS_MILLISECONDS = 5000;

    private final SparkContext spark;
    private final Set<String> members = new HashSet<>();
    private @Nullable String failure;
    /** Until all have come, Spark may replace whatever it likes; and nobody asks once the run is done. */
    private boolean watching;

    /**
     * Waits until {@code executors} of them have come, and watches over them from then on.
     *
     * @throws InputError after {@code timeout} seconds, or when the master is not there
     */
    ExecutorWatch(SparkContext spark, int executors, int timeout) {
        this.spark = spark;
        spark.addSparkListener(this);
        await(spark, executors, timeout, Set.of());
        synchronized (this) {
            members.addAll(ids(spark));
            watching = true;
        }
    }

    /**
     * The same for a call of its own.
     *
     * @param gone executors that must first have ended
     */
    static void await(SparkContext spark, int executors, int timeout, Set<String> gone) {
        if (spark.isLocal()) {
            return;
        }
        long deadline = System.nanoTime() + timeout * 1_000_000_000L;
        while (true) {
            Set<String> now = ids(spark);
            boolean ended = gone.stream().noneMatch(now::contains);
            now.removeAll(gone);
            if (ended && now.size() >= executors) {
                return;
            }
            if (spark.isStopped()) {
                throw new InputError("the Spark master " + spark.master() + " does not answer: is it running?");
            }
            if (System.nanoTime() > deadline) {
                throw new InputError(
                        "only " + now.size() + " of " + executors + " executors came within " + timeout + " s from " + spark.master()
                                + ": lower cluster.executors, give the cluster more workers, or raise cluster.start-timeout");
            }
            pause();
        }
    }

    /** The executors that there are now; none where the driver does the work itself. */
    static Set<String> ids(SparkContext spark) {
        return spark.isStopped() || spark.isLocal() ? new HashSet<>() : new HashSet<>(JavaConverters.seqAsJavaList(spark.getExecutorIds()));
    }

    /** How many there are now. */
    int count() {
        return ids(spark).size();
    }

    @Override
    public synchronized void onExecutorAdded(SparkListenerExecutorAdded event) {
        members.add(event.executorId());
    }

    @Override
    public void onExecutorRemoved(SparkListenerExecutorRemoved event) {
        boolean member;
        synchronized (this) {
            member = members.remove(event.executorId());
        }
        if (member) {
            fail("executor " + event.executorId() + " was lost (" + event.reason().lines().findFirst().orElse("no reason given").strip()
                    + ")");
        }
    }

    /**
     * Ends what runs on the executors.
     *
     * @param what happened, in one line
     */
    void fail(String what) {
        synchronized (this) {
            if (failure != null || !watching) {
                return;
            }
            failure = what;
            notifyAll();
        }
        // A job that had not begun would wait for a replacement, and go on with it.
        spark.cancelAllJobs();
    }

    /** Whether the cluster has failed meanwhile. */
    synchronized boolean failed() {
        return failure != null;
    }

    /**
     * Throws when the cluster has failed meanwhile.
     *
     * @param epoch counted from 1, 0 before the first
     */
    synchronized void check(int epoch) {
        if (failure != null) {
            throw new ClusterFailure(failure + in(epoch), null);
        }
    }

    /**
     * What a failed job of an epoch (from 1, 0 before the first) means: {@link ClusterFailure} where the cluster explains it, else the
     * failure itself.
     */
    RuntimeException explain(Exception job, int epoch) {
        if (job instanceof ClusterFailure known) {
            return new ClusterFailure(known.getMessage() + in(epoch), known);
        }
        if (job instanceof RunStopped || ShutdownHookManager$.MODULE$.inShutdown()) {
            return unchecked(job);
        }
        Optional<InputError> mistake = InputError.in(job);
        if (mistake.isPresent()) {
            return mistake.get();
        }
        Optional<String> symptom = JobFailures.ofCluster(job);
        awaitNews(symptom.isPresent());
        synchronized (this) {
            if (failure != null) {
                return new ClusterFailure(failure + in(epoch), job);
            }
        }
        if (spark.isStopped()) {
            return new ClusterFailure("the Spark application was ended from outside" + in(epoch), job);
        }
        return symptom.<RuntimeException>map(line -> new ClusterFailure("a Spark job failed" + in(epoch) + " (" + line + ")", job))
                .orElseGet(() -> unchecked(job));
    }

    private static String in(int epoch) {
        return epoch == 0 ? "" : " in epoch " + epoch;
    }

    private synchronized void awaitNews(boolean suspected) {
        long deadline = System.nanoTime() + NEWS_MILLISECONDS * 1_000_000;
        while (suspected && failure == null && !spark.isStopped() && System.nanoTime() < deadline) {
            try {
                wait(POLL_MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private static RuntimeException unchecked(Exception failure) {
        return failure instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(failure.getMessage(), failure);
    }

    synchronized void close() {
        watching = false;
        if (!spark.isStopped()) {
            spark.removeSparkListener(this);
        }
    }

    private static void pause() {
        try {
            Thread.sleep(POLL_MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for executors", e);
        }
    }
}
