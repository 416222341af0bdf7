package org.mmard.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import org.mmard.failure.InputError;
import org.mmard.model.Architectures;
import org.mmard.spark.SyncBenchmark;
import org.mmard.spark.sync.Encoding;
import org.mmard.spark.sync.RoundTimer.Timing;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mmard bench sync}. */
@Command(
        name = "sync", mixinStandardHelpOptions = true,
        description = "Times the sharing of one update among executors, processes of their own on this machine: random updates, no "
                + "training step. Prints what a round "
                + "takes: wall and CPU time, bytes sent by each executor. CPU time is the process's.")
final class BenchSyncCommand implements Callable<Integer> {
    /** Until the virtual machine has compiled what runs in a round: a training is in this state after its first minutes. */
    private static final int WARM_UP = 150;
    private static final int CLASSES = 10;

    @Spec
    private CommandSpec spec;

    @Option(names = "--student", defaultValue = "resnet18", paramLabel = "NAME",
            description = "network of the zoo whose updates are shared (default: ${DEFAULT-VALUE})")
    private String student;

    @Option(names = "--executors", defaultValue = "2", paramLabel = "N", description = "2 or above (default: ${DEFAULT-VALUE})")
    private int executors;

    @Option(names = "--rounds", defaultValue = "20", paramLabel = "K",
            description = "timed rounds, after " + WARM_UP + " that are not (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(names = "--encoding", defaultValue = "int8", paramLabel = "NAME",
            description = "int8, bfloat16 or exact, as cluster.encoding (default: ${DEFAULT-VALUE})")
    private String encoding;

    @Option(names = "--encrypted", description = "with AES-GCM between the executors, as with spark.network.crypto.enabled")
    private boolean encrypted;

    @Option(names = "--json", description = "the last line is a JSON object with the figures")
    private boolean json;

    @Override
    public Integer call() {
        if (executors < 2) {
            throw new InputError("--executors is " + executors + ": give a whole number, 2 or above");
        }
        if (rounds < 1) {
            throw new InputError("--rounds is " + rounds + ": give a whole number, 1 or above");
        }
        int length = Math.toIntExact(Architectures.network(student, CLASSES, 1).numParams());
        List<Timing> timings = new SyncBenchmark(length, executors, encoding(), encrypted, rounds, WARM_UP).run();
        PrintWriter out = spec.commandLine().getOut();
        out.printf("%s, %,d values, %d executors, %s%s, %s%n", student, length, executors, encoding, encrypted ? ", encrypted" : "",
                rounds == 1 ? "1 round" : rounds + " rounds");
        out.printf("%-9s %15s %15s %13s %13s %15s %15s%n", "executor", "seconds/round", "longest round", "CPU seconds", "of it coding",
                "bytes sent",
                "bytes received");
        for (Timing timing : timings) {
            out.printf(Locale.ROOT, "%-9d %15.4f %15.4f %13.4f %13.4f %,15d %,15d%n",
                    timing.shard(), timing.seconds(), timing.slowest(), timing.cpu(), timing.coding(), timing.sent(), timing.received());
        }
        if (json) {
            out.println(json(timings, length));
        }
        out.flush();
        return 0;
    }

    private Encoding encoding() {
        try {
            return Encoding.named(encoding);
        } catch (IllegalArgumentException e) {
            throw new InputError("--encoding is " + encoding + ": give one of int8, bfloat16, exact", e);
        }
    }

    private ObjectNode json(List<Timing> timings, int length) {
        ObjectNode figures = new ObjectMapper().createObjectNode();
        figures.put("seconds_per_round", worst(timings, Timing::seconds)).put("cpu_seconds_per_round", worst(timings, Timing::cpu));
        figures.put("coding_cpu_seconds_per_round", worst(timings, Timing::coding)).put("bytes_sent_per_round",
                (long) worst(timings, Timing::sent));
        figures.put("executors", executors).put("parameters", length).put("encoding", encoding).put("encrypted", encrypted);
        return figures.put("rounds", rounds).put("student", student);
    }

    /** Of the executor that has it worst: all wait for it. */
    private static double worst(List<Timing> timings, ToDoubleFunction<Timing> figure) {
        return Math.round(timings.stream().mapToDouble(figure).max().orElseThrow() * 1e4) / 1e4;
    }
}
