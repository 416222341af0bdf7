package org.mmard.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;
import org.mmard.app.RunReport;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;
import org.mmard.files.HadoopConfiguration;
import org.mmard.report.Report;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mmard report}: what runs, grids and evaluations left behind, as one page for a browser. */
@Command(name = "report", mixinStandardHelpOptions = true,
        description = "Draws runs, grids and evaluations as one HTML page that needs no network: curves, tables, attacked images, "
                + "provenance.")
final class ReportCommand implements Callable<Integer> {
    /** Name of the page, unless the user says otherwise. */
    static final String FILE = "report.html";

    /** How many images are attacked for each run, likewise. */
    static final int EXAMPLES = RunReport.EXAMPLES;

    @Parameters(arity = "1..*", paramLabel = "URI",
            description = "A run's directory, a grid's directory, or an evaluation (its file or folder). Several are compared.")
    private List<String> uris;

    @Option(names = "--out", defaultValue = FILE, paramLabel = "FILE",
            description = "Where the page goes, any Hadoop URI (default: ${DEFAULT-VALUE}).")
    private String out;

    @Option(names = "--examples", defaultValue = "" + EXAMPLES, paramLabel = "N",
            description = "How many test images to attack with PGD-20 and show for each run (default: ${DEFAULT-VALUE}).")
    private int examples;

    @Option(names = "--seed", defaultValue = "0", paramLabel = "N",
            description = "Another seed shows other images (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--data", paramLabel = "URI",
            description = "Where the test images are, where that is no longer what the run's settings say.")
    private @Nullable String data;

    @Option(names = "--fetch",
            description = "Reads test images and teachers from whatever other filesystems the runs' files name; without it, they are "
                    + "taken from "
                    + "this machine and from where the run lies.")
    private boolean fetch;

    @Option(names = "--no-images", description = "Attacks and shows nothing: no data and no model is read.")
    private boolean noImages;

    @Option(names = "--against", paramLabel = "CELL",
            description = "Which cell of a grid the others are compared with, seed by seed, as its table has it, such as 'rslad / rslad' "
                    + "(default: the first).")
    private @Nullable String against;

    @Mixin
    private DeviceOption device;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (examples < 1) {
            throw new InputError("--examples " + examples + ": give 1 or more, or --no-images");
        }
        device.use();
        Configuration hadoop = HadoopConfiguration.load();
        PrintWriter console = spec.commandLine().getErr();
        RunReport report = RunReport.of(uris).pictures(new Report.Pictures(noImages ? 0 : examples, seed, data, fetch)).against(against);
        String written = write(report, out, hadoop, line -> {
            console.println(Printable.line(line));
            console.flush();
        });
        spec.commandLine().getOut().println("written to " + written);
        spec.commandLine().getOut().flush();
        return 0;
    }

    /** Writes the page, whole or not at all, and returns its qualified URI. */
    static String write(RunReport report, String out, Configuration hadoop, Consumer<String> told) {
        OutFile file = OutFile.of(out, "the page", FILE, hadoop);
        String html = report.telling(told).hadoop(hadoop).html();
        return file.write(stream -> stream.write(html.getBytes(StandardCharsets.UTF_8)));
    }
}
