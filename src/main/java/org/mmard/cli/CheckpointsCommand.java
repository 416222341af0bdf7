package org.mmard.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.Printable;
import org.mmard.files.HadoopConfiguration;
import org.mmard.run.CheckpointFiles;
import org.mmard.run.RunDirectory;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mmard checkpoints}: list, get, verify, prune. */
@Command(
        name = "checkpoints", mixinStandardHelpOptions = true, description = "Lists, fetches, checks and removes the checkpoints of a run.",
        subcommands = {
            CheckpointsCommand.ListCommand.class, CheckpointsCommand.GetCommand.class, CheckpointsCommand.VerifyCheckpoints.class,
            CheckpointsCommand.PruneCommand.class})
final class CheckpointsCommand {
    private static final int DAMAGED = 1;

    /** What every one of them is told: the run. */
    private abstract static class OfRun implements Callable<Integer> {
        @Parameters(paramLabel = "URI", description = "run directory, local or on any Hadoop filesystem")
        private String uri;

        @Spec
        CommandSpec spec;

        @Override
        public final Integer call() {
            int exitCode = call(CheckpointFiles.at(uri, HadoopConfiguration.load()), spec.commandLine().getOut());
            spec.commandLine().getOut().flush();
            return exitCode;
        }

        abstract int call(CheckpointFiles files, PrintWriter out);

        void tell(String line) {
            Mmard.say(spec.commandLine(), line);
        }
    }

    @Command(name = "list", mixinStandardHelpOptions = true,
            description = "One line per checkpoint: epoch, when it was finished, size, validation accuracies, and which are the best and "
                    + "the last.")
    static final class ListCommand extends OfRun {
        private static final DateTimeFormatter TIME =
                DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

        @Option(names = "--json", description = "A JSON array instead of a table.")
        private boolean json;

        @Override
        int call(CheckpointFiles files, PrintWriter out) {
            List<CheckpointFiles.Checkpoint> checkpoints = files.list(this::tell);
            if (json) {
                out.println(json(files, checkpoints));
                return 0;
            }
            if (checkpoints.isEmpty()) {
                out.println("no checkpoints in " + files.uri());
                return 0;
            }
            out.printf("%6s  %-19s  %10s  %8s  %8s%n", "epoch", "finished (UTC)", "size", "clean", "robust");
            for (CheckpointFiles.Checkpoint checkpoint : checkpoints) {
                String line =
                        String.format(Locale.ROOT, "%6s  %-19s  %10s  %8s  %8s  %s", checkpoint.epoch() == 0 ? "-" : checkpoint.epoch(),
                                TIME.format(checkpoint.time()), size(checkpoint.bytes()),
                                checkpoint.accuracy() == null ? "-" : percent(checkpoint.accuracy().clean()),
                                checkpoint.accuracy() == null ? "-" : percent(checkpoint.accuracy().robust()), marks(checkpoint));
                out.println(line.stripTrailing());
            }
            out.printf(Locale.ROOT, "%s, %s, in %s%n", counted(checkpoints.size()),
                    size(checkpoints.stream().mapToLong(CheckpointFiles.Checkpoint::bytes).sum()), files.uri());
            return 0;
        }

        private static String marks(CheckpointFiles.Checkpoint checkpoint) {
            String mark = (checkpoint.best() ? "best " : "") + (checkpoint.last() ? "last" : "");
            return checkpoint.epoch() == 0 ? "interrupted" : mark;
        }

        private static String percent(double fraction) {
            return String.format(Locale.ROOT, "%.1f %%", 100 * fraction);
        }

        private static ArrayNode json(CheckpointFiles files, List<CheckpointFiles.Checkpoint> checkpoints) {
            ArrayNode array = new ObjectMapper().createArrayNode();
            for (CheckpointFiles.Checkpoint checkpoint : checkpoints) {
                ObjectNode node = array.addObject().put("epoch", checkpoint.epoch() == 0 ? null : (Integer) checkpoint.epoch())
                        .put("uri", files.uri() + "/" + checkpoint.name()).put("time", checkpoint.time().toString())
                        .put("bytes", checkpoint.bytes());
                node.put("clean_accuracy", checkpoint.accuracy() == null ? null : (Double) checkpoint.accuracy().clean());
                node.put("robust_accuracy", checkpoint.accuracy() == null ? null : (Double) checkpoint.accuracy().robust());
                node.put("best", checkpoint.best()).put("last", checkpoint.last());
            }
            return array;
        }
    }

    @Command(name = "get", mixinStandardHelpOptions = true,
            description = "Copies a checkpoint to the local disk and checks it against its checksum.")
    static final class GetCommand extends OfRun {
        @ArgGroup
        private Choice choice = new Choice();

        @Option(names = "--to", paramLabel = "FILE", description = "file, or folder that is there (default: the checkpoint's name, here)")
        private Path to = Path.of("");

        @Option(names = "--force", description = "Replace a file that is there.")
        private boolean force;

        private static final class Choice {
            @Option(names = "--best", description = "the epoch with the highest robust validation accuracy (the default)")
            @SuppressWarnings("UnusedVariable") // it asks for the default
            private boolean best;

            @Option(names = "--last", description = "the newest epoch")
            private boolean last;

            @Option(names = "--epoch", paramLabel = "N", description = "epoch N, from 1")
            private @Nullable Integer epoch;
        }

        @Override
        int call(CheckpointFiles files, PrintWriter out) {
            String name = choice.epoch != null ? files.ofEpoch(choice.epoch) : choice.last ? RunDirectory.LAST : RunDirectory.BEST;
            CheckpointFiles.Copy copy =
                    GivenCommand.onTerminal() ? withBar(files, name) : files.fetch(name, to, force, CheckpointFiles.Progress.NONE);
            out.printf(Locale.ROOT, "%s: %s of %s, SHA-256 %s%s%n", copy.file(), size(copy.bytes()), files.uri() + "/" + name,
                    copy.sha256(),
                    copy.recorded() ? " as recorded" : " (none was recorded: the run is older than checksums)");
            return 0;
        }

        private CheckpointFiles.Copy withBar(CheckpointFiles files, String name) {
            try (ProgressBar bar = new ProgressBarBuilder().setTaskName(name).setStyle(ProgressBarStyle.ASCII).setUnit(" MiB", 1 << 20)
                    .setConsumer(new ConsoleProgressBarConsumer(System.err)).clearDisplayOnFinish().build()) {
                return files.fetch(name, to, force, (done, total) -> bar.maxHint(total).stepTo(done));
            }
        }
    }

    @Command(name = "verify", mixinStandardHelpOptions = true,
            description = "Checks every checkpoint against its recorded SHA-256 and as a zip file. Exit code 1 where one is damaged.")
    static final class VerifyCheckpoints extends OfRun {
        private int whole;
        private int unrecorded;
        private int damaged;

        @Override
        int call(CheckpointFiles files, PrintWriter out) {
            files.verify(verdict -> {
                if (verdict.damage() != null) {
                    damaged++;
                    out.println(Printable.line(verdict.damage()));
                } else if (!verdict.recorded()) {
                    unrecorded++;
                    out.println(Printable.line(verdict.name()) + ": a whole zip file, but no checksum was recorded");
                } else {
                    whole++;
                }
                out.flush();
            });
            out.printf(Locale.ROOT, "%s: %s%s%s%n", files.uri(), recorded(),
                    unrecorded == 0 ? "" : ", " + unrecorded + " without a checksum",
                    damaged == 0 ? "" : ", " + damaged + " damaged");
            return damaged == 0 ? 0 : DAMAGED;
        }

        private String recorded() {
            int all = whole + unrecorded + damaged;
            String counted = all == 1 ? "1 file" : all + " files";
            return all == 0 ? "no checkpoints" : whole == all ? counted + ", all as recorded" : whole + " of " + counted + " as recorded";
        }
    }

    @Command(name = "prune", mixinStandardHelpOptions = true,
            description = "Removes epochs' checkpoints that no option keeps. The best and the last always stay. Refused while a driver "
                    + "trains there.")
    static final class PruneCommand extends OfRun {
        @Option(names = "--keep-last", paramLabel = "N", description = "Keep the newest N.")
        private @Nullable Integer keepLast;

        @Option(names = "--keep-every", paramLabel = "K", description = "Keep epochs K, 2K, 3K, ...")
        private @Nullable Integer keepEvery;

        @Option(names = "--dry-run", description = "Only say what would be removed.")
        private boolean dryRun;

        @Override
        int call(CheckpointFiles files, PrintWriter out) {
            if (keepLast == null && keepEvery == null) {
                throw new ParameterException(spec.commandLine(), "give --keep-last, --keep-every or both");
            }
            if ((keepLast != null && keepLast < 0) || (keepEvery != null && keepEvery < 1)) {
                throw new ParameterException(spec.commandLine(), "--keep-last is 0 or above, --keep-every 1 or above");
            }
            CheckpointFiles.Pruned pruned =
                    files.prune(keepLast == null ? 0 : keepLast, keepEvery == null ? 0 : keepEvery, dryRun, this::tell);
            if (pruned.removed().isEmpty()) {
                out.println("nothing to remove in " + files.uri());
                return 0;
            }
            pruned.removed().forEach(checkpoint -> out
                    .println((dryRun ? "would remove " : "removed ") + checkpoint.name() + ", " + size(checkpoint.bytes())));
            out.printf(Locale.ROOT, "%s %s, %s, in %s%n", dryRun ? "would remove" : "removed", counted(pruned.removed().size()),
                    size(pruned.bytes()), files.uri());
            return 0;
        }
    }

    private static String counted(int checkpoints) {
        return checkpoints == 1 ? "1 checkpoint" : checkpoints + " checkpoints";
    }

    /** In binary units, three digits. */
    private static String size(long bytes) {
        return bytes < 1 << 20 ? String.format(Locale.ROOT, "%.1f KiB", bytes / 1024.0)
                : bytes < 1L << 30 ? String.format(Locale.ROOT, "%.1f MiB", bytes / 1048576.0)
                        : String.format(Locale.ROOT, "%.1f GiB", bytes / 1073741824.0);
    }
}
