package org.mmard.engine;

import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A convolution with frozen weights, packed for oneDNN at one size of image, there and back. Call without autograd; done with
 * {@link #release}.
 *
 * <p>The way back of stride 1 is a convolution over the transposed, turned weight: oneDNN is faster there than in what it has for gradients,
 * and can add to the gradient that another path brought. A 1x1 convolution with a stride is one of stride 1 over the pixels that it reads.
 */
final class FusedConvolution {
    private static final long[] ONE = {1, 1};

    private final Op.Convolution op;
    private final Tensor weight;
    private final @Nullable Tensor bias;
    private final long[] inputShape;
    /** Whether this is a 1x1 convolution with a stride. */
    private final boolean picks;
    /** Whether the way back is a convolution too. */
    private final boolean turns;
    private final OneDnn.Geometry geometry;
    private final OneDnn.Geometry turned;
    private final Tensor packed;
    /** Made when it is first asked for: many a network never goes back. */
    private @Nullable Tensor packedBack;

    /**
     * @param weight shape [out, in / groups, kernel, kernel], channels last, in the type of the images; the caller's, as the bias is
     * @param inputShape [examples, in, height, width]; other numbers of examples will do
     */
    FusedConvolution(Op.Convolution op, Tensor weight, @Nullable Tensor bias, long[] inputShape) {
        this.op = op;
        this.weight = weight;
        this.bias = bias;
        this.inputShape = inputShape;
        boolean strided = op.stride()[0] > 1 || op.stride()[1] > 1;
        picks = strided && reach(0) == 0 && reach(1) == 0 && op.padding()[0] == 0 && op.padding()[1] == 0;
        geometry = new OneDnn.Geometry(picks ? ONE : op.stride(), op.padding(), op.dilation(), op.groups());
        turned = new OneDnn.Geometry(ONE, new long[] {reach(0) - op.padding()[0], reach(1) - op.padding()[1]}, op.dilation(), op.groups());
        turns = picks || (!strided && turned.padding()[0] >= 0 && turned.padding()[1] >= 0);
        long[] output = outputShape(inputShape[0]);
        packed = OneDnn.packed(weight, geometry, picks ? new long[] {output[0], inputShape[1], output[2], output[3]} : inputShape)
                .retainReference();
    }

    private Tensor packedBack() {
        Tensor made = packedBack;
        if (made == null) {
            long[] output = outputShape(inputShape[0]);
            made = (turns ? packedTurned(output) : packedTransposed(output)).retainReference();
            packedBack = made;
        }
        return made;
    }

    private Tensor packedTurned(long[] output) {
        try (Tensor transposed = op.groups() == 1 ? weight.transpose(0, 1) : weight.alias(); Tensor flipped = transposed.flip(2, 3);
                Tensor laid = flipped.contiguous(MemoryFormat.ChannelsLast)) {
            return OneDnn.packed(laid, turned, output);
        }
    }

    private Tensor packedTransposed(long[] output) {
        try (Tensor typed = weight.to(backType())) {
            return OneDnn.packedTransposed(typed, geometry, beyond(), output);
        }
    }

    /** For a transposed depthwise convolution oneDNN has nothing fast in bfloat16. */
    private ScalarType backType() {
        return op.groups() > 1 ? ScalarType.Float : weight.scalar_type();
    }

    /** How far a kernel reaches from its first row or column to its last. */
    private long reach(int dimension) {
        return op.dilation()[dimension] * (weight.size(2 + dimension) - 1);
    }

    /** The last rows and columns of the input that a stride never comes to. */
    private long[] beyond() {
        return new long[] {beyond(0), beyond(1)};
    }

    private long beyond(int dimension) {
        return (inputShape[2 + dimension] + 2 * op.padding()[dimension] - reach(dimension) - 1) % op.stride()[dimension];
    }

    /** [examples, out, height, width]. */
    long[] outputShape(long examples) {
        return new long[] {examples, weight.size(0), length(0), length(1)};
    }

    private long length(int dimension) {
        return (inputShape[2 + dimension] + 2 * op.padding()[dimension] - reach(dimension) - 1) / op.stride()[dimension] + 1;
    }

    /** f(convolution + bias), or f(convolution + bias + added), in a tensor of its own; f is ReLU or nothing. */
    Tensor there(Tensor input, @Nullable Tensor added, boolean relu) {
        try (Tensor read = read(input)) {
            if (added == null) {
                return OneDnn.convolve(read, packed, bias, geometry, relu);
            }
            if (isPixel(outputShape(1))) {
                Tensor sum = OneDnn.convolve(read, packed, bias, geometry, false);
                finish(sum, added, relu);
                return sum;
            }
            return OneDnn.convolveAndAdd(read, added, packed, bias, geometry, relu);
        }
    }

    /** added = f(convolution + bias + added). The two must not share memory. */
    void thereInto(Tensor added, Tensor input, boolean relu) {
        try (Tensor read = read(input)) {
            if (isPixel(outputShape(1))) {
                try (Tensor convolution = OneDnn.convolve(read, packed, bias, geometry, false)) {
                    finish(added, convolution, relu);
                }
            } else {
                OneDnn.convolveInto(added, read, packed, bias, geometry, relu);
            }
        }
    }

    /** Of maps of one pixel, whose strides say nothing of a layout, LibTorch makes no memory of oneDNN's that could be added to. */
    private static boolean isPixel(long[] shape) {
        return shape[2] == 1 && shape[3] == 1;
    }

    private static void finish(Tensor sum, Tensor summand, boolean relu) {
        sum.add_(summand);
        if (relu) {
            sum.relu_();
        }
    }

    private Tensor read(Tensor input) {
        if (!picks) {
            return input.alias();
        }
        try (Tensor picked = GradientSum.pick(input, op.stride());
                MemoryFormatOptional last = new MemoryFormatOptional(MemoryFormat.ChannelsLast)) {
            return picked.clone(last);
        }
    }

    /**
     * Adds the gradient with respect to the input to what is known of it.
     *
     * @param gradient with respect to the convolution, whose memory {@code known} does not hold
     */
    void back(Tensor gradient, GradientSum known) {
        Tensor sum = known.sum();
        if (!turns) {
            known.add(transposed(gradient));
        } else if (picks) {
            known.addPicked(OneDnn.convolve(gradient, packedBack(), null, turned, false), op.stride());
        } else if (sum == null || op.groups() > 1 || isPixel(inputShape)) {
            known.add(OneDnn.convolve(gradient, packedBack(), null, turned, false));
        } else {
            OneDnn.convolveInto(sum, gradient, packedBack(), null, turned, false);
        }
    }

    private Tensor transposed(Tensor gradient) {
        try (Tensor typed = gradient.to(backType()); Tensor result = OneDnn.transposed(typed, packedBack(), geometry, beyond())) {
            return result.to(gradient.scalar_type());
        }
    }

    void release() {
        packed.releaseReference();
        if (packedBack != null) {
            packedBack.releaseReference();
        }
    }
}
