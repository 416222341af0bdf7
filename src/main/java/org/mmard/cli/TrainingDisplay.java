package org.mmard.cli;

import java.io.PrintStream;
import java.time.InstantSource;
import java.util.Locale;
import java.util.function.Consumer;
import org.mmard.run.EpochMetrics;
import org.mmard.run.EpochReport;
import org.mmard.train.TrainingListener;

/**
 * Shows a run as it goes: within an epoch whatever suits the place it prints to, and one line for each finished epoch. Numbers look the
 * same in every locale.
 */
abstract class TrainingDisplay implements TrainingListener, AutoCloseable {
    protected final PrintStream out;
    private final int epochs;
    private final Consumer<String> say;

    TrainingDisplay(PrintStream out, int epochs, Consumer<String> say) {
        this.out = out;
        this.epochs = epochs;
        this.say = say;
    }

    /**
     * @param live one line that moves, for a terminal; otherwise a plain line now and then
     * @param batch images per step
     * @param say told in one line what a person should know
     */
    static TrainingDisplay on(PrintStream out, boolean live, int epochs, int batch, Consumer<String> say) {
        InstantSource clock = new SteadyClock();
        Pace pace = new Pace(clock, epochs, batch);
        return live ? new LiveDisplay(out, epochs, pace, say) : new PlainDisplay(out, epochs, pace, clock, say);
    }

    @Override
    public void epochEnds(EpochMetrics metrics) {
        out.println(summary(metrics));
        out.flush();
    }

    @Override
    public void stopping(String signal) {
        out.printf("%n%s: stopping after the current step%n", signal);
        out.flush();
    }

    @Override
    public void warning(String line) {
        say.accept("warning: " + line);
    }

    @Override
    public void restarting(String line) {
        say.accept(line);
    }

    @Override
    public void close() {
        stepsEnd();
    }

    private String summary(EpochMetrics metrics) {
        EpochReport report = metrics.report();
        int width = Integer.toString(epochs).length();
        String validation = metrics.accuracy() == null ? "    -" : percent(metrics.accuracy().clean(), metrics.accuracy().robust());
        return String.format(Locale.ROOT,
                "epoch %" + width + "d/%d   loss %7.4f   train %-13s   validation %-13s   rate %.5f   %6.0f images/s   %5.0f s%s%s",
                metrics.epoch(), epochs, report.loss(), percent(report.naturalAccuracy(), report.adversarialAccuracy()), validation,
                metrics.learningRate(), metrics.imagesPerSecond(), report.seconds(), metrics.best() ? "   best" : "",
                skipped(report.skippedSteps()));
    }

    private static String skipped(long steps) {
        return steps == 0 ? "" : "   " + steps + (steps == 1 ? " step" : " steps") + " skipped";
    }

    private static String percent(double clean, double attacked) {
        return percent(clean) + "/" + percent(attacked) + " %";
    }

    private static String percent(double share) {
        return Double.isNaN(share) ? "    -" : String.format(Locale.ROOT, "%5.1f", 100 * share);
    }
}
