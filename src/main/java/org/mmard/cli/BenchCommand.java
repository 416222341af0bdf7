package org.mmard.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.mmard.bench.StepBenchmark;
import org.mmard.bench.StepBenchmark.Speed;
import org.mmard.bench.StepBenchmark.Variant;
import org.mmard.bench.StepProfile;
import org.mmard.engine.Device;
import org.mmard.engine.LibTorch;
import org.mmard.failure.InputError;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mmard bench step} and {@code mmard bench sync}. */
@Command(name = "bench", mixinStandardHelpOptions = true, description = "Measures speed.",
        subcommands = {BenchCommand.StepCommand.class, BenchSyncCommand.class})
final class BenchCommand {

    @Command(
            name = "step", mixinStandardHelpOptions = true,
            description = "Times the training step: attack, outer loss, parameter gradient, update. Random images, fresh weights, the "
                    + "attack's usual settings. "
                    + "CPU time is the process's, which the system counts in hundredths of a second.")
    static final class StepCommand implements Callable<Integer> {
        private static final String MEMORY = "VmHWM:";

        @Spec
        private CommandSpec spec;

        @Option(names = "--student", defaultValue = "resnet8", paramLabel = "NAME",
                description = "network of the zoo (default: ${DEFAULT-VALUE})")
        private String student;

        @Option(names = "--teacher", defaultValue = "resnet8x2", paramLabel = "NAME",
                description = "network of the zoo (default: ${DEFAULT-VALUE})")
        private String teacher;

        @Option(names = "--method", defaultValue = "mmard", paramLabel = "NAME",
                description = "as method.name: inner objective and outer loss in one (default: ${DEFAULT-VALUE})")
        private String method;

        @Option(names = "--inner", paramLabel = "NAME", description = "as method.inner, in place of the method's own")
        private @Nullable String inner;

        @Option(names = "--outer", paramLabel = "NAME", description = "as method.outer, in place of the method's own")
        private @Nullable String outer;

        @Option(names = "--batch", defaultValue = "64", paramLabel = "N", description = "images per step (default: ${DEFAULT-VALUE})")
        private int batch;

        @Option(names = "--threads", defaultValue = "1", paramLabel = "T", description = "LibTorch threads (default: ${DEFAULT-VALUE})")
        private int threads;

        @Option(names = "--steps", defaultValue = "5", paramLabel = "K",
                description = "timed steps of each variant; medians are printed (default: ${DEFAULT-VALUE})")
        private int steps;

        @Option(names = "--variants", split = ",", paramLabel = "LIST",
                description = "engine variants that take turns: default (what a run uses: passes, and the attack in bfloat16 where the "
                        + "processor computes in it), unfused (the same, additions and ReLUs by themselves), unfolded (the same without any pass), "
                        + "float32 (default with the attack in float32), float32-unfused, tf32 (float32 whose products a GPU may round), "
                        + "bfloat16 (the attack in bfloat16), all-bfloat16 (training too), folded, channels-last (float32, one pass alone), float32-unfolded (float32, no "
                        + "pass) (default: default,float32,unfolded; with --profile "
                        + "default)")
        private List<String> variants = List.of();

        @Option(names = "--profile", description = "where a step's time goes, by kind of work, and what each of its convolutions reaches "
                + "alone: of one variant, on a processor. Another process takes the steps")
        private boolean profile;

        @Option(names = "--in-parts", hidden = true)
        private boolean inParts;

        @Option(names = "--json", description = "the last line is a JSON object with the figures")
        private boolean json;

        @Mixin
        private DeviceOption device;

        @Override
        public Integer call() {
            device.use();
            positive("--batch", batch);
            positive("--threads", threads);
            positive("--steps", steps);
            List<Variant> chosen = new ArrayList<>();
            List<String> usual = profile ? List.of("default") : List.of("default", "float32", "unfolded");
            for (String name : variants.isEmpty() ? usual : variants) {
                Variant variant = variant(name);
                if (!chosen.contains(variant)) {
                    chosen.add(variant);
                }
            }
            Map<String, String> keys = new TreeMap<>(Map.of("method.name", method));
            if (inner != null) {
                keys.put("method.inner", inner);
            }
            if (outer != null) {
                keys.put("method.outer", outer);
            }
            StepBenchmark benchmark = new StepBenchmark(student, teacher, keys, batch, threads, steps);
            if (profile || inParts) {
                return profile(benchmark, keys, chosen);
            }
            Map<Variant, Speed> speeds = benchmark.run(chosen);
            long peak = peakMebibytes();
            long heap = Runtime.getRuntime().totalMemory() >> 20;
            PrintWriter out = spec.commandLine().getOut();
            out.printf("%s, %s%n", title(keys), steps == 1 ? "1 step" : "median of " + steps + " steps");
            out.println("device " + Device.current().description());
            out.printf("%-15s %16s %20s %15s%n", "engine", "images/second", "images/CPU second", "ms in copies");
            speeds.forEach((variant, speed) -> out.printf(Locale.ROOT, "%-15s %16.2f %20.2f %15.2f%n",
                    name(variant), speed.imagesPerSecond(), speed.imagesPerCpuSecond(), 1000 * speed.copies().seconds()));
            out.printf("peak resident memory of the process: %d MiB; Java heap committed at the end: %d MiB%n", peak, heap);
            if (json) {
                out.println(json(speeds).put("peak_resident_mebibytes", peak).put("heap_mebibytes", heap));
            }
            out.flush();
            return 0;
        }

        private String title(Map<String, String> keys) {
            return String.join(", ", keys.values()) + ", student " + student + ", teacher " + teacher + ", batch " + batch + ", "
                    + (threads == 1 ? "1 thread" : threads + " threads");
        }

        private int profile(StepBenchmark benchmark, Map<String, String> keys, List<Variant> chosen) {
            if (chosen.size() != 1) {
                throw new InputError("--profile tells of one variant: give one with --variants, such as --variants default");
            }
            if (Device.current().runsAhead()) {
                throw new InputError("--profile tells what a processor does: give --device cpu");
            }
            if (inParts) {
                benchmark.runInParts(chosen.get(0), System.out);
                return 0;
            }
            benchmark.check();
            List<String> arguments = new ArrayList<>(List.of("bench", "step", "--in-parts", "--student", student, "--teacher", teacher,
                    "--method", method, "--batch", "" + batch, "--threads", "" + threads, "--steps", "" + steps, "--variants",
                    name(chosen.get(0)), "--device", "cpu"));
            Map<String, @Nullable String> halves = new LinkedHashMap<>();
            halves.put("--inner", inner);
            halves.put("--outer", outer);
            halves.forEach((option, value) -> {
                if (value != null) {
                    arguments.addAll(List.of(option, value));
                }
            });
            LibTorch.threads(threads);
            try {
                new ProfileTable(StepProfile.of(SameJvm.command(arguments), steps)).print(
                        title(keys) + ", engine " + name(chosen.get(0)) + ", mean of " + steps + " steps", json,
                        spec.commandLine().getOut());
                return 0;
            } catch (IOException e) {
                throw new UncheckedIOException("cannot start a JVM", e);
            } catch (InterruptedException e) {
                throw new IllegalStateException("interrupted while profiling", e);
            }
        }

        private ObjectNode json(Map<Variant, Speed> speeds) {
            ObjectNode figures = new ObjectMapper().createObjectNode();
            speeds.forEach((variant, speed) -> {
                String prefix = variant == Variant.DEFAULT ? "" : name(variant).replace('-', '_') + "_";
                figures.put(prefix + "images_per_second", rounded(speed.imagesPerSecond()));
                figures.put(prefix + "images_per_cpu_second", rounded(speed.imagesPerCpuSecond()));
                figures.put(prefix + "copy_milliseconds", rounded(1000 * speed.copies().seconds()));
            });
            figures.put("device", Device.current().description());
            figures.put("student", student).put("teacher", teacher).put("method", method);
            figures.put("batch", batch).put("threads", threads).put("steps", steps);
            return figures;
        }

        private static double rounded(double value) {
            return Math.round(value * 100) / 100.0;
        }

        private static Variant variant(String name) {
            return Arrays.stream(Variant.values()).filter(each -> name(each).equals(name.trim())).findFirst()
                    .orElseThrow(() -> new InputError(
                            "--variants has '" + name + "': there are "
                                    + String.join(", ", Arrays.stream(Variant.values()).map(StepCommand::name).toList())));
        }

        private static String name(Variant variant) {
            return variant.name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        private static void positive(String option, int value) {
            if (value < 1) {
                throw new InputError(option + " is " + value + ": give a whole number, 1 or above");
            }
        }

        /** The most that the process has held at once, in MiB: the virtual machine's heap and LibTorch's memory. */
        private static long peakMebibytes() {
            try (var lines = Files.lines(Path.of("/proc/self/status"))) {
                return lines.filter(line -> line.startsWith(MEMORY)).mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
                        .findFirst().orElse(0);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
