package org.mmard.spark;

import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;
import org.jspecify.annotations.Nullable;
import org.mmard.train.StopRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * What Spark runs for us in the driver and in each executor beside the tasks. The executors ask the driver twice a second whether the epoch
 * that is being trained is to be stopped: a task in progress hears of it in no other way. The driver registers the {@link RunGauge}s.
 */
public final class RunPlugin implements SparkPlugin {
    private static final Logger LOG = LoggerFactory.getLogger(RunPlugin.class);
    private static final long POLL_MILLISECONDS = 500;
    private static final long NONE = -1;

    /** In the driver: the epoch that is being trained. */
    private static volatile @Nullable Training training;
    /** In an executor: the epoch that the driver wants stopped. */
    private static volatile long stopped = NONE;

    /** @param epoch the id of its {@link EpochTally}, which no two epochs of a driver share */
    private record Training(long epoch, StopRequest stop) {}

    /** In the driver: the epoch that the executors' questions are about from now on. */
    static void training(long epoch, StopRequest stop) {
        training = new Training(epoch, stop);
    }

    /** In an executor: whether that epoch is to be stopped, as far as is known here. */
    static boolean isStopped(long epoch) {
        return stopped == epoch;
    }

    @Override
    public DriverPlugin driverPlugin() {
        return new InDriver();
    }

    @Override
    public ExecutorPlugin executorPlugin() {
        return new InExecutor();
    }

    private static final class InDriver implements DriverPlugin {
        @Override
        public void registerMetrics(String application, PluginContext context) {
            RunGauge.register(context.metricRegistry());
        }

        /**
         * The epoch to be stopped.
         *
         * @param question there is only one
         */
        @Override
        public Object receive(Object question) {
            Training now = training;
            return now != null && now.stop.made() ? now.epoch : NONE;
        }
    }

    private static final class InExecutor implements ExecutorPlugin {
        private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(work -> {
            Thread thread = new Thread(work, "mmard-stop");
            thread.setDaemon(true);
            return thread;
        });

        @Override
        public void init(PluginContext context, Map<String, String> extra) {
            if (context.conf().get("spark.master").startsWith("local-cluster")) {
                // Executors of a local cluster are in the driver's process group: Ctrl-C would end them before they can bring anything
                // back.
                Signal.handle(new Signal("INT"), SignalHandler.SIG_IGN);
            }
            var unused = clock.scheduleWithFixedDelay(() -> ask(context), POLL_MILLISECONDS, POLL_MILLISECONDS, TimeUnit.MILLISECONDS);
        }

        private static void ask(PluginContext context) {
            try {
                stopped = (Long) context.ask("stop?");
            } catch (Exception e) {
                // A driver that is gone ends this process in other ways.
                LOG.debug("the driver does not answer", e);
            }
        }

        @Override
        public void shutdown() {
            clock.shutdownNow();
        }
    }
}
