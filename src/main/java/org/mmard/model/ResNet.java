package org.mmard.model;

import java.util.List;

/**
 * He et al., "Deep residual learning for image recognition", CVPR 2016, with the 3x3 stem of the CIFAR codes and a 1x1 convolution with
 * batch norm on each shortcut that changes shape.
 *
 * @param blocks per stage
 * @param widths of the stages
 */
record ResNet(String name, int blocks, List<Integer> widths) implements Architecture {
    ResNet(String name, int blocks, Integer... widths) {
        this(name, blocks, List.of(widths));
    }

    @Override
    public void describe(String called, GraphPlan plan) {
        plan.convolution("conv1", widths.get(0), 3, 1).batchNorm("bn1").relu("relu1");
        int width = widths.get(0);
        for (int stage = 1; stage <= widths.size(); stage++) {
            int next = widths.get(stage - 1);
            for (int block = 1; block <= blocks; block++) {
                int stride = stage > 1 && block == 1 ? 2 : 1;
                basicBlock(plan, "stage" + stage + "_block" + block + "_", next, stride, stride != 1 || width != next);
                width = next;
            }
        }
    }

    private static void basicBlock(GraphPlan plan, String prefix, int width, int stride, boolean projects) {
        String input = plan.head();
        plan.convolution(prefix + "conv1", width, 3, stride).batchNorm(prefix + "bn1").relu(prefix + "relu1")
                .convolution(prefix + "conv2", width, 3, 1).batchNorm(prefix + "bn2");
        String residual = plan.head();
        if (projects) {
            plan.from(input).convolution(prefix + "shortcut_conv", width, 1, stride).batchNorm(prefix + "shortcut_bn");
            input = plan.head();
        }
        plan.add(prefix + "add", residual, input).relu(prefix + "relu2");
    }
}
