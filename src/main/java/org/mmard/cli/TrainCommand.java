package org.mmard.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.apache.hadoop.conf.Configuration;
import org.mmard.config.ResolvedSettings;
import org.mmard.config.Settings;
import org.mmard.config.SettingsReader;
import org.mmard.files.HadoopConfiguration;
import org.mmard.spark.SparkCluster;
import org.mmard.train.Restarts;
import org.mmard.train.RunInterrupted;
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
        PrintWriter out = spec.commandLine().getOut();
        Configuration hadoop = HadoopConfiguration.load();
        ResolvedSettings resolved = SettingsReader.read(conf, overrides, hadoop);
        try (PreparedRun run =
                PreparedRun.of(resolved, new Sources(hadoop), resume, GivenCommand.line(spec), line -> say("warning: " + line))) {
            TrainingBanner banner = new TrainingBanner(out, run.inputs(), run.directory());
            if (run.epochsLeft() == 0) {
                banner.finishedBefore(run.stand());
                return 0;
            }
            banner.end(train(run, banner));
            return 0;
        } catch (RunInterrupted e) {
            say(e.getMessage() + goOn());
            return Interruption.exitCode(e.signal());
        }
    }

    private Restarts.Outcome train(PreparedRun run, TrainingBanner banner) {
        Settings.Training training = run.settings().training();
        UnaryOperator<String> stopped =
                signal -> "mmard: stopped by " + signal + "; finished epochs are kept in " + run.directory().uri() + goOn();
        try (TrainingDisplay display = TrainingDisplay.on(System.out, GivenCommand.onTerminal(), training.epochs(), training.batch());
                Interruption interruption = new Interruption(spec.commandLine().getErr(), display::close, stopped)) {
            try (SparkCluster cluster =
                    new SparkCluster("mmard train " + run.settings().run().directory(), run.settings().cluster().executors())) {
                return run.train(cluster, display, devices -> banner.start(run.from(), cluster.spark().master(), devices), this::say,
                        interruption.stop());
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
