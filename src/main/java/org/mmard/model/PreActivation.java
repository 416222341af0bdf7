package org.mmard.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Residual networks with pre-activation: He et al., "Identity mappings in deep residual networks", ECCV 2016. Batch norm and ReLU stand
 * before each 3x3 convolution, two to a block, and the sum is left alone. A shortcut that changes shape is a 1x1 convolution without batch
 * norm.
 *
 * <ul>
 *   <li>{@code preactresnet18}: four stages of two blocks, 64/128/256/512. Public codes differ in two points that a file of weights does
 *       not show or shows only in part: {@code -raw}, the shortcut's convolution reads the block's input itself, not its activation;
 *       {@code -bn}, batch norm and ReLU before the pooling. {@code -dm} is DeepMind's: a last batch norm, 3x3 convolutions on the
 *       shortcuts, which read the block's input, and zeros below and to the right at stride 2 ({@link GraphPlan#sameConvolution});
 *       {@code -swish} is {@code -dm} with Swish for ReLU (Gowal et al., "Uncovering the limits of adversarial training", 2020).
 *   <li>{@code wideresnet-D-W}: Zagoruyko and Komodakis, "Wide residual networks", BMVC 2016: a stem of 16, three stages of (D - 4) / 6
 *       blocks, 16W/32W/64W, batch norm and ReLU before the pooling. {@code -dm} has DeepMind's padding and names, {@code -swish} Swish too.
 * </ul>
 */
record PreActivation(int stem, int[] widths, int blocks, Shortcut shortcut, boolean lastNorm, boolean same, boolean swish) {
    /** What the convolution of a shortcut reads, and its kernel. */
    private enum Shortcut {
        OF_ACTIVATION(1),
        OF_INPUT(1),
        OF_INPUT_3X3(3);

        private final int kernel;

        Shortcut(int kernel) {
            this.kernel = kernel;
        }
    }

    /** What stands behind a name whose network has DeepMind's layout. */
    private static final String DEEP_MIND = "(-dm|-swish)";

    /** Whether a network of this name has DeepMind's layout, and its entries DeepMind's names. */
    static boolean isDeepMind(String name) {
        return name.endsWith("-dm") || name.endsWith("-swish");
    }

    /** {@code preactresnet18} in its forms. */
    static final class ResNet18 implements Architecture {
        private static final Pattern NAME = Pattern.compile("preactresnet18((-raw)?(-bn)?|" + DEEP_MIND + ")");

        @Override
        public String name() {
            return "preactresnet18";
        }

        @Override
        public boolean has(String name) {
            return NAME.matcher(name).matches();
        }

        @Override
        public String usage() {
            return "preactresnet18 (with -raw, -bn, -raw-bn, -dm or -swish behind it)";
        }

        @Override
        public List<String> guesses(Map<String, List<Long>> entries) {
            return List.of("preactresnet18", "preactresnet18-raw", "preactresnet18-bn", "preactresnet18-raw-bn", "preactresnet18-swish",
                    "preactresnet18-dm");
        }

        @Override
        public void describe(String name, GraphPlan plan) {
            int[] widths = {64, 128, 256, 512};
            if (isDeepMind(name)) {
                new PreActivation(64, widths, 2, Shortcut.OF_INPUT_3X3, true, true, name.endsWith("-swish")).describe(plan);
            } else {
                Shortcut shortcut = name.contains("-raw") ? Shortcut.OF_INPUT : Shortcut.OF_ACTIVATION;
                new PreActivation(64, widths, 2, shortcut, name.endsWith("-bn"), false, false).describe(plan);
            }
        }
    }

    /** {@code wideresnet-D-W}. */
    static final class WideResNet implements Architecture {
        private static final Pattern NAME = Pattern.compile("wideresnet-([1-9]\\d{0,2})-([1-9]\\d?)" + DEEP_MIND + "?");

        @Override
        public String name() {
            return "wideresnet";
        }

        @Override
        public boolean has(String name) {
            Matcher matcher = NAME.matcher(name);
            return matcher.matches() && depth(matcher) >= 10 && depth(matcher) % 6 == 4;
        }

        @Override
        public String usage() {
            return "wideresnet-<depth>-<widening> such as wideresnet-28-10 (with -dm or -swish behind it)";
        }

        @Override
        public List<String> guesses(Map<String, List<Long>> entries) {
            List<String> names = new ArrayList<>(guesses(entries, "block1\\.layer\\.\\d+\\.conv1\\.weight", List.of("")));
            names.addAll(guesses(entries, "layer\\.0\\.block\\.\\d+\\.conv_0\\.weight", List.of("-swish", "-dm")));
            return names;
        }

        /** By the first convolutions of the blocks of the first group: their number makes the depth, their width the widening. */
        private List<String> guesses(Map<String, List<Long>> entries, String convolution, List<String> layouts) {
            Pattern pattern = Pattern.compile("(?:.*\\.)?(" + convolution + ")");
            long blocks = entries.keySet().stream().map(pattern::matcher).filter(Matcher::matches).map(found -> found.group(1)).distinct()
                    .count();
            return StateDictNames.shape(entries, convolution).stream()
                    .flatMap(shape -> layouts.stream().map(layout -> "wideresnet-" + (6 * blocks + 4) + "-" + shape.get(0) / 16 + layout))
                    .filter(this::has).toList();
        }

        @Override
        public void describe(String name, GraphPlan plan) {
            Matcher matcher = NAME.matcher(name);
            if (!matcher.matches()) {
                throw new IllegalArgumentException(name);
            }
            int widening = Integer.parseInt(matcher.group(2));
            int[] widths = {16 * widening, 32 * widening, 64 * widening};
            new PreActivation(16, widths, (depth(matcher) - 4) / 6, Shortcut.OF_ACTIVATION, true, isDeepMind(name),
                    name.endsWith("-swish")).describe(plan);
        }

        private static int depth(Matcher matcher) {
            return Integer.parseInt(matcher.group(1));
        }
    }

    private void describe(GraphPlan plan) {
        plan.convolution("conv1", stem, 3, 1);
        int width = stem;
        for (int stage = 1; stage <= widths.length; stage++) {
            for (int block = 1; block <= blocks; block++) {
                int next = widths[stage - 1];
                int stride = stage > 1 && block == 1 ? 2 : 1;
                block(plan, "stage" + stage + "_block" + block + "_", next, stride, stride != 1 || width != next);
                width = next;
            }
        }
        if (lastNorm) {
            activation(plan.batchNorm("bn"), "", "");
        }
    }

    private void block(GraphPlan plan, String prefix, int width, int stride, boolean projects) {
        String input = plan.head();
        activation(plan.batchNorm(prefix + "bn1"), prefix, "1");
        String activation = plan.head();
        convolution(plan, prefix + "conv1", width, 3, stride);
        activation(plan.batchNorm(prefix + "bn2"), prefix, "2");
        plan.convolution(prefix + "conv2", width, 3, 1);
        String residual = plan.head();
        if (projects) {
            plan.from(shortcut == Shortcut.OF_ACTIVATION ? activation : input);
            convolution(plan, prefix + "shortcut_conv", width, shortcut.kernel, stride);
            input = plan.head();
        }
        plan.add(prefix + "add", residual, input);
    }

    private void convolution(GraphPlan plan, String name, int width, int kernel, int stride) {
        if (same) {
            plan.sameConvolution(name, width, kernel, stride);
        } else {
            plan.convolution(name, width, kernel, stride);
        }
    }

    private void activation(GraphPlan plan, String prefix, String number) {
        if (swish) {
            plan.swish(prefix + "swish" + number);
        } else {
            plan.relu(prefix + "relu" + number);
        }
    }
}
