package org.mmard.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import org.mmard.app.PreparedTraining;
import org.mmard.app.TrainedStudent;
import org.mmard.app.TrainingInputs;
import org.mmard.config.Settings;
import org.mmard.model.Outline;
import org.mmard.run.CheckpointState;
import org.mmard.run.EpochSums;
import org.mmard.run.RunDirectory;
import org.mmard.run.StartingPoint;
import org.mmard.train.TrainingListener;

/** What is printed before and after a run. */
final class TrainingBanner implements TrainingListener {
    private final PrintWriter out;
    private final TrainingInputs inputs;
    private final RunDirectory directory;
    private final StartingPoint from;

    TrainingBanner(PrintWriter out, PreparedTraining run) {
        this.out = out;
        inputs = run.inputs();
        directory = run.directory();
        from = run.from();
    }

    @Override
    public void trainingStarts(String master, Map<String, String> devices) {
        Settings settings = inputs.settings();
        Settings.Cluster cluster = settings.cluster();
        row("method", "inner " + settings.method().inner() + ", outer " + settings.method().outer()
                + (settings.preset() == null ? "" : ", preset " + settings.preset()) + extras(settings.training()));
        row("student",
                settings.student().architecture() + ", "
                        + number(Outline.of(inputs.fresh().getConfiguration(), inputs.images().shape()).trainable())
                        + " parameters");
        row("teacher", inputs.teacher() == null ? "none" : inputs.teacher().architecture() + ", " + inputs.teacher().uri());
        row("data", settings.data().uri() + ": " + number(inputs.split().training().length) + " images to train on, "
                + number(inputs.split().validation().length) + " to validate, " + inputs.images().classes() + " classes");
        row("executors",
                cluster.executors() + " on " + master + (cluster.executors() > 1 ? ", synchronisation " + cluster.synchronisation() : ""));
        row("device", devices.getOrDefault("device", "unknown"));
        row("run", count(settings.training().epochs(), "epoch") + " of " + count(inputs.batchesPerEpoch(), "step") + " of "
                + count(settings.training().batch(), "image") + ", seed " + settings.run().seed() + resumed(from));
        row("directory", directory.uri());
        out.println("accuracies below: natural / adversarial images");
        out.flush();
    }

    /** What changes the student's weights beside the method. */
    private static String extras(Settings.Training training) {
        Settings.Averaging averaging = training.averaging();
        double gamma = training.weightPerturbation().gamma();
        return (averaging.kind() == Settings.Averaging.Kind.NONE ? "" : ", averaging " + averaging.kind())
                + (gamma == 0 ? "" : ", weight perturbation " + gamma);
    }

    private static String resumed(StartingPoint from) {
        EpochSums begun = from.checkpoint().map(found -> found.state().begun()).orElse(null);
        String with = from.resized().map(change -> " with " + change).orElse("");
        if (begun != null) {
            return ", resumed after step " + begun.steps() + " of epoch " + (from.epoch() + 1) + with;
        }
        return from.epoch() > 0 ? ", resumed after epoch " + from.epoch() + with : "";
    }

    void end(TrainedStudent outcome) {
        CheckpointState last = outcome.state();
        out.println();
        row("finished", "epoch " + last.epoch() + " in " + ClockFace.of(Math.round(outcome.seconds())) + " (h:mm:ss)");
        results(last);
    }

    void finishedBefore(CheckpointState last) {
        out.println("nothing to do: the run in " + directory.uri() + " has finished all its " + count(last.epoch(), "epoch")
                + "; more are added by training.epochs");
        results(last);
    }

    private void results(CheckpointState last) {
        String examples = " on " + number(inputs.split().validation().length) + " validation images";
        CheckpointState.Best best = last.best();
        if (best != null) {
            row("best", "epoch " + best.epoch() + ": " + accuracies(best.clean(), best.robust()) + examples);
        }
        if (last.accuracy() != null) {
            row("last", "epoch " + last.epoch() + ": " + accuracies(last.accuracy().clean(), last.accuracy().robust()) + examples);
        }
        String chosen = directory.uri(best == null ? RunDirectory.LAST : RunDirectory.BEST);
        row("models", chosen + ", " + RunDirectory.LAST + " and checkpoints/ beside it");
        row("next", GivenCommand.of("evaluate", "--model", chosen, "--data", inputs.settings().data().uri(), "--out", directory.uri()));
        out.flush();
    }

    private void row(String name, String value) {
        out.printf("%-10s %s%n", name, value);
    }

    private static String accuracies(double clean, double robust) {
        return String.format(Locale.ROOT, "%.1f %% clean, %.1f %% robust", 100 * clean, 100 * robust);
    }

    private static String count(long number, String thing) {
        return number(number) + " " + thing + (number == 1 ? "" : "s");
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }
}
