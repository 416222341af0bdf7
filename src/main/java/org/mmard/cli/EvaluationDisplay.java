package org.mmard.cli;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.function.Consumer;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import org.mmard.attack.Evaluator;

/**
 * How far an evaluation is: per attack the examples done, the robust accuracy so far and the time left. One moving line per attack on a
 * terminal; elsewhere a plain line at most every ten seconds, and one when an attack is finished.
 */
final class EvaluationDisplay implements Evaluator.Progress, AutoCloseable {
    private static final Duration BETWEEN = Duration.ofSeconds(10);

    private final PrintStream out;
    private final boolean terminal;
    private final InstantSource clock;
    private final Consumer<String> say;
    private @Nullable String current;
    private Instant started = Instant.EPOCH;
    private int doneBefore;
    private Instant said = Instant.EPOCH;
    private @Nullable ProgressBar bar;

    EvaluationDisplay(PrintStream out, boolean terminal, InstantSource clock, Consumer<String> say) {
        this.say = say;
        this.out = out;
        this.terminal = terminal;
        this.clock = clock;
    }

    static EvaluationDisplay on(PrintStream out, boolean terminal) {
        return on(out, terminal, line -> {});
    }

    /** @param say told in one line where an evaluation goes on from what an earlier one has saved */
    static EvaluationDisplay on(PrintStream out, boolean terminal, Consumer<String> say) {
        return new EvaluationDisplay(out, terminal, new SteadyClock(), say);
    }

    @Override
    public void goingOn(int outcomes, String folder) {
        say.accept("going on with " + outcomes + " outcomes that an earlier call saved in " + folder);
    }

    @Override
    public synchronized void examples(String attack, int done, int total, double atMost) {
        Instant now = clock.instant();
        if (!attack.equals(current)) {
            close();
            current = attack;
            started = now;
            said = now;
            // What an earlier call has done says nothing about this one's pace.
            doneBefore = done;
            bar = terminal ? bar(attack, total) : null;
        }
        String accuracy = String.format(Locale.ROOT, done < total ? "at most %5.2f %%" : "%5.2f %%", 100 * atMost);
        if (bar != null) {
            bar.setExtraMessage(" " + accuracy + left(now, done, total));
            bar.stepTo(done);
        } else if (!terminal && (done == total || Duration.between(said, now).compareTo(BETWEEN) >= 0)) {
            out.printf(Locale.ROOT, "%-18s %d/%d examples, %s%s%n", attack, done, total, accuracy.strip(), left(now, done, total));
            said = now;
        }
    }

    private ProgressBar bar(String attack, int total) {
        return new ProgressBarBuilder().setTaskName(String.format("%-18s", attack)).setInitialMax(total).setStyle(ProgressBarStyle.ASCII)
                .hideEta()
                .setConsumer(new ConsoleProgressBarConsumer(out)).clearDisplayOnFinish().build();
    }

    private String left(Instant now, int done, int total) {
        if (done == doneBefore || done == total) {
            return "";
        }
        long seconds = Math.round(Duration.between(started, now).toMillis() / 1000.0 / (done - doneBefore) * (total - done));
        return ", left " + ClockFace.of(seconds);
    }

    @Override
    public synchronized void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
