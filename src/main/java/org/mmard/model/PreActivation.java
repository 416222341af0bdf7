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
    private static final Pattern RESNET = Pattern.compile("preactresnet18(-raw)?(-bn)?");
    private static final Pattern WIDE = Pattern.compile("wideresnet-([1-9]\\d{0,2})-([1-9]\\d?)");

    /** The network of that name, or null. */
    static PreActivation named(String name) {
        Matcher resnet = RESNET.matcher(name);
        if (resnet.matches()) {
            return new PreActivation(64, new int[] {64, 128, 256, 512}, 2, resnet.group(1) != null, resnet.group(2) != null);
        }
        Matcher wide = WIDE.matcher(name);
        if (!wide.matches()) {
            return null;
        }
        int depth = Integer.parseInt(wide.group(1));
        int widening = Integer.parseInt(wide.group(2));
        return depth < 10 || depth % 6 != 4 ? null
                : new PreActivation(16, new int[] {16 * widening, 32 * widening, 64 * widening}, (depth - 4) / 6, false, true);
    }

    GraphPlan plan(GraphPlan plan) {
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
        return lastNorm ? plan.batchNorm("bn").relu("relu") : plan;
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
