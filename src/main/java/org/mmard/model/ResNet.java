package org.mmard.model;

import java.util.Collections;
import java.util.List;

/**
 * He et al., "Deep residual learning for image recognition", CVPR 2016, with the 3x3 stem of the CIFAR codes and a 1x1 convolution with
 * batch norm on each shortcut that changes shape.
 *
 * @param blocks of each stage
 * @param widths of the stages
 * @param bottleneck a block is a 1x1 convolution to the width, a 3x3 one and a 1x1 one to four times the width, instead of two 3x3 ones
 */
record ResNet(String name, List<Integer> blocks, List<Integer> widths, boolean bottleneck) implements Architecture {
    private static final int EXPANSION = 4;

    ResNet(String name, int blocks, Integer... widths) {
        this(name, Collections.nCopies(widths.length, blocks), List.of(widths), false);
    }

    @Override
    public void describe(String called, GraphPlan plan) {
        plan.convolution("conv1", widths.get(0), 3, 1).batchNorm("bn1").relu("relu1");
        int from = widths.get(0);
        for (int stage = 1; stage <= widths.size(); stage++) {
            int width = widths.get(stage - 1);
            int to = bottleneck ? EXPANSION * width : width;
            for (int block = 1; block <= blocks.get(stage - 1); block++) {
                int stride = stage > 1 && block == 1 ? 2 : 1;
                block(plan, "stage" + stage + "_block" + block + "_", width, to, stride, stride != 1 || to != from);
                from = to;
            }
        }
    }

    private void block(GraphPlan plan, String prefix, int width, int to, int stride, boolean projects) {
        String input = plan.head();
        if (bottleneck) {
            plan.convolution(prefix + "conv1", width, 1, 1).batchNorm(prefix + "bn1").relu(prefix + "relu1")
                    .convolution(prefix + "conv2", width, 3, stride).batchNorm(prefix + "bn2").relu(prefix + "relu2")
                    .convolution(prefix + "conv3", to, 1, 1).batchNorm(prefix + "bn3");
        } else {
            plan.convolution(prefix + "conv1", width, 3, stride).batchNorm(prefix + "bn1").relu(prefix + "relu1")
                    .convolution(prefix + "conv2", width, 3, 1).batchNorm(prefix + "bn2");
        }
        String residual = plan.head();
        if (projects) {
            plan.from(input).convolution(prefix + "shortcut_conv", to, 1, stride).batchNorm(prefix + "shortcut_bn");
            input = plan.head();
        }
        plan.add(prefix + "add", residual, input).relu(prefix + (bottleneck ? "relu3" : "relu2"));
    }
}
