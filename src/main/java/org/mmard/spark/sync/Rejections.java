package org.mmard.spark.sync;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts who is turned away at an executor's port, and warns of it: at once, then once a minute at most, however often it happens. */
final class Rejections {
    private static final Logger LOG = LoggerFactory.getLogger(Rejections.class);
    private static final long BETWEEN_NANOSECONDS = Duration.ofMinutes(1).toNanos();

    private final String host;
    private long count;
    private long said;
    private long next = System.nanoTime();

    /** @param host whose port it is */
    Rejections(String host) {
        this.host = host;
    }

    /**
     * @param from where it came from
     * @param what it did
     */
    synchronized void count(Object from, String what) {
        count++;
        if (System.nanoTime() - next >= 0) {
            LOG.warn("{} turned away at the updates' port of {}; the latest, {}, {}. Only executors of this application may speak there",
                    count - said == 1 ? "1 connection or message was" : count - said + " connections or messages were", host, from, what);
            said = count;
            next = System.nanoTime() + BETWEEN_NANOSECONDS;
        }
    }

    /** How many there were. */
    synchronized long count() {
        return count;
    }
}
