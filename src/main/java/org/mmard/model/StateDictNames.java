package org.mmard.model;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What PyTorch's codes call the layers that the zoo has: the names of the CIFAR networks that the field shares, and of torchvision's. */
public final class StateDictNames {
    private static final Map<String, String> PARAMETERS = Map.of(
            "W", "weight", "b", "bias", "gamma", "weight", "beta", "bias", "mean", "running_mean", "var", "running_var");
    private static final Pattern BLOCK = Pattern.compile("stage(\\d+)_block(\\d+)_(.+)");
    /** How many batches a batch norm, or an average of weights, has seen: no number of the network's. */
    private static final List<String> COUNTERS = List.of("num_batches_tracked", "n_averaged");
    /** TRADES' WideResNet builds this copy of its first group and never uses it. */
    private static final String UNUSED = "sub_block1.";

    private StateDictNames() {}

    /**
     * The names under which a parameter of a network of the zoo may stand in a state dictionary, the one that is written first.
     *
     * @param architecture name in the zoo
     * @param parameter as DL4J names it, such as {@code stage1_block2_conv1_W}
     */
    public static List<String> of(String architecture, String parameter) {
        int at = parameter.lastIndexOf('_');
        String suffix = "." + PARAMETERS.get(parameter.substring(at + 1));
        return layers(architecture, parameter.substring(0, at)).stream().map(layer -> layer + suffix).toList();
    }

    static boolean isCounter(String name) {
        return COUNTERS.stream().anyMatch(counter -> name.equals(counter) || name.endsWith("." + counter));
    }

    /** Whether an entry says nothing about what the network computes. */
    static boolean isIdle(String architecture, String name) {
        return isCounter(name) || (architecture.startsWith("wideresnet-") && name.startsWith(UNUSED));
    }

    private static List<String> layers(String architecture, String vertex) {
        if (vertex.equals("logits")) {
            boolean usuallyFc = architecture.startsWith("wideresnet-") || architecture.startsWith("cnn-");
            return usuallyFc ? List.of("fc", "linear") : List.of("linear", "fc");
        }
        Matcher block = BLOCK.matcher(vertex);
        if (!block.matches()) {
            return List.of(architecture.startsWith("wideresnet-") && vertex.equals("bn") ? "bn1" : vertex);
        }
        int stage = Integer.parseInt(block.group(1));
        int number = Integer.parseInt(block.group(2)) - 1;
        String layer = block.group(3);
        if (architecture.startsWith("wideresnet-")) {
            return List.of("block" + stage + ".layer." + number + "." + (layer.equals("shortcut_conv") ? "convShortcut" : layer));
        }
        String prefix = architecture.equals("mobilenetv2")
                ? "layers." + (MobileNet.blocksBefore(stage) + number) + "." : "layer" + stage + "." + number + ".";
        return switch (layer) {
            case "shortcut_conv" -> List.of(prefix + "shortcut.0", prefix + "downsample.0");
            case "shortcut_bn" -> List.of(prefix + "shortcut.1", prefix + "downsample.1");
            default -> List.of(prefix + layer);
        };
    }
}
