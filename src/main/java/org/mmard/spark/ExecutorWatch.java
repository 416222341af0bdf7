package org.mmard.spark;

import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.mmard.config.InputError;

/**
 * Knows which executors there are. A lost one must end the run: Spark would replace it and go on, but the others' parameter servers would not
 * know the newcomer.
 */
final class ExecutorWatch extends SparkListener {
    private static final long POLL_MILLISECONDS = 100;
    /** Spark's listeners hear of an executor's end some moments after its tasks have failed. */
    private static final long NEWS_MILLISECONDS = 5000;

    private final SparkContext spark;
    private String lost;
    private String reason;
    private boolean closed;

    ExecutorWatch(SparkContext spark) {
        this.spark = spark;
        spark.addSparkListener(this);
    }

    /**
     * Waits until {@code executors} of them have come.
     *
     * @throws InputError after {@code timeout} seconds, or when the master is not there
     */
    void await(int executors, int timeout) {
        if (spark.isLocal()) {
            return;
        }
        long deadline = System.nanoTime() + timeout * 1_000_000_000L;
        while (count() < executors) {
            if (spark.isStopped()) {
                throw new InputError("the Spark master " + spark.master() + " does not answer: is it running?");
            }
            if (System.nanoTime() > deadline) {
                throw new InputError("only " + count() + " of " + executors + " executors came within " + timeout + " s from " + spark.master()
                        + ": lower cluster.executors, give the cluster more workers, or raise cluster.start-timeout");
            }
            pause(POLL_MILLISECONDS);
        }
    }

    /** How many there are now. */
    int count() {
        // The driver counts as one of them.
        return spark.isStopped() ? 0 : spark.statusTracker().getExecutorInfos().length - 1;
    }

    @Override
    public synchronized void onExecutorRemoved(SparkListenerExecutorRemoved event) {
        if (lost == null && !closed) {
            lost = event.executorId();
            reason = event.reason().lines().findFirst().orElse("no reason given");
            notifyAll();
            // A job that had not begun would wait for a replacement, and go on with it.
            spark.cancelAllJobs();
        }
    }

    /** Throws when an executor has been lost. */
    synchronized void check() {
        if (lost != null) {
            throw new ExecutorLost(lost, reason, null);
        }
    }

    /** What a failed job means: {@link ExecutorLost} where the loss of an executor explains it, else the failure itself. */
    synchronized RuntimeException explain(Exception failure) {
        boolean suspected = String.valueOf(failure.getMessage()).contains("ExecutorLostFailure");
        long deadline = System.nanoTime() + NEWS_MILLISECONDS * 1_000_000;
        while (suspected && lost == null && System.nanoTime() < deadline) {
            try {
                wait(POLL_MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        if (lost != null) {
            return new ExecutorLost(lost, reason, failure);
        }
        return failure instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(failure.getMessage(), failure);
    }

    synchronized void close() {
        closed = true;
        if (!spark.isStopped()) {
            spark.removeSparkListener(this);
        }
    }

    private static void pause(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for executors", e);
        }
    }
}
