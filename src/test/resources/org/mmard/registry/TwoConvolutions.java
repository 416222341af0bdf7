package org.example;

import org.mmard.model.Architecture;
import org.mmard.model.GraphPlan;

public final class TwoConvolutions implements Architecture {
    @Override
    public String name() {
        return "two-convolutions";
    }

    @Override
    public void describe(String name, GraphPlan plan) {
        plan.convolution("conv1", 4, 3, 1).batchNorm("bn1").relu("relu1").convolution("conv2", 8, 3, 2).batchNorm("bn2").relu("relu2");
    }
}
