package org.mmard.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.mmard.verify.Comparison;
import org.mmard.verify.Verification;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mmard verify}. */
@Command(
        name = "verify", mixinStandardHelpOptions = true,
        description = {
            "Compares attacks, losses, parameter gradients, running statistics and the update with arrays that another implementation "
                    + "computed.",
            "Prints one row per quantity: the largest deviation, the tolerance, pass or FAIL. Exits with 1 where one FAILs.",
            "docs/verify.md describes the format and what is compared with what."})
final class VerifyCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--fixtures", required = true, paramLabel = "DIR", description = "folder with a manifest.json and its .npy arrays")
    private Path fixtures;

    @Mixin
    private DeviceOption device;

    @Override
    public Integer call() {
        device.use();
        List<Comparison> comparisons = new Verification(fixtures).carryOut();
        PrintWriter out = spec.commandLine().getOut();
        int subject = width("method", comparisons.stream().map(Comparison::subject).toList());
        int quantity = width("quantity", comparisons.stream().map(Comparison::quantity).toList());
        String row = "%-" + subject + "s  %-" + quantity + "s  %17s  %9s  %s%n";
        out.printf(row, "method", "quantity", "largest deviation", "tolerance", "result");
        for (Comparison each : comparisons) {
            out.printf(row, each.subject(), each.quantity(), number(each.deviation()), number(each.tolerance()),
                    each.passes() ? "pass" : "FAIL");
        }
        long failed = comparisons.stream().filter(each -> !each.passes()).count();
        out.println(failed == 0 ? quantities(comparisons.size()) + ", all within tolerance"
                : failed + " of " + quantities(comparisons.size()) + " FAIL");
        out.flush();
        return failed == 0 ? 0 : 1;
    }

    private static String quantities(int count) {
        return count + (count == 1 ? " quantity" : " quantities");
    }

    private static int width(String title, List<String> entries) {
        return Math.max(title.length(), entries.stream().mapToInt(String::length).max().orElse(0));
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.1e", value);
    }
}
