package org.mmard.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.InputError;
import org.mmard.model.Normalisation;
import org.mmard.model.WeightsChoice;
import picocli.CommandLine.Option;

/** What weights from PyTorch do not say themselves: {@code --architecture}, {@code --entry}, {@code --mean} and {@code --std}. */
final class WeightsOptions {
    @Option(names = "--architecture", paramLabel = "NAME",
            description = "The network that PyTorch weights are of, such as resnet18; without it, their names and shapes decide.")
    private @Nullable String architecture;

    @Option(names = "--entry", paramLabel = "PATH",
            description = "Which network of a file with several, such as best, ema or swa_state_dict.")
    private @Nullable String entry;

    @Option(names = "--mean", paramLabel = "NUMBERS",
            description = "Mean that the code of a PyTorch network subtracts from images in [0, 1], one per channel: 0.4914,0.4822,0.4465. "
                    + "Where it stands in the file, it is taken from there.")
    private @Nullable String mean;

    @Option(names = "--std", paramLabel = "NUMBERS", description = "Deviation that it divides by then, one per channel.")
    private @Nullable String deviation;

    @Nullable
    String architecture() {
        return architecture;
    }

    /** @throws InputError where mean and deviation are not both given, as numbers */
    WeightsChoice choice() {
        if (mean == null && deviation == null) {
            return new WeightsChoice(architecture, entry, null);
        }
        if (mean == null || deviation == null) {
            throw new InputError((mean == null ? "--std goes with --mean" : "--mean goes with --std") + ": give both");
        }
        return new WeightsChoice(architecture, entry, normalisation(mean, deviation));
    }

    private static Normalisation normalisation(String mean, String deviation) {
        List<Double> means = numbers("--mean", mean);
        List<Double> deviations = numbers("--std", deviation);
        try {
            return new Normalisation(means, deviations);
        } catch (InputError e) {
            throw new InputError("--mean " + mean + " --std " + deviation + ": " + e.getMessage(), e);
        }
    }

    private static List<Double> numbers(String option, String text) {
        List<Double> numbers = new ArrayList<>();
        try {
            for (String each : text.split(",", -1)) {
                numbers.add(Double.valueOf(each.trim()));
            }
        } catch (NumberFormatException e) {
            throw new InputError(option + " " + text + ": give a number for each channel, such as 0.4914,0.4822,0.4465", e);
        }
        return numbers;
    }
}
