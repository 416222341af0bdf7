package org.mmard.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** How long a grid will still take, as if every epoch, and every evaluation, took the mean of those done in this call. */
final class GridPace {
    private final InstantSource clock;
    private final Instant start;
    private int done;
    private int left;

    /** @param parts epochs and evaluations to do */
    GridPace(InstantSource clock, int parts) {
        this.clock = clock;
        start = clock.instant();
        left = parts;
    }

    /** So many of them are done, or will not be. */
    void done(int parts) {
        done += parts;
        left -= parts;
    }

    /** For example {@code , about 0:41:00 left}; empty where nothing is known yet. */
    String left() {
        if (done == 0) {
            return "";
        }
        long seconds = Duration.between(start, clock.instant()).toSeconds() * left / done;
        return ", about " + ClockFace.of(seconds) + " left";
    }
}
