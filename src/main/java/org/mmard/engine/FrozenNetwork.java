package org.mmard.engine;

import java.util.Map;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nd4j.linalg.api.ndarray.INDArray;

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
    private final INDArray memory;

    /**
     * @param weights retained by the caller for this object, which releases them; @param memory what they are views of, or null
     * @param train batch statistics, and each forward moves the running ones in place
     */
    FrozenNetwork(Program program, Map<String, Tensor> weights, int classes, boolean channelsLast, Precision precision, boolean train, INDArray memory) {
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
    public Logits logits(Tensor images) {
        try (NoGradGuard guard = new NoGradGuard()) {
            return LibTorch.logits(program.run(weights, laid(images), train));
        }
    }

    @Override
    public Pass forward(Tensor images) {
        Tensor input = laid(images).detach().set_requires_grad(true);
        Tensor output = program.run(weights, input, train);
        Logits logits = LibTorch.logits(output);
        return new Pass() {
            @Override
            public Logits logits() {
                return logits;
            }

            @Override
            public Tensor inputGradient(Logits cotangent) {
                output.backward(LibTorch.tensor(cotangent), new BoolOptional(), false, new TensorArrayRefOptional());
                return input.grad().to(ScalarType.Float);
            }
        };
    }

    @Override
    public void close() {
        weights.values().forEach(Tensor::releaseReference);
        weights.clear();
    }

    private Tensor laid(Tensor images) {
        Tensor rounded = precision == Precision.BFLOAT16 ? images.to(ScalarType.BFloat16) : images;
        return channelsLast ? rounded.contiguous(MemoryFormat.ChannelsLast) : rounded;
    }
}
