package org.mmard.engine;

import java.util.Map;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** A program over weights that ask for no gradient: PGD pays for the input gradient alone. In train mode only the weights are frozen. */
final class FrozenNetwork implements Classifier {
    private final Program program;
    private final Map<String, Tensor> weights;
    private final int classes;
    private final boolean channelsLast;
    private final Precision precision;
    private final boolean train;
    /** Never read: as long as the weights are views of it, it must not be collected. */
    @SuppressWarnings("unused")
    private final @Nullable DeviceVector memory;

    /**
     * @param weights retained by the caller for this object, which releases them
     * @param memory what they are views of, or null
     * @param train batch statistics, and each forward moves the running ones in place
     */
    FrozenNetwork(Program program, Map<String, Tensor> weights, int classes, boolean channelsLast, Precision precision, boolean train,
            @Nullable DeviceVector memory) {
        this.program = program;
        this.weights = weights;
        this.classes = classes;
        this.channelsLast = channelsLast;
        this.precision = precision;
        this.train = train;
        this.memory = memory;
    }

    @Override
    public int classes() {
        return classes;
    }

    @Override
    public Tensor output(Tensor images) {
        try (NoGradGuard guard = new NoGradGuard()) {
            return program.run(weights, laid(images), train);
        }
    }

    @Override
    public Logits logits(Tensor images) {
        return LibTorch.logits(output(images));
    }

    @Override
    public Pass forward(Tensor images) {
        Tensor input = laid(images).detach().set_requires_grad(true);
        Tensor output = program.run(weights, input, train);
        return new DevicePass(output.detach()) {
            @Override
            public Tensor inputGradient(Tensor cotangent) {
                Profile.backward(
                        () -> output.backward(cotangent.to(ScalarType.Float), new BoolOptional(), false, new TensorArrayRefOptional()));
                return Profile.time(Profile.Part.LAYOUT, () -> input.grad().to(ScalarType.Float));
            }
        };
    }

    @Override
    public void close() {
        weights.values().forEach(Tensor::releaseReference);
        weights.clear();
    }

    private Tensor laid(Tensor images) {
        return Profile.time(Profile.Part.LAYOUT, () -> {
            Tensor rounded = precision == Precision.BFLOAT16 ? images.to(ScalarType.BFloat16) : images;
            return channelsLast ? rounded.contiguous(MemoryFormat.ChannelsLast) : rounded;
        });
    }
}
