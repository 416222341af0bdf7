package org.mmard.engine;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
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
 * does not: input gradients of channels that do not fill its blocks, strided 1x1 convolutions to many channels and bfloat16's depthwise
 * gradients came out wrong by as much as they are long, silently. Each kind of convolution that a network runs is therefore tried once in
 * each process, before it is first used. Where one is wrong, LibTorch's own kernels, right and slower, take the place of all of oneDNN for
 * the rest of the process: other networks keep it.
 */
final class Kernels {
    private static final Logger LOG = LoggerFactory.getLogger(Kernels.class);
    /** Far above float32's rounding, and far below what was seen. */
    private static final double TOLERANCE = 1e-3;
    private static final double BFLOAT16_TOLERANCE = 0.1;
    private static final int EXAMPLES = 2;
    /** A larger map takes the same kernel and more time. */
    private static final long MOST_SIDE = 8;
    private static final long MOST_SIDE_OF_MANY = 4;
    private static final long MANY_CHANNELS = 256;

    private static final Set<Kind> TRIED = ConcurrentHashMap.newKeySet();

    private Kernels() {}

    /**
     * What oneDNN chooses its kernel by.
     *
     * @param bfloat16 in bfloat16 instead of float32
     */
    record Kind(long from, long to, long kernel, long stride, long padding, long dilation, long groups, long height, long width,
            boolean channelsLast, boolean bfloat16) {
        @Override
        public String toString() {
            return kernel + "x" + kernel + " convolution of " + from + " to " + to + " channels, stride " + stride
                    + (groups > 1 ? ", depthwise" : "") + (channelsLast ? ", channels last" : "") + (bfloat16 ? ", bfloat16" : "");
        }
    }

    /**
     * Tries what is about to run, where this process has not yet, and takes oneDNN out of LibTorch where it computes wrong.
     *
     * @param input shape [examples, channels, height, width]; on a GPU, nothing is tried
     * @param weight shape [out, in / groups, kernel, kernel]
     */
    static void check(Op.Convolution convolution, Tensor input, Tensor weight) {
        if (Device.current().runsAhead()) {
            // A GPU convolves with cuDNN.
            return;
        }
        Kind kind = kind(convolution, input, weight);
        if (TRIED.contains(kind)) {
            return;
        }
        fault(kind).filter(what -> torch.globalContext().userEnabledMkldnn()).ifPresent(what -> {
            torch.globalContext().setUserEnabledMkldnn(false);
            // LibTorch would ask it next, and where it knows the processor no better, say so at every convolution.
            torch.globalContext().setUserEnabledNNPACK(false);
            LOG.warn("oneDNN computes wrong values on this processor ({}): LibTorch's own kernels, which are slower, take its place", what);
        });
        TRIED.add(kind);
    }

    static Kind kind(Op.Convolution convolution, Tensor input, Tensor weight) {
        long from = input.size(1);
        long most = Math.max(from, weight.size(0)) >= MANY_CHANNELS ? MOST_SIDE_OF_MANY : MOST_SIDE;
        return new Kind(from, weight.size(0), weight.size(2), convolution.stride()[0], convolution.padding()[0],
                convolution.dilation()[0], convolution.groups(), Math.min(input.size(2), most), Math.min(input.size(3), most),
                from > 1 && input.stride(1) == 1, input.scalar_type().intern() == ScalarType.BFloat16);
    }

    /** What is wrong with a convolution or its gradients as they are computed now, against float64, which oneDNN leaves to others. */
    static Optional<String> fault(Kind of) {
        try (PointerScope scope = new PointerScope(); AutoGradMode gradients = new AutoGradMode(true)) {
            Tensor images = numbers(0.37, EXAMPLES, of.from, of.height, of.width);
            Tensor weight = numbers(0.73, of.to, of.from / of.groups, of.kernel, of.kernel);
            Tensor[] expected = convolved(of, images.to(ScalarType.Double), weight.to(ScalarType.Double));
            ScalarType type = of.bfloat16 ? ScalarType.BFloat16 : ScalarType.Float;
            Tensor[] found = convolved(of, laid(of, images).to(type), laid(of, weight).to(type));
            String[] names = {"result", "input gradient", "weight gradient"};
            for (int i = 0; i < found.length; i++) {
                double off = largest(expected[i].sub(found[i].to(ScalarType.Double))) / largest(expected[i]);
                if (!(off <= (of.bfloat16 ? BFLOAT16_TOLERANCE : TOLERANCE))) {
                    return Optional.of(String.format(Locale.ROOT, "%s: the %s is off by %.0f %%", of, names[i], 100 * off));
                }
            }
            return Optional.empty();
        }
    }

    /** The result, and the gradients of a weighted sum of it with respect to images and weight. */
    private static Tensor[] convolved(Kind of, Tensor images, Tensor weight) {
        Tensor input = images.detach().requires_grad_(true);
        Tensor factor = weight.detach().requires_grad_(true);
        Tensor result = torch.conv2d(input, factor, new TensorOptional(), new long[] {of.stride, of.stride},
                new long[] {of.padding, of.padding}, new long[] {of.dilation, of.dilation}, of.groups);
        Tensor cotangent = numbers(0.59, result.size(0), result.size(1), result.size(2), result.size(3)).to(result.scalar_type());
        result.mul(cotangent).sum().backward();
        return new Tensor[] {result.detach(), input.grad(), factor.grad()};
    }

    private static Tensor laid(Kind of, Tensor tensor) {
        return of.channelsLast ? tensor.contiguous(MemoryFormat.ChannelsLast) : tensor;
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
