package org.mmard.model;

import java.util.List;
import java.util.Map;
import java.util.Optional;
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

    /** Whether a network has DeepMind's layout and names. */
    public static boolean isDeepMind(String architecture) {
        return PreActivation.isDeepMind(architecture);
    }

    static boolean isCounter(String name) {
        return COUNTERS.stream().anyMatch(counter -> name.equals(counter) || name.endsWith("." + counter));
    }

    /**
     * Whether an entry says nothing about what the network computes.
     *
     * @param name without the prefix of the network's entries
     */
    static boolean isIdle(String architecture, String name) {
        return isCounter(name) || (architecture.startsWith("wideresnet-") && name.startsWith(UNUSED));
    }

    /** The shape of a convolution's weight among entries with any prefix, of a name that this pattern describes. */
    static Optional<List<Long>> shape(Map<String, List<Long>> entries, String name) {
        Pattern pattern = Pattern.compile("(?:.*\\.)?" + name);
        return entries.entrySet().stream().filter(entry -> entry.getValue().size() == 4 && pattern.matcher(entry.getKey()).matches())
                .map(Map.Entry::getValue).findFirst();
    }

    private static List<String> layers(String architecture, String vertex) {
        if (PreActivation.isDeepMind(architecture)) {
            return List.of(architecture.startsWith("wideresnet-") ? wideOfDeepMind(vertex) : residualOfDeepMind(vertex));
        }
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

    private static String wideOfDeepMind(String vertex) {
        Matcher block = BLOCK.matcher(vertex);
        if (block.matches()) {
            return "layer." + before(block, 1) + ".block." + before(block, 2) + "." + switch (block.group(3)) {
                case "bn1" -> "batchnorm_0";
                case "conv1" -> "conv_0";
                case "bn2" -> "batchnorm_1";
                case "conv2" -> "conv_1";
                default -> "shortcut";
            };
        }
        return ofDeepMind(vertex, "init_conv");
    }

    private static String residualOfDeepMind(String vertex) {
        Matcher block = BLOCK.matcher(vertex);
        if (block.matches()) {
            return "layer_" + before(block, 1) + "." + before(block, 2) + "." + switch (block.group(3)) {
                case "bn1" -> "batchnorm_0";
                case "conv1" -> "conv_2d_1";
                case "bn2" -> "batchnorm_1";
                case "conv2" -> "conv_2d_2";
                default -> "shortcut";
            };
        }
        return ofDeepMind(vertex, "conv_2d");
    }

    private static String ofDeepMind(String vertex, String stem) {
        return switch (vertex) {
            case "conv1" -> stem;
            case "bn" -> "batchnorm";
            default -> vertex;
        };
    }

    private static int before(Matcher block, int group) {
        return Integer.parseInt(block.group(group)) - 1;
    }
}
