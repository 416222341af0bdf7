package org.mmard.cli;

import java.time.Instant;
import java.time.InstantSource;

/**
 * The time of day when it was made, and from then on as much later as time has gone by: durations that a change of the computer's clock
 * does not reach.
 */
public final class SteadyClock implements InstantSource {
    private final Instant start = Instant.now();
    private final long since = System.nanoTime();

    @Override
    public Instant instant() {
        return start.plusNanos(System.nanoTime() - since);
    }
}
