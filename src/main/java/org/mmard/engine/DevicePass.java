package org.mmard.engine;

import org.bytedeco.pytorch.Tensor;

/** A pass whose logits and gradients are LibTorch's: what the host asks is copied from and to the device. */
abstract class DevicePass implements Classifier.Pass {
    private final Tensor output;

    /** @param output a constant, shape [examples, classes] */
    DevicePass(Tensor output) {
        this.output = output;
    }

    @Override
    public final Tensor output() {
        return output;
    }

    @Override
    public final Logits logits() {
        return LibTorch.logits(output);
    }

    @Override
    public final Tensor inputGradient(Logits cotangent) {
        return inputGradient(LibTorch.tensor(cotangent));
    }

    @Override
    public abstract Tensor inputGradient(Tensor cotangent);
}
