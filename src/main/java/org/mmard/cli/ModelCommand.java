package org.mmard.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.mmard.data.HadoopConfiguration;
import org.mmard.model.Architectures;
import org.mmard.model.ModelFile;
import org.mmard.model.Outline;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mmard model describe}. */
@Command(
        name = "model", mixinStandardHelpOptions = true, description = "Describes networks and model files.",
        subcommands = ModelCommand.DescribeCommand.class)
final class ModelCommand {

    @Command(
            name = "describe", mixinStandardHelpOptions = true,
            description = "Lists a network's layers with their output shapes and parameters; for a model file also where it came from.")
    static final class DescribeCommand implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @ArgGroup(multiplicity = "1")
        private Subject subject;

        private static final class Subject {
            @Option(names = "--model", required = true, paramLabel = "URI", description = "model zip on any Hadoop filesystem")
            private String model;

            @ArgGroup(exclusive = false)
            private Named named;
        }

        private static final class Named {
            @Option(names = "--architecture", required = true, paramLabel = "NAME",
                    description = "a network of the zoo, such as resnet18 or cnn-16-32-64")
            private String architecture;

            @Option(names = "--classes", defaultValue = "10", paramLabel = "N", description = "number of logits (default: ${DEFAULT-VALUE})")
            private int classes;
        }

        @Override
        public Integer call() {
            PrintWriter out = spec.commandLine().getOut();
            if (subject.model == null) {
                out.println(subject.named.architecture + ", " + subject.named.classes + " classes");
                print(out, Outline.of(Architectures.of(subject.named.architecture, subject.named.classes, 0)));
            } else {
                ModelFile.Model model = ModelFile.read(subject.model, HadoopConfiguration.load());
                out.println(subject.model + ": " + model.metadata().architecture());
                print(out, Outline.of(model.graph().getConfiguration()));
                print(out, model);
            }
            out.flush();
            return 0;
        }

        private static void print(PrintWriter out, Outline outline) {
            String row = "  %-" + outline.rows().stream().mapToInt(each -> each.vertex().length()).max().orElse(0) + "s  %-26s  %-14s  %12s%n";
            out.printf(row, "layer", "", "output", "parameters");
            for (Outline.Row each : outline.rows()) {
                String shape = each.shape().stream().map(Object::toString).collect(Collectors.joining(" x "));
                out.printf(row, each.vertex(), each.kind(), shape, each.trainable() == 0 ? "" : grouped(each.trainable()));
            }
            out.printf(row, "total", "", "", grouped(outline.trainable()));
            out.println("  and " + grouped(outline.statistics()) + " running means and variances of batch norms");
        }

        private static void print(PrintWriter out, ModelFile.Model model) {
            out.println("  classes: " + String.join(", ", model.metadata().classNames()));
            out.println("  data: " + model.metadata().data());
            out.println("  updater state: " + (model.updaterState() == null ? "none" : grouped(model.updaterState().length()) + " numbers"));
            model.metadata().provenance().forEach((name, value) -> out.println("  " + name + ": " + value));
        }

        private static String grouped(long number) {
            return String.format(Locale.ROOT, "%,d", number);
        }
    }
}
