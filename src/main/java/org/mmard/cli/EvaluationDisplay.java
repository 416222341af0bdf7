package org.mmard.cli;

import java.io.PrintStream;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.mmard.attack.Evaluator;

/** How far an evaluation is: one moving line per attack on a terminal, a plain line per finished attack elsewhere. */
final class EvaluationDisplay implements Evaluator.Progress, AutoCloseable {
    private final PrintStream out;
    private final boolean terminal;
    private String current;
    private ProgressBar bar;

    private EvaluationDisplay(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    static EvaluationDisplay on(PrintStream out, boolean terminal) {
        return new EvaluationDisplay(out, terminal);
    }

    @Override
    public void examples(String attack, int done, int total, double atMost) {
        String message = String.format(Locale.ROOT, "%5.2f %% robust", 100 * atMost);
        if (!terminal) {
            if (done == total) {
                out.printf(Locale.ROOT, "%-12s %d examples, %s%n", attack, total, message.trim());
            }
            return;
        }
        if (!attack.equals(current)) {
            close();
            current = attack;
            bar = new ProgressBarBuilder().setTaskName(String.format("%-12s", attack)).setInitialMax(total).setStyle(ProgressBarStyle.ASCII)
                    .setConsumer(new ConsoleProgressBarConsumer(out)).clearDisplayOnFinish().build();
        }
        bar.setExtraMessage(" " + message);
        bar.stepTo(done);
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
