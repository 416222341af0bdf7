package org.mmard.model;

import java.util.Arrays;

/**
 * {@code mobilenetv2}: Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks", CVPR 2018, as the CIFAR codes have it. A
 * block is a 1x1 convolution to a multiple of its width, a depthwise 3x3 and a 1x1 back, each with batch norm, the first two with ReLU. The
 * stem and the second row keep the map's size, ReLU is not cut at 6, and every block of stride 1 has a shortcut: where the width changes, a
 * 1x1 convolution with batch norm.
 */
final class MobileNet implements Architecture {
    private static final int STEM = 32;
    private static final int HEAD = 1280;
    private static final Row[] ROWS = {
        new Row(1, 16, 1, 1), new Row(6, 24, 2, 1), new Row(6, 32, 3, 2), new Row(6, 64, 4, 2), new Row(6, 96, 3, 1), new Row(6, 160, 3, 2),
        new Row(6, 320, 1, 1)};

    /** The stride is that of the row's first block. */
    private record Row(int expansion, int width, int blocks, int stride) {}

    @Override
    public String name() {
        return "mobilenetv2";
    }

    @Override
    public void describe(String name, GraphPlan plan) {
        plan.convolution("conv1", STEM, 3, 1).batchNorm("bn1").relu("relu1");
        int width = STEM;
        for (int row = 1; row <= ROWS.length; row++) {
            Row of = ROWS[row - 1];
            for (int block = 1; block <= of.blocks; block++) {
                block(plan, "stage" + row + "_block" + block + "_", of.expansion * width, width, of.width, block == 1 ? of.stride : 1);
                width = of.width;
            }
        }
        plan.convolution("conv2", HEAD, 1, 1).batchNorm("bn2").relu("relu2");
    }

    /** How many blocks stand before a stage, the first of which is 1. */
    static int blocksBefore(int stage) {
        return Arrays.stream(ROWS, 0, stage - 1).mapToInt(Row::blocks).sum();
    }

    private static void block(GraphPlan plan, String prefix, int inner, int from, int to, int stride) {
        String input = plan.head();
        plan.convolution(prefix + "conv1", inner, 1, 1).batchNorm(prefix + "bn1").relu(prefix + "relu1")
                .depthwise(prefix + "conv2", inner, 3, stride).batchNorm(prefix + "bn2").relu(prefix + "relu2")
                .convolution(prefix + "conv3", to, 1, 1).batchNorm(prefix + "bn3");
        if (stride != 1) {
            return;
        }
        String residual = plan.head();
        if (from != to) {
            plan.from(input).convolution(prefix + "shortcut_conv", to, 1, 1).batchNorm(prefix + "shortcut_bn");
            input = plan.head();
        }
        plan.add(prefix + "add", residual, input);
    }
}
