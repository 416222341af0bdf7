package org.mmard.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.mmard.app.PreparedTraining;
import org.mmard.app.TrainedStudent;
import org.mmard.app.Training;
import org.mmard.config.Settings;
import org.mmard.train.RunInterrupted;
import org.mmard.train.TrainingListener;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mmard train}: one run on Spark, from its configuration to its best checkpoint. Everything is checked before Spark starts. */
@Command(name = "train", mixinStandardHelpOptions = true, description = "Trains a robust student on Spark, or goes on with a run.")
final class TrainCommand implements Callable<Integer> {
    private static final String RESUME = "--resume";

    @Option(names = "--conf", required = true, paramLabel = "FILE", description = "HOCON configuration, local or on any Hadoop filesystem.")
    private String conf;

    @Option(names = "-D", paramLabel = "KEY=VALUE", description = "A key that goes before the file's. May be given more than once.")
    private Map<String, String> overrides = new LinkedHashMap<>();

    @Option(names = RESUME, description = "Go on from the newest readable checkpoint of run.directory; where it holds no run, start one.")
    private boolean resume;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        TrainingListener warnings = new TrainingListener() {
            @Override
            public void warning(String line) {
                say("warning: " + line);
            }
        };
        try (PreparedTraining run =
                Training.of(conf).with(overrides).resume(resume).listener(warnings).startedBy(GivenCommand.line(spec)).prepare()) {
            TrainingBanner banner = new TrainingBanner(spec.commandLine().getOut(), run);
            if (run.epochsLeft() == 0) {
                banner.finishedBefore(run.fit().state());
                return 0;
            }
            banner.end(train(run, banner));
            return 0;
        } catch (RunInterrupted e) {
            say(e.getMessage() + goOn());
            return Interruption.exitCode(e.signal());
        }
    }

    private TrainedStudent train(PreparedTraining run, TrainingBanner banner) {
        Settings.Training training = run.settings().training();
        UnaryOperator<String> stopped = signal -> "mmard: stopped by " + signal + "; finished epochs are kept in " + run.directory().uri()
                + goOn();
        try (TrainingDisplay display = TrainingDisplay.on(System.out, GivenCommand.onTerminal(), training.epochs(), training.batch(),
                this::say);
                Interruption interruption = new Interruption(spec.commandLine().getErr(), display::close, stopped)) {
            try {
                return run.fit(display.and(banner), interruption.stop());
            } catch (RuntimeException | Error e) {
                interruption.silence();
                throw e;
            }
        }
    }

    private String goOn() {
        return "; go on with: " + GivenCommand.line(spec, RESUME);
    }

    private void say(String line) {
        Mmard.say(spec.commandLine(), line);
    }
}
