package org.mmard.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.mmard.data.DataSource;
import org.mmard.data.DataSources;
import org.mmard.data.ImageSet;
import org.mmard.data.ImageStatistics;
import org.mmard.data.ShapesFolder;
import org.mmard.files.HadoopConfiguration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mmard data}: shapes, import, describe. */
@Command(
        name = "data", mixinStandardHelpOptions = true, description = "Makes, imports and describes data sets.",
        subcommands = {DataCommand.ShapesCommand.class, DataImportCommand.class, DataCommand.DescribeCommand.class})
final class DataCommand {

    @Command(
            name = "shapes", mixinStandardHelpOptions = true, showDefaultValues = true,
            description = "Writes a generated data set of ten kinds of shapes, in CIFAR-10's binary layout. Does nothing where it is "
                    + "there already.")
    static final class ShapesCommand implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Option(names = "--out", required = true, paramLabel = "URI", description = "folder on any Hadoop filesystem")
        private String out;

        @Option(names = "--train", defaultValue = "5000", paramLabel = "N", description = "training records")
        private int train;

        @Option(names = "--test", defaultValue = "1000", paramLabel = "N", description = "test records")
        private int test;

        @Option(names = "--seed", defaultValue = "1", paramLabel = "N", description = "decides every image")
        private long seed;

        @Override
        public Integer call() {
            boolean written = new ShapesFolder(train, test, seed).write(out, HadoopConfiguration.load());
            String what = train + " training and " + test + " test images";
            spec.commandLine().getOut().println(out + ": " + (written ? "wrote " + what : what + " are there already"));
            return 0;
        }
    }

    @Command(
            name = "describe", mixinStandardHelpOptions = true,
            description = "Reads a whole data set, checks it, and says what it has.")
    static final class DescribeCommand implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Parameters(paramLabel = "URI", description = "folder, or CIFAR's official -binary.tar.gz, on any Hadoop filesystem, or "
                + "what a jar in MMARD_JARS reads")
        private String uri;

        @Override
        public Integer call() {
            DataSource source = DataSources.open(uri, HadoopConfiguration.load());
            ImageSet train = source.train(DataSource.ALL);
            ImageSet test = source.test(DataSource.ALL);
            print(spec.commandLine().getOut(), source, train, test);
            return 0;
        }

        private void print(PrintWriter out, DataSource source, ImageSet train, ImageSet test) {
            ImageStatistics ofTrain = ImageStatistics.of(train);
            ImageStatistics ofTest = ImageStatistics.of(test);
            out.println(uri + ": " + source.title() + ", " + train.classes() + " classes, images of " + train.shape());
            int width = Math.max(8, train.classNames().stream().mapToInt(String::length).max().orElse(0));
            row(out, width, "", "train", "test");
            row(out, width, "records", Integer.toString(train.size()), Integer.toString(test.size()));
            for (int c = 0; c < train.classes(); c++) {
                row(out, width, train.classNames().get(c), Integer.toString(ofTrain.counts()[c]), Integer.toString(ofTest.counts()[c]));
            }
            List<String> channels = train.shape().channels() == 1 ? List.of("grey") : List.of("red", "green", "blue");
            for (int channel = 0; channel < channels.size(); channel++) {
                row(out, width, channels.get(channel), channel(ofTrain, channel), channel(ofTest, channel));
            }
            out.println(String.join(", ", channels) + ": mean and standard deviation over records and pixels, values in [0, 1]");
            out.println("sha256 of labels and pixels: train " + train.checksum());
            out.println("                             test  " + test.checksum());
        }

        private static String channel(ImageStatistics statistics, int channel) {
            return String.format(Locale.ROOT, "%.4f +- %.4f", statistics.mean()[channel], statistics.deviation()[channel]);
        }

        private static void row(PrintWriter out, int width, String name, String train, String test) {
            out.printf(Locale.ROOT, "  %-" + width + "s  %16s  %16s%n", name, train, test);
        }
    }
}
