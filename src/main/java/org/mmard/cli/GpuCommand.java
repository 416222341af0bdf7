package org.mmard.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.spark.package$;
import org.mmard.bench.StepBenchmark;
import org.mmard.bench.StepBenchmark.Speed;
import org.mmard.bench.StepBenchmark.Variant;
import org.mmard.config.Settings;
import org.mmard.engine.Cuda;
import org.mmard.engine.Device;
import org.mmard.engine.LibTorch;
import org.mmard.run.Versions;
import org.mmard.verify.Comparison;
import org.mmard.verify.DeviceCheck;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mmard gpu check}. */
@Command(name = "gpu", mixinStandardHelpOptions = true, description = "Looks after GPUs.", subcommands = GpuCommand.Check.class)
final class GpuCommand {

    @Command(
            name = "check", mixinStandardHelpOptions = true,
            description = {
                "Says which GPU this host has and with what it computes; compares networks, a training step of each method and "
                        + "AutoAttack on it with the processor's; "
                        + "then times the training step.",
                "Exits with 1 where a deviation is above its tolerance, and with 2 where no GPU can be used."})
    static final class Check implements Callable<Integer> {
        private static final List<String> ARCHITECTURES = List.of(
                "cnn-16-32-64", "resnet8", "resnet8x2", "resnet18", "resnet20", "resnet20x2", "preactresnet18", "preactresnet18-raw-bn",
                "mobilenetv2", "wideresnet-16-2");
        private static final List<String> METHODS =
                List.of("natural", "pgd-at", "trades", "mart", "ard", "iad", "rslad", "adaad", "igdm", "saad", "mmard");
        private static final List<String> STUDENTS = List.of("resnet18", "mobilenetv2");
        private static final List<String> TEACHERS = List.of("wideresnet-34-10", "resnet18");
        private static final List<Variant> VARIANTS = List.of(Variant.FLOAT32, Variant.TF32, Variant.BFLOAT16);
        private static final int FLAGS = 16;
        private static final int BATCH = 128;

        @Spec
        private CommandSpec spec;

        @Option(names = "--steps", defaultValue = "2", paramLabel = "N",
                description = "Timed steps of each student, teacher and precision; 0 for none (default: ${DEFAULT-VALUE}).")
        private int steps;

        @Option(names = "--json", description = "The last line is a JSON object with everything.")
        private boolean json;

        private final ObjectNode figures = new ObjectMapper().createObjectNode();

        @Override
        public Integer call() {
            Device.configure(Settings.Engine.on(Settings.Engine.Device.CUDA), null);
            PrintWriter out = spec.commandLine().getOut();
            about().forEach((name, value) -> {
                out.printf("%-20s %s%n", name, value);
                figures.put(name, value);
            });
            long failed = check(out);
            speed(out);
            if (json) {
                out.println(figures);
            }
            out.flush();
            return failed == 0 ? 0 : 1;
        }

        private static Map<String, String> about() {
            Map<String, String> about = new LinkedHashMap<>();
            Cuda.Card card = Device.current().card().orElseThrow();
            about.put("device", Device.current().description());
            about.put("memory, MiB", card.mebibytes());
            about.put("compute capability", card.capability());
            about.put("driver", card.driver());
            about.putAll(LibTorch.cudaVersions());
            Map<String, String> versions = Versions.collect(package$.MODULE$.SPARK_VERSION());
            about.put("libtorch", versions.get("libtorch"));
            about.put("commit", versions.get("commit"));
            return about;
        }

        /** How many deviations are above their tolerance. */
        private long check(PrintWriter out) {
            DeviceCheck check = new DeviceCheck(Device.current());
            ArrayNode compared = figures.putArray("comparisons");
            String row = "%-20s %-20s %10s %10s  %s%n";
            out.printf("%n" + row, "subject", "quantity", "deviation", "tolerance", "result");
            List<Comparison> all = new ArrayList<>();
            ARCHITECTURES.forEach(architecture -> all.addAll(told(out, row, check.network(architecture))));
            METHODS.forEach(method -> all.addAll(told(out, row, check.step(method))));
            all.addAll(told(out, row, List.of(check.autoAttack(FLAGS))));
            all.forEach(each -> compared.addObject().put("subject", each.subject()).put("quantity", each.quantity())
                    .put("deviation", each.deviation())
                    .put("tolerance", each.tolerance()).put("passes", each.passes()));
            long failed = all.stream().filter(each -> !each.passes()).count();
            out.println(
                    failed == 0 ? all.size() + " comparisons, all within tolerance" : failed + " of " + all.size() + " comparisons FAIL");
            return failed;
        }

        private static List<Comparison> told(PrintWriter out, String row, List<Comparison> comparisons) {
            comparisons
                    .forEach(each -> out.printf(row, each.subject(), each.quantity(), String.format(Locale.ROOT, "%.1e", each.deviation()),
                            String.format(Locale.ROOT, "%.1e", each.tolerance()), each.passes() ? "pass" : "FAIL"));
            out.flush();
            return comparisons;
        }

        private void speed(PrintWriter out) {
            if (steps == 0) {
                return;
            }
            ArrayNode speeds = figures.putArray("speeds");
            String row = "%-14s %-18s %-10s %14s %14s %12s%n";
            out.printf("%nmethod mmard, batch %d, median of %d steps%n" + row, BATCH, steps, "student", "teacher", "precision",
                    "images/second", "ms in copies", "MiB in use");
            for (String student : STUDENTS) {
                for (String teacher : TEACHERS) {
                    for (Variant variant : VARIANTS) {
                        Speed speed = new StepBenchmark(student, teacher, Map.of("method.name", "mmard"), BATCH, 1, steps)
                                .run(List.of(variant)).values().iterator().next();
                        // LibTorch keeps what it has had: the most so far, not this step's own.
                        long memory = Cuda.mebibytesInUse(Device.current().index());
                        String precision = variant.name().toLowerCase(Locale.ROOT);
                        out.printf(row, student, teacher, precision, String.format(Locale.ROOT, "%.1f", speed.imagesPerSecond()),
                                String.format(Locale.ROOT, "%.2f", 1000 * speed.copies().seconds()), memory < 0 ? "unknown" : memory);
                        out.flush();
                        speeds.addObject().put("student", student).put("teacher", teacher).put("precision", precision).put("batch", BATCH)
                                .put("images_per_second", speed.imagesPerSecond()).put("copy_milliseconds", 1000 * speed.copies().seconds())
                                .put("copied_bytes", speed.copies().bytes()).put("mebibytes_in_use", memory < 0 ? null : (Long) memory);
                    }
                }
            }
        }
    }
}
