package org.mmard.spark;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Raises the alarm, once, when the steps of an epoch cease to come. */
final class StallWatch implements AutoCloseable {
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "stall-watch");
        thread.setDaemon(true);
        return thread;
    });
    private final Duration between;
    private final Runnable alarm;
    private long furthest;
    private long deadline;

    /**
     * @param first longest time to the first step
     * @param between to every other
     */
    StallWatch(Duration first, Duration between, Runnable alarm) {
        this.between = between;
        this.alarm = alarm;
        deadline = System.nanoTime() + first.toNanos();
        long period = Math.max(1, Math.min(1000, between.toMillis() / 4));
        var unused = clock.scheduleWithFixedDelay(this::look, period, period, TimeUnit.MILLISECONDS);
    }

    /** @param done steps of the epoch; news that are no news count as none */
    synchronized void stepped(long done) {
        if (done > furthest) {
            furthest = done;
            deadline = System.nanoTime() + between.toNanos();
        }
    }

    private void look() {
        boolean late;
        synchronized (this) {
            late = System.nanoTime() - deadline > 0;
        }
        if (late) {
            clock.shutdown();
            alarm.run();
        }
    }

    @Override
    public void close() {
        clock.shutdown();
    }
}
