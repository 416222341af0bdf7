package org.mmard.engine;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Convolves by kernels that compute right on this processor. oneDNN, with which LibTorch convolves on processors, does not everywhere: on a
 * virtual machine with AMD's Zen 5, input gradients of channels that do not fill its blocks, strided 1x1 convolutions to many channels and
 * bfloat16's depthwise gradients came out wrong by as much as they are long, silently. Each kind of convolution that a network has is
 * therefore tried once in each process, before it first runs, and goes the first {@link Way} that is right.
 *
 * <p>Each kind for itself, never a switch of the whole process: what ran before in the process would otherwise decide the last bits of what
 * runs now, and a run that goes on after an interruption would not end in the bits of one that had none.
 */
final class Kernels {
    private static final Logger LOG = LoggerFactory.getLogger(Kernels.class);
    /** Far above float32's rounding, and far below what was seen. */
    private static final double TOLERANCE = 1e-3;
    private static final double BFLOAT16_TOLERANCE = 0.1;
    private static final int EXAMPLES = 2;
    /** A larger map takes the same kernel and more time. */
    private static final long MOST_SIDE = 8;
    private static final long MOST_SIDE_OF_MANY = 5;
    private static final long MANY_CHANNELS = 256;

    private static final Map<Kind, Way> CHOSEN = new ConcurrentHashMap<>();
    private static final Map<Kind, Boolean> FUSES = new ConcurrentHashMap<>();
    private static final AtomicBoolean WARNED = new AtomicBoolean();

    private Kernels() {}

    /**
     * What oneDNN chooses its kernel by.
     *
     * @param bfloat16 in bfloat16 instead of float32
     */
    record Kind(long from, long to, long kernel, long stride, long padding, long dilation, long groups, long height, long width,
            boolean channelsLast, boolean bfloat16) {
        /**
         * oneDNN (3.7) has no kernel of its own for the way back of a strided depthwise convolution in bfloat16: it takes a general one, many
         * times slower than float32's. Three such layers were two fifths of MobileNetV2's step.
         */
        boolean isSlowIn(Way way) {
            return bfloat16 && groups > 1 && stride > 1 && !way.float32;
        }

        Op.Convolution convolution() {
            return new Op.Convolution(0, 1, "weight", null, new long[] {stride, stride}, new long[] {padding, padding},
                    new long[] {dilation, dilation}, groups);
        }

        @Override
        public String toString() {
            return kernel + "x" + kernel + " convolution of " + from + " to " + to + " channels, stride " + stride
                    + (groups > 1 ? ", depthwise" : "") + (channelsLast ? ", channels last" : "") + (bfloat16 ? ", bfloat16" : "");
        }
    }

    /** How a convolution is computed: the fastest first. */
    enum Way {
        AS_IT_LIES(false, false, true), CHANNELS_FIRST(true, false, true), IN_FLOAT32(false, true, true),
        CHANNELS_FIRST_IN_FLOAT32(true, true, true), WITHOUT_ONEDNN(true, true, false);

        private final boolean channelsFirst;
        private final boolean float32;
        private final boolean oneDnn;

        Way(boolean channelsFirst, boolean float32, boolean oneDnn) {
            this.channelsFirst = channelsFirst;
            this.float32 = float32;
            this.oneDnn = oneDnn;
        }

        /** In the input's type, shape [examples, out, height, width]. */
        Tensor convolve(Op.Convolution c, Tensor input, Tensor weight, @Nullable Tensor bias) {
            if (this == AS_IT_LIES) {
                TensorOptional shift = bias == null ? new TensorOptional() : new TensorOptional(bias);
                return torch.conv2d(input, weight, shift, c.stride(), c.padding(), c.dilation(), c.groups());
            }
            Tensor b = bias == null ? null : prepared(bias);
            // Closed at once, not by the step's scope: they are as large as the layer's activations.
            try (Tensor x = prepared(input); Tensor w = prepared(weight);
                    Tensor result = oneDnn ? AS_IT_LIES.convolve(c, x, w, b) : plain(c, x, w, b)) {
                return result.to(input.scalar_type());
            }
        }

        private Tensor prepared(Tensor tensor) {
            Tensor typed = tensor.to(float32 ? ScalarType.Float : tensor.scalar_type());
            return channelsFirst ? typed.contiguous() : typed;
        }

        /** LibTorch's own kernel: unfolding and a matrix product, group by group. */
        private static Tensor plain(Op.Convolution c, Tensor input, Tensor weight, @Nullable Tensor bias) {
            long from = weight.size(1);
            long to = weight.size(0) / c.groups();
            TensorVector parts = new TensorVector();
            for (long group = 0; group < c.groups(); group++) {
                parts.push_back(
                        torch.slow_conv_dilated2d(input.narrow(1, group * from, from).contiguous(), weight.narrow(0, group * to, to),
                                new long[] {weight.size(2), weight.size(3)}, new TensorOptional(), c.stride(), c.padding(), c.dilation()));
            }
            Tensor joined = torch.cat(parts, 1);
            return bias == null ? joined : joined.add_(bias.view(1, -1, 1, 1));
        }
    }

    /**
     * @param input shape [examples, channels, height, width]
     * @param weight shape [out, in / groups, kernel, kernel]
     * @param bias shape [out]
     * @return shape [examples, out, height, width]
     */
    static Tensor convolve(Op.Convolution convolution, Tensor input, Tensor weight, @Nullable Tensor bias) {
        // A GPU convolves with cuDNN.
        Way way = Device.current().runsAhead() ? Way.AS_IT_LIES : CHOSEN.computeIfAbsent(kind(convolution, input, weight), Kernels::choose);
        return way.convolve(convolution, input, weight, bias);
    }

    static Way choose(Kind kind) {
        String fault = null;
        for (Way way : Way.values()) {
            if (kind.isSlowIn(way)) {
                continue;
            }
            Optional<String> found = fault(kind, way);
            if (found.isEmpty()) {
                if (fault != null) {
                    told(kind, way, fault);
                }
                return way;
            }
            fault = fault == null ? found.get() : fault;
        }
        throw new IllegalStateException("LibTorch computes no " + kind + " right on this processor (" + fault + "): train on another");
    }

    /**
     * Whether a convolution may be fused with what comes behind it ({@link FusedConvolution}) at one size of image, of that kind there: where
     * oneDNN computes it right on this processor, there and back.
     *
     * @param inputShape [examples, in, height, width]
     */
    static boolean fuses(Op.Convolution convolution, long[] inputShape, Tensor weight) {
        return FUSES.computeIfAbsent(kind(convolution, inputShape, true, weight), kind -> {
            Optional<String> fault = fusedFault(kind);
            fault.ifPresent(
                    text -> LOG.warn("LibTorch fuses some convolutions not at all on this processor, or not right ({}): networks that "
                            + "have such a one run by the slower way that is right", text));
            return fault.isEmpty();
        });
    }

    private static void told(Kind kind, Way way, String fault) {
        if (WARNED.compareAndSet(false, true)) {
            LOG.warn("oneDNN computes wrong values on this processor ({}): where it does, a slower kernel that is right takes its place",
                    fault);
        }
        LOG.debug("{}: {}", kind, way);
    }

    static Kind kind(Op.Convolution convolution, Tensor input, Tensor weight) {
        return kind(convolution, input.shape(), input.size(1) > 1 && input.stride(1) == 1, weight);
    }

    private static Kind kind(Op.Convolution convolution, long[] input, boolean channelsLast, Tensor weight) {
        long from = input[1];
        long most = Math.max(from, weight.size(0)) >= MANY_CHANNELS ? MOST_SIDE_OF_MANY : MOST_SIDE;
        return new Kind(from, weight.size(0), weight.size(2), convolution.stride()[0], convolution.padding()[0],
                convolution.dilation()[0], convolution.groups(), Math.min(input[2], most), Math.min(input[3], most), channelsLast,
                weight.scalar_type().intern() == ScalarType.BFloat16);
    }

    /** What is wrong with a convolution or its gradients, against float64, which oneDNN leaves to others. */
    static Optional<String> fault(Kind of, Way way) {
        try (PointerScope scope = new PointerScope(); AutoGradMode gradients = new AutoGradMode(true)) {
            ScalarType type = of.bfloat16 ? ScalarType.BFloat16 : ScalarType.Float;
            // In bfloat16 both begin at the same rounded numbers: how far rounding carries a sum is not oneDNN's fault.
            Tensor images = numbers(0.37, EXAMPLES, of.from, of.height, of.width).to(type);
            Tensor weight = numbers(0.73, of.to, of.from / of.groups, of.kernel, of.kernel).to(type);
            Tensor[] expected = convolved(of, Way.AS_IT_LIES, images.to(ScalarType.Double), weight.to(ScalarType.Double));
            Tensor[] found = convolved(of, way, laid(of, images), laid(of, weight));
            String[] names = {"result", "input gradient", "weight gradient"};
            for (int i = 0; i < found.length; i++) {
                Optional<String> fault = off(of, names[i], expected[i], found[i]);
                if (fault.isPresent()) {
                    return fault;
                }
            }
            return Optional.empty();
        }
    }

    /** What is wrong with relu(convolution + other) or its input gradient where oneDNN does all of it in one call, against float64. */
    static Optional<String> fusedFault(Kind of) {
        try (PointerScope scope = new PointerScope(); AutoGradMode gradients = new AutoGradMode(true)) {
            ScalarType type = of.bfloat16 ? ScalarType.BFloat16 : ScalarType.Float;
            Op.Convolution op = of.convolution();
            Tensor images = numbers(0.37, EXAMPLES, of.from, of.height, of.width).to(type);
            Tensor weight = numbers(0.73, of.to, of.from / of.groups, of.kernel, of.kernel).to(type);
            Tensor bias = numbers(0.47, of.to).to(type);
            Tensor exact = Way.AS_IT_LIES.convolve(op, images.to(ScalarType.Double), weight.to(ScalarType.Double),
                    bias.to(ScalarType.Double));
            Tensor other = cotangent(of, exact.shape()).to(type);
            Tensor known = numbers(0.91, images.shape()).to(type);
            Tensor gradient = convolved(of, Way.AS_IT_LIES, images.to(ScalarType.Double), weight.to(ScalarType.Double))[1];
            FusedConvolution fused = new FusedConvolution(op, last(weight), bias, images.shape());
            try {
                Map<String, Tensor[]> compared = new LinkedHashMap<>();
                compared.put("result", new Tensor[] {exact.relu(), fused.there(last(images), null, true)});
                if (of.groups == 1) {
                    Tensor sum = exact.add(other).relu();
                    Tensor inPlace = last(other);
                    fused.thereInto(inPlace, last(images), true);
                    compared.put("sum", new Tensor[] {sum, fused.there(last(images), last(other), true)});
                    compared.put("sum in place", new Tensor[] {sum, inPlace});
                }
                GradientSum alone = new GradientSum(images.shape());
                fused.back(last(other), alone);
                compared.put("input gradient", new Tensor[] {gradient, alone.take()});
                GradientSum added = new GradientSum(images.shape());
                added.add(last(known));
                fused.back(last(other), added);
                compared.put("input gradient on top of another", new Tensor[] {gradient.add(known), added.take()});
                return compared.entrySet().stream().flatMap(entry -> off(of, "fused " + entry.getKey(), entry.getValue()[0],
                        entry.getValue()[1]).stream()).findFirst();
            } finally {
                fused.release();
            }
        } catch (RuntimeException e) {
            // Without AVX-512 LibTorch does not even take weights in bfloat16.
            return Optional.of(of + ": " + String.valueOf(e.getMessage()).lines().filter(line -> !line.isBlank()).findFirst().orElse(""));
        }
    }

    /** A copy: of a map of one pixel {@code contiguous} would keep strides that oneDNN does not take. */
    private static Tensor last(Tensor tensor) {
        return tensor.clone(new MemoryFormatOptional(MemoryFormat.ChannelsLast));
    }

    private static Optional<String> off(Kind of, String name, Tensor expected, Tensor found) {
        double off = largest(expected.sub(found.to(ScalarType.Double))) / largest(expected);
        return off <= (of.bfloat16 ? BFLOAT16_TOLERANCE : TOLERANCE) ? Optional.empty()
                : Optional.of(String.format(Locale.ROOT, "%s: the %s is off by %.0f %%", of, name, 100 * off));
    }

    /** The result, and the gradients of a weighted sum of it with respect to images and weight. */
    private static Tensor[] convolved(Kind of, Way way, Tensor images, Tensor weight) {
        Tensor input = images.detach().requires_grad_(true);
        Tensor factor = weight.detach().requires_grad_(true);
        Tensor result = way.convolve(of.convolution(), input, factor, null);
        result.mul(cotangent(of, result.shape()).to(result.scalar_type())).sum().backward();
        return new Tensor[] {result.detach(), input.grad(), factor.grad()};
    }

    private static Tensor cotangent(Kind of, long[] shape) {
        return numbers(0.59, shape).to(of.bfloat16 ? ScalarType.BFloat16 : ScalarType.Float);
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
