package org.mmard.engine;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks whether oneDNN, with which LibTorch convolves on processors, computes right on this one. On a virtual machine with AMD's Zen 5 it
 * does not: input gradients of few channels, strided 1x1 convolutions to many channels and bfloat16's depthwise gradients came out wrong by
 * as much as they are long, silently. Where that is so, LibTorch's own kernels take its place: right, and slower.
 */
final class Kernels {
    private static final Logger LOG = LoggerFactory.getLogger(Kernels.class);
    /** Far above float32's rounding, and far below what was seen. */
    private static final double TOLERANCE = 1e-3;
    private static final double BFLOAT16_TOLERANCE = 0.1;
    private static final int EXAMPLES = 2;
    private static final int SIDE = 8;

    /**
     * A convolution to be tried, padded to keep the size at stride 1.
     *
     * @param narrow in bfloat16
     */
    private record Case(int kernel, int stride, int from, int to, int groups, boolean channelsLast, boolean narrow) {
        @Override
        public String toString() {
            return kernel + "x" + kernel + " convolution of " + from + " to " + to + " channels, stride " + stride
                    + (groups > 1 ? ", depthwise" : "") + (channelsLast ? ", channels last" : "") + (narrow ? ", bfloat16" : "");
        }
    }

    /** Each was wrong somewhere, or is what networks are made of. */
    private static final List<Case> CASES = List.of(
            new Case(3, 1, 3, 4, 1, false, false), new Case(3, 1, 3, 8, 1, false, false), new Case(3, 1, 16, 12, 1, false, false),
            new Case(3, 2, 16, 32, 1, false, false), new Case(1, 2, 16, 512, 1, true, false), new Case(3, 1, 16, 32, 1, true, false),
            new Case(3, 2, 16, 16, 16, true, true), new Case(3, 1, 16, 32, 1, true, true));

    private Kernels() {}

    /** Takes oneDNN out of LibTorch where it computes wrong. */
    static void check() {
        wrong().ifPresent(what -> {
            torch.globalContext().setUserEnabledMkldnn(false);
            // LibTorch would ask it next, and where it knows the processor no better, say so at every convolution.
            torch.globalContext().setUserEnabledNNPACK(false);
            LOG.warn("oneDNN computes wrong values on this processor ({}): LibTorch's own kernels, which are slower, take its place", what);
        });
    }

    /** The first thing that is wrong with what convolves now; nothing where all is right. */
    static Optional<String> wrong() {
        return CASES.stream().map(Kernels::fault).flatMap(Optional::stream).findFirst();
    }

    /** What is wrong with a convolution or its input gradient, against float64, which oneDNN leaves to others. */
    private static Optional<String> fault(Case of) {
        try (PointerScope scope = new PointerScope()) {
            Tensor images = numbers(0.37, EXAMPLES, of.from, SIDE, SIDE);
            Tensor weight = numbers(0.73, of.to, of.from / of.groups, of.kernel, of.kernel);
            Tensor[] expected = convolved(of, images.to(ScalarType.Double), weight.to(ScalarType.Double));
            Supplier<Tensor> laidImages = () -> of.channelsLast ? images.contiguous(MemoryFormat.ChannelsLast) : images;
            Supplier<Tensor> laidWeight = () -> of.channelsLast ? weight.contiguous(MemoryFormat.ChannelsLast) : weight;
            ScalarType type = of.narrow ? ScalarType.BFloat16 : ScalarType.Float;
            Tensor[] found = convolved(of, laidImages.get().to(type), laidWeight.get().to(type));
            for (int i = 0; i < found.length; i++) {
                double off = largest(expected[i].sub(found[i].to(ScalarType.Double))) / largest(expected[i]);
                if (!(off <= (of.narrow ? BFLOAT16_TOLERANCE : TOLERANCE))) {
                    return Optional.of(String.format(Locale.ROOT, "%s: the %s is off by %.0f %%", of, i == 0 ? "result" : "input gradient",
                            100 * off));
                }
            }
            return Optional.empty();
        }
    }

    /** The result, and the gradient of a weighted sum of it with respect to the images. */
    private static Tensor[] convolved(Case of, Tensor images, Tensor weight) {
        Tensor input = images.detach().requires_grad_(true);
        long[] padding = {of.kernel / 2, of.kernel / 2};
        Tensor result =
                torch.conv2d(input, weight, new TensorOptional(), new long[] {of.stride, of.stride}, padding, new long[] {1, 1}, of.groups);
        Tensor cotangent = numbers(0.59, result.size(0), result.size(1), result.size(2), result.size(3)).to(result.scalar_type());
        result.mul(cotangent).sum().backward();
        return new Tensor[] {result.detach(), input.grad()};
    }

    private static double largest(Tensor tensor) {
        return LibTorch.values(tensor.abs().max().to(ScalarType.Float))[0];
    }

    /** Some numbers in [-1, 1] that are the same everywhere. */
    private static Tensor numbers(double pace, long... shape) {
        long count = 1;
        for (long size : shape) {
            count *= size;
        }
        return torch.arange(new Scalar(count), new TensorOptions(ScalarType.Float)).mul(new Scalar(pace)).sin().view(shape);
    }
}
