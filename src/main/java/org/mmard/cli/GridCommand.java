package org.mmard.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.mmard.app.Grid;
import org.mmard.app.GridListener;
import org.mmard.app.GridRun;
import org.mmard.attack.Evaluator;
import org.mmard.config.Settings;
import org.mmard.train.RunInterrupted;
import org.mmard.train.TrainingListener;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code mmard grid}: inner objectives by outer losses by seeds, trained and evaluated one after the other in one Spark application. What
 * an earlier call has finished is not done again; everything is checked before the first run begins.
 */
@Command(name = "grid", mixinStandardHelpOptions = true,
        description = "Trains and evaluates every inner objective with every outer loss and seed of a configuration; given again, it "
                + "goes on.")
final class GridCommand implements Callable<Integer> {
    private static final int SOME_FAILED = 1;
    private static final String GO_ON = "; the same command goes on";

    @Option(names = "--conf", required = true, paramLabel = "FILE",
            description = "HOCON configuration with a section grid, local or on any Hadoop filesystem.")
    private String conf;

    @Option(names = "-D", paramLabel = "KEY=VALUE", description = "A key that goes before the file's. May be given more than once.")
    private Map<String, String> overrides = new LinkedHashMap<>();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Display display = new Display();
        UnaryOperator<String> stopped =
                signal -> "mmard: stopped by " + signal + "; finished runs and epochs are kept in the grid's directory" + GO_ON;
        try (Interruption interruption = new Interruption(spec.commandLine().getErr(), display::close, stopped)) {
            Grid.Outcome outcome = run(display, interruption);
            out.println();
            out.print(outcome.table().text());
            outcome.failures().forEach((run, reason) -> out.println("failed: " + run + ": " + reason));
            out.println("mean +- sample standard deviation over seeds, in per cent of " + outcome.examples() + " test images; model: "
                    + outcome.checkpoint() + ".zip");
            out.println("written to " + outcome.directory() + "/" + Grid.CSV + " and " + Grid.JSON + " beside it");
            out.flush();
            return outcome.failures().isEmpty() ? 0 : SOME_FAILED;
        } catch (RunInterrupted e) {
            say(e.getMessage() + GO_ON);
            return Interruption.exitCode(e.signal());
        }
    }

    private Grid.Outcome run(Display display, Interruption interruption) {
        try {
            return Grid.of(conf).with(overrides).listener(display).stoppedBy(interruption.stop()).startedBy(GivenCommand.line(spec)).run();
        } catch (RuntimeException | Error e) {
            interruption.silence();
            throw e;
        } finally {
            display.close();
        }
    }

    /** Prints what happens. */
    private final class Display implements GridListener, AutoCloseable {
        private final PrintWriter out = spec.commandLine().getOut();
        private GridPace pace = new GridPace(new SteadyClock(), 0);
        private volatile @Nullable TrainingDisplay training;
        private volatile @Nullable EvaluationDisplay evaluation;

        @Override
        public void planned(String directory, List<GridRun> runs, List<Left> left) {
            out.printf("%d %s in %s: %d finished before, %d to do%n", runs.size(), runs.size() == 1 ? "run" : "runs", directory,
                    runs.size() - left.size(), left.size());
            out.flush();
            pace = new GridPace(new SteadyClock(), left.stream().mapToInt(run -> run.epochs() + 1).sum());
        }

        @Override
        public void runStarts(GridRun run, int number, int of, int epochsLeft) {
            int epochs = run.epochs();
            String from = epochsLeft == 0 ? ", to evaluate" : epochsLeft < epochs ? ", from epoch " + (epochs - epochsLeft + 1) : "";
            out.printf("%nrun %d of %d: %s%s%s%n", number, of, run.name(), from, pace.left());
            out.flush();
        }

        @Override
        public TrainingListener training(GridRun run) {
            Settings settings = run.resolved().settings();
            training = TrainingDisplay.on(System.out, GivenCommand.onTerminal(), settings.training().epochs(), settings.training().batch(),
                    GridCommand.this::say);
            return training;
        }

        @Override
        public Evaluator.Progress evaluation(GridRun run) {
            evaluation = EvaluationDisplay.on(System.err, System.console() != null);
            return evaluation;
        }

        @Override
        public void runEnds(GridRun run, int epochs) {
            close();
            pace.done(epochs + 1);
        }

        @Override
        public void message(String line) {
            say(line);
        }

        /** Wipes the line that moves. */
        @Override
        public void close() {
            Optional.ofNullable(training).ifPresent(TrainingDisplay::close);
            Optional.ofNullable(evaluation).ifPresent(EvaluationDisplay::close);
        }
    }

    private void say(String line) {
        Mmard.say(spec.commandLine(), line);
    }
}
