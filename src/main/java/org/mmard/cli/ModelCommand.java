package org.mmard.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.Printable;
import org.mmard.files.HadoopConfiguration;
import org.mmard.model.Architectures;
import org.mmard.model.ModelFile;
import org.mmard.model.Models;
import org.mmard.model.Normalisation;
import org.mmard.model.Outline;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code mmard model}: describe, import, export. */
@Command(
        name = "model", mixinStandardHelpOptions = true,
        description = "Describes networks and model files, brings PyTorch weights in, and writes models for others.",
        subcommands = {ModelCommand.DescribeCommand.class, ModelImportCommand.class, ModelExportCommand.class})
final class ModelCommand {

    @Command(
            name = "describe", mixinStandardHelpOptions = true,
            description = "Lists a network's layers with their output shapes and parameters; for a model file also where it came from.")
    static final class DescribeCommand implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Option(names = "--model", paramLabel = "URI", description = "model zip or PyTorch weights on any Hadoop filesystem")
        private @Nullable String model;

        @Mixin
        private WeightsOptions weights;

        @Option(names = "--classes", paramLabel = "N", description = "number of logits of a network without --model (default: 10)")
        private @Nullable Integer classes;

        @Mixin
        private ShapeOption shape;

        @Override
        public Integer call() {
            String architecture = weights.architecture();
            if (model != null && classes != null) {
                throw new ParameterException(spec.commandLine(),
                        "--classes goes with --architecture alone: a model has the classes it has");
            }
            PrintWriter out = spec.commandLine().getOut();
            if (model != null) {
                Models.Found found =
                        Models.read(model, weights.choice(), shape.shape(), HadoopConfiguration.load());
                ModelFile.Model read = found.model();
                out.println(model + ": " + read.metadata().architecture());
                print(out, Outline.of(read.graph().getConfiguration(), read.metadata().shape()));
                found.notes().forEach(note -> out.println("  " + Printable.line(note)));
                print(out, read);
            } else if (architecture != null) {
                int logits = classes == null ? 10 : classes;
                Outline outline = Outline.of(Architectures.of(architecture, shape.shape(), logits, 0), shape.shape());
                out.println(architecture + ", " + logits + " classes, images of " + shape.shape());
                print(out, outline);
            } else {
                throw new ParameterException(spec.commandLine(), "give --model, --architecture or both");
            }
            out.flush();
            return 0;
        }

        private static void print(PrintWriter out, Outline outline) {
            String row =
                    "  %-" + outline.rows().stream().mapToInt(each -> each.vertex().length()).max().orElse(0) + "s  %-26s  %-14s  %12s%n";
            out.printf(row, "layer", "", "output", "parameters");
            for (Outline.Row each : outline.rows()) {
                String shape = each.shape().stream().map(Object::toString).collect(Collectors.joining(" x "));
                out.printf(row, each.vertex(), each.kind(), shape, each.trainable() == 0 ? "" : grouped(each.trainable()));
            }
            out.printf(row, "total", "", "", grouped(outline.trainable()));
            out.println("  and " + grouped(outline.statistics()) + " running means and variances of batch norms"
                    + (outline.normalises() ? ", mean and deviation of the images among them" : ""));
        }

        private static void print(PrintWriter out, ModelFile.Model model) {
            out.println("  images: " + model.metadata().shape());
            out.println("  classes: " + String.join(", ", model.metadata().classNames()));
            out.println("  data: " + model.metadata().data());
            Normalisation.of(model.graph()).ifPresent(normalisation -> out.println("  normalises its images: " + normalisation));
            out.println(
                    "  updater state: " + (model.updaterState() == null ? "none" : grouped(model.updaterState().length()) + " numbers"));
            model.metadata().provenance().forEach((name, value) -> out.println("  " + name + ": " + value));
        }

        private static String grouped(long number) {
            return String.format(Locale.ROOT, "%,d", number);
        }
    }
}
