package org.mmard.cli;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Consumer;

/** Plain lines, for a log: within an epoch at most one every ten seconds. */
final class PlainDisplay extends TrainingDisplay {
    private static final Duration BETWEEN = Duration.ofSeconds(10);

    private final Pace pace;
    private final InstantSource clock;
    private Instant last = Instant.EPOCH;

    PlainDisplay(PrintStream out, int epochs, Pace pace, InstantSource clock, Consumer<String> say) {
        super(out, epochs, say);
        this.pace = pace;
        this.clock = clock;
    }

    @Override
    public synchronized void epochStarts(int epoch) {
        pace.epochStarts(epoch);
        last = clock.instant();
    }

    @Override
    public synchronized void step(long done, long total, double loss) {
        pace.step(done, total, loss);
        Instant now = clock.instant();
        if (Duration.between(last, now).compareTo(BETWEEN) >= 0) {
            last = now;
            out.println(pace.line());
            out.flush();
        }
    }

    @Override
    public void stepsEnd() {}
}
