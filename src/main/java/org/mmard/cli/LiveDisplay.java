package org.mmard.cli;

import java.io.PrintStream;
import java.util.function.Consumer;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;

/** One line that moves while an epoch trains and is wiped when it ends. */
final class LiveDisplay extends TrainingDisplay {
    private static final int LONGEST_BAR = 20;
    private static final int SHORTEST_BAR = 5;
    private static final int MILLISECONDS_BETWEEN = 250;

    private final Pace pace;
    private @Nullable ProgressBar bar;

    LiveDisplay(PrintStream out, int epochs, Pace pace, Consumer<String> say) {
        super(out, epochs, say);
        this.pace = pace;
    }

    @Override
    public synchronized void epochStarts(int epoch) {
        pace.epochStarts(epoch);
        bar = new ProgressBarBuilder().setUpdateIntervalMillis(MILLISECONDS_BETWEEN).continuousUpdate().clearDisplayOnFinish()
                .setConsumer(new Line(out)).setRenderer((state, width) -> fit(pace.line(), width)).build();
    }

    @Override
    public void step(long done, long total, double loss) {
        pace.step(done, total, loss);
    }

    @Override
    public synchronized void stepsEnd() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }

    /** Unlike the library's own, begins no new line when it closes: the epoch's summary takes the wiped line's place. */
    private static final class Line extends ConsoleProgressBarConsumer {
        private final PrintStream out;

        Line(PrintStream out) {
            super(out);
            this.out = out;
        }

        @Override
        public void close() {
            out.flush();
        }
    }

    /**
     * The text and, where the terminal is wide enough, a bar before it; blanks to the line's end, so that nothing stays of a longer line.
     */
    private String fit(String text, int width) {
        int bar = Math.min(LONGEST_BAR, width - text.length() - "[]  ".length());
        int filled = (int) (bar * pace.fractionOfEpoch());
        String line = bar < SHORTEST_BAR ? text : "[" + "=".repeat(filled) + " ".repeat(bar - filled) + "]  " + text;
        return line.length() < width ? line + " ".repeat(width - line.length()) : line;
    }
}
