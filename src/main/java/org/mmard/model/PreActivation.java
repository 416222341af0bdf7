package org.mmard.model;

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
 *       {@code -bn}, batch norm and ReLU before the pooling.
 *   <li>{@code wideresnet-D-W}: Zagoruyko and Komodakis, "Wide residual networks", BMVC 2016: a stem of 16, three stages of (D - 4) / 6
 *       blocks, 16W/32W/64W, batch norm and ReLU before the pooling.
 * </ul>
 */
record PreActivation(int stem, int[] widths, int blocks, boolean rawShortcut, boolean lastNorm) {
    /** {@code preactresnet18} in its four forms. */
    static final class ResNet18 implements Architecture {
        private static final Pattern NAME = Pattern.compile("preactresnet18(-raw)?(-bn)?");

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
            return "preactresnet18 (with -raw, -bn or -raw-bn behind it)";
        }

        @Override
        public void describe(String name, GraphPlan plan) {
            new PreActivation(64, new int[] {64, 128, 256, 512}, 2, name.contains("-raw"), name.endsWith("-bn")).describe(plan);
        }
    }

    /** {@code wideresnet-D-W}. */
    static final class WideResNet implements Architecture {
        private static final Pattern NAME = Pattern.compile("wideresnet-([1-9]\\d{0,2})-([1-9]\\d?)");

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
            return "wideresnet-<depth>-<widening> such as wideresnet-28-10";
        }

        @Override
        public void describe(String name, GraphPlan plan) {
            Matcher matcher = NAME.matcher(name);
            if (!matcher.matches()) {
                throw new IllegalArgumentException(name);
            }
            int widening = Integer.parseInt(matcher.group(2));
            new PreActivation(16, new int[] {16 * widening, 32 * widening, 64 * widening}, (depth(matcher) - 4) / 6, false, true)
                    .describe(plan);
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
            plan.batchNorm("bn").relu("relu");
        }
    }

    private void block(GraphPlan plan, String prefix, int width, int stride, boolean projects) {
        String input = plan.head();
        plan.batchNorm(prefix + "bn1").relu(prefix + "relu1");
        String activation = plan.head();
        plan.convolution(prefix + "conv1", width, 3, stride).batchNorm(prefix + "bn2").relu(prefix + "relu2").convolution(prefix + "conv2",
                width, 3, 1);
        String residual = plan.head();
        if (projects) {
            plan.from(rawShortcut ? input : activation).convolution(prefix + "shortcut_conv", width, 1, stride);
            input = plan.head();
        }
        plan.add(prefix + "add", residual, input);
    }
}
