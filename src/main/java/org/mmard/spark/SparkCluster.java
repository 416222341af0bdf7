package org.mmard.spark;

import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.mmard.config.Settings;
import org.mmard.failure.InputError;
import org.mmard.failure.RunStopped;
import org.mmard.train.ClusterFailure;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The executors that runs train on: a Spark context, or the one that took its place when it was lost. */
public final class SparkCluster implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SparkCluster.class);

    private final String name;
    private final int executors;
    private final boolean borrowed;
    private JavaSparkContext spark;

    private SparkCluster(String name, int executors, JavaSparkContext spark, boolean borrowed) {
        this.name = name;
        this.executors = executors;
        this.spark = spark;
        this.borrowed = borrowed;
    }

    /**
     * Starts a Spark application, which ends with {@link #close}.
     *
     * @throws InputError where the master cannot give so many executors
     */
    public static SparkCluster start(String name, int executors) {
        return new SparkCluster(name, executors, SparkDriver.start(name, executors), false);
    }

    /**
     * Uses somebody else's context, which stays theirs. Its executors have room for one task each, or it is a local one and there is to be
     * one executor. Where {@code spark.plugins} does not name {@link RunPlugin}, a request to stop is heard between two epochs only.
     *
     * @throws InputError where the context cannot give so many executors of one task each
     */
    public static SparkCluster borrow(JavaSparkContext spark, int executors) {
        SparkDriver.requireOneTaskEach(spark.sc(), executors);
        return new SparkCluster(spark.appName(), executors, spark, true);
    }

    /** The context of now: another one after {@link #renew} has had to make one. */
    public JavaSparkContext spark() {
        return spark;
    }

    /**
     * Makes ready for a run after a failure: replaces all executors, because those that are left wait for those that are not and do not
     * know newcomers; and the context, where it was stopped.
     *
     * @param timeout seconds to wait for executors
     * @throws RunStopped where they do not come
     */
    public void renew(int timeout) {
        try {
            if (spark.sc().isStopped()) {
                startAnew();
                ExecutorWatch.await(spark.sc(), executors, timeout, Set.of());
            } else {
                Set<String> old = ExecutorWatch.ids(spark.sc());
                old.forEach(id -> replace(spark.sc(), id));
                ExecutorWatch.await(spark.sc(), executors, timeout, old);
            }
        } catch (InputError e) {
            // No mistake of the user's: they had come before.
            throw new RunStopped("cannot go on: " + e.getMessage() + "; then go on with --resume", e);
        }
    }

    /**
     * Does what can be done again, or gone on with, after a failure of the cluster.
     *
     * @param say told in one line about each time that it is begun again
     * @throws ClusterFailure after {@code limits.maxRestarts} of them
     */
    public <T> T persist(Settings.Cluster limits, Consumer<String> say, Supplier<T> work) {
        for (int restarts = 0;; restarts++) {
            ExecutorWatch watch = new ExecutorWatch(spark.sc(), executors, limits.startTimeout());
            try {
                return work.get();
            } catch (Exception e) {
                RuntimeException meaning = watch.explain(e, 0);
                if (!(meaning instanceof ClusterFailure) || restarts == limits.maxRestarts()) {
                    throw meaning;
                }
                say.accept(meaning.getMessage() + "; restart " + (restarts + 1) + " of " + limits.maxRestarts());
            } finally {
                watch.close();
            }
            renew(limits.startTimeout());
        }
    }

    private static void replace(SparkContext spark, String executor) {
        try {
            spark.killAndReplaceExecutor(executor);
        } catch (Exception e) {
            // The master does not answer: whether executors come in time decides.
            LOG.info("cannot replace executor {}", executor, e);
        }
    }

    private void startAnew() {
        if (borrowed) {
            throw new RunStopped("the Spark context that this run had been given was stopped: go on with another");
        }
        if (spark.getConf().get("spark.submit.deployMode", "client").equals("cluster")) {
            throw new RunStopped("the cluster has ended this driver's application: go on with --resume");
        }
        try {
            spark = SparkDriver.start(name, executors);
        } catch (RuntimeException e) {
            throw new RunStopped("no new Spark application can be started: " + e.getMessage() + "; go on with --resume", e);
        }
    }

    @Override
    public void close() {
        if (!borrowed) {
            spark.close();
        }
    }
}
