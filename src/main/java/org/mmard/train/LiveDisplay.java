package org.mmard.train;

import java.io.PrintStream;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;

/** One line that moves while an epoch trains and is wiped when it ends. */
final class LiveDisplay extends TrainingDisplay {
    private static final int BAR = 20;
    private static final int MILLISECONDS_BETWEEN = 250;

    private final Pace pace;
    private ProgressBar bar;

    LiveDisplay(PrintStream out, int epochs, Pace pace) {
        super(out, epochs);
        this.pace = pace;
    }

    @Override
    synchronized void epochStarts(int epoch) {
        pace.epochStarts(epoch);
        bar = new ProgressBarBuilder().setUpdateIntervalMillis(MILLISECONDS_BETWEEN).continuousUpdate().clearDisplayOnFinish()
                .setConsumer(new ConsoleProgressBarConsumer(out)).setRenderer((state, width) -> fit(bar() + pace.line(), width)).build();
    }

    @Override
    public void step(long done, long total, double loss) {
        pace.step(done, total, loss);
    }

    @Override
    synchronized void stepsEnd() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }

    private String bar() {
        int filled = (int) (BAR * pace.fractionOfEpoch());
        return "[" + "=".repeat(filled) + " ".repeat(BAR - filled) + "]   ";
    }

    /** Blanks to the line's end, so that nothing stays of a longer line before. */
    private static String fit(String text, int width) {
        return text.length() < width ? text + " ".repeat(width - text.length()) : text.substring(0, Math.max(0, width));
    }
}
