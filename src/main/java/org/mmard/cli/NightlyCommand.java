package org.mmard.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.mmard.app.PublishedStudents;
import org.mmard.failure.InputError;
import org.mmard.files.Folder;
import org.mmard.files.HadoopConfiguration;
import org.mmard.run.RunDirectory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mmard nightly next} and {@code mmard nightly publish}: what {@code spark-jobs/nightly.sh} asks, on any Hadoop filesystem. */
@Command(
        name = "nightly", mixinStandardHelpOptions = true,
        description = "What spark-jobs/nightly.sh needs to know and to do between its jobs.",
        subcommands = {NightlyCommand.NextCommand.class, NightlyCommand.PublishCommand.class})
final class NightlyCommand {
    /** What became of a run's student: marks the run as finished. */
    private static final String DECISION = "publication.json";

    @Command(
            name = "next", mixinStandardHelpOptions = true,
            description = "Prints the run directory to work on: the first under RUNS whose student was not compared with the published "
                    + "one yet, else the one "
                    + "named. Prints nothing where that one is finished.")
    static final class NextCommand implements Callable<Integer> {
        @Parameters(paramLabel = "RUNS", description = "Hadoop URI of a folder of run directories; it may not exist yet.")
        private String runs;

        @Option(names = "--name", required = true, paramLabel = "NAME", description = "Name of a new run directory.")
        private String name;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            if (!name.matches("[\\w.-]*\\w[\\w.-]*")) {
                throw new InputError("--name " + name + ": give a plain name, of letters, digits, '-', '_' and '.'");
            }
            Configuration hadoop = HadoopConfiguration.load();
            Folder folder = Folder.at(runs, hadoop);
            for (String each : folder.names(".")) {
                RunDirectory run = RunDirectory.at(folder.uri(each), hadoop);
                if (run.holdsRun() && !run.exists(DECISION)) {
                    print(run);
                    return 0;
                }
            }
            RunDirectory tonight = RunDirectory.at(folder.uri(name), hadoop);
            if (!tonight.exists(DECISION)) {
                print(tonight);
            }
            return 0;
        }

        private void print(RunDirectory run) {
            spec.commandLine().getOut().println(run.uri());
            spec.commandLine().getOut().flush();
        }
    }

    @Command(
            name = "publish", mixinStandardHelpOptions = true,
            description = "Copies the best student of an evaluated run to the published ones, if it is better than the one that counts "
                    + "there: if more images "
                    + "withstand all attacks of its evaluation.")
    static final class PublishCommand implements Callable<Integer> {
        @Parameters(paramLabel = "RUN", description = "Run directory, with best.zip and the evaluation.json of it.")
        private String run;

        @Option(names = "--to", required = true, paramLabel = "URI",
                description = "Folder of the published students, whose current.json names the one that counts.")
        private String published;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            Configuration hadoop = HadoopConfiguration.load();
            RunDirectory directory = RunDirectory.at(run, hadoop);
            PublishedStudents.Decision decision = new PublishedStudents(Folder.at(published, hadoop), this::print).offer(directory);
            ObjectNode json = new ObjectMapper().createObjectNode().put("published", decision.published()).put("reason", decision.reason())
                    .put("time", PublishedStudents.now());
            directory.write(DECISION, (json.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8));
            print(directory.uri() + ": " + decision.reason());
            return 0;
        }

        private void print(String line) {
            spec.commandLine().getOut().println(line);
            spec.commandLine().getOut().flush();
        }
    }
}
