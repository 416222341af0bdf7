package org.mmard.engine;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A frozen network as an attack wants it: bias, addition and ReLU go with the convolution before them in one call of oneDNN's, weights are
 * brought into oneDNN's layout once, and the way back to the images is written by hand. The same function as {@link FrozenNetwork}'s, which
 * goes back by autograd, rounded less often. In eval mode, on a processor, channels last.
 */
final class FusedNetwork implements Classifier {
    /** The same network without fusion: where oneDNN's fused convolutions are not right on this processor, or weights are no numbers. */
    private final FrozenNetwork plain;
    private final Map<String, Tensor> weights;
    private final ScalarType type;
    private final List<Fusion.Layer> layers;
    private final int registers;
    /** The layer after which a register is read no more on the way there. */
    private final int[] lastRead;
    /** Registers whose values the way back reads. */
    private final boolean[] remembered;
    /** For images of the size that came last: shapes by register, and convolutions by layer, none where they are not to be fused. */
    private final Map<Integer, long[]> shapes = new HashMap<>();
    private final Map<Integer, FusedConvolution> convolutions = new HashMap<>();

    /** @param weights laid channels last, those of convolutions in the precision's type; {@code plain} releases them */
    FusedNetwork(FrozenNetwork plain, Program program, Map<String, Tensor> weights, Precision precision) {
        this.plain = plain;
        this.weights = weights;
        type = precision == Precision.BFLOAT16 ? ScalarType.BFloat16 : ScalarType.Float;
        layers = Fusion.layers(program);
        registers = layers.stream().mapToInt(Fusion.Layer::output).max().orElse(0) + 1;
        lastRead = new int[registers];
        remembered = new boolean[registers];
        for (int i = 0; i < layers.size(); i++) {
            Fusion.Layer layer = layers.get(i);
            for (int input : layer.inputs()) {
                lastRead[input] = i;
            }
            if (layer.relu() || layer.op() instanceof Op.Relu) {
                remembered[layer.output()] = true;
            } else if (layer.op() instanceof Op.Swish swish) {
                remembered[swish.input()] = true;
            }
        }
    }

    @Override
    public int classes() {
        return plain.classes();
    }

    @Override
    public Tensor output(Tensor images) {
        return fits(images) ? result(there(images, false)) : plain.output(images);
    }

    @Override
    public Logits logits(Tensor images) {
        return LibTorch.logits(output(images));
    }

    @Override
    public Pass forward(Tensor images) {
        if (!fits(images)) {
            return plain.forward(images);
        }
        Tensor[] values = there(images, true);
        long[] shape = shape(0);
        return new DevicePass(result(values)) {
            @Override
            public Tensor inputGradient(Tensor cotangent) {
                if (shape(0) != shape) {
                    throw new IllegalStateException("the network has seen images of another size since");
                }
                return back(values, cotangent);
            }
        };
    }

    @Override
    public void close() {
        forget();
        plain.close();
    }

    private void forget() {
        release();
        shapes.clear();
    }

    private void release() {
        convolutions.values().forEach(FusedConvolution::release);
        convolutions.clear();
    }

    private Tensor result(Tensor[] values) {
        return values[layers.get(layers.size() - 1).output()];
    }

    /** Packs the weights for images of this size, unless that has been done. */
    boolean fits(Tensor images) {
        long[] last = shapes.get(0);
        if (last == null || last[2] != images.size(2) || last[3] != images.size(3)) {
            forget();
            try (PointerScope scope = new PointerScope(); NoGradGuard guard = new NoGradGuard()) {
                prepare(images);
            } catch (RuntimeException e) {
                // Half of a network is none.
                forget();
                throw e;
            }
        }
        return !convolutions.isEmpty();
    }

    private void prepare(Tensor images) {
        shapes.put(0, images.shape());
        // oneDNN's ReLU makes 0 of what is no number, which is to be seen in the logits.
        if (!weights.values().stream().allMatch(FusedNetwork::isFinite)) {
            return;
        }
        for (int i = 0; i < layers.size(); i++) {
            Fusion.Layer layer = layers.get(i);
            long[] shape = shape(layer.op().inputs()[0]);
            if (layer.op() instanceof Op.Convolution op) {
                Tensor weight = Folding.weight(weights, op.weight());
                Tensor bias = op.bias() == null ? null : weights.get(op.bias());
                if (!Kernels.fuses(op, shape, weight)) {
                    release();
                    return;
                }
                FusedConvolution convolution = new FusedConvolution(op, weight, bias, shape);
                convolutions.put(i, convolution);
                shape = convolution.outputShape(shape[0]);
            } else if (layer.op() instanceof Op.Pad pad) {
                long[] zeros = pad.zeros();
                shape = new long[] {shape[0], shape[1], shape[2] + zeros[2] + zeros[3], shape[3] + zeros[0] + zeros[1]};
            } else if (layer.op() instanceof Op.GlobalMean) {
                shape = new long[] {shape[0], shape[1]};
            }
            shapes.put(layer.output(), shape);
        }
    }

    private static boolean isFinite(Tensor weight) {
        return Float.isFinite(LibTorch.values(weight.to(ScalarType.Float).sum())[0]);
    }

    private long[] shape(int register) {
        return Objects.requireNonNull(shapes.get(register), "registers are written before they are read");
    }

    /**
     * The last register's value and, where there will be a way back, those that it reads.
     *
     * @param back whether there will be one
     */
    @SuppressWarnings("ReferenceEquality") // a sum may have taken its summand's place
    private Tensor[] there(Tensor images, boolean back) {
        Tensor[] values = new Tensor[registers];
        try (NoGradGuard guard = new NoGradGuard()) {
            values[0] = Profile.time(Profile.Part.LAYOUT, () -> {
                try (Tensor typed = images.to(type)) {
                    return typed.contiguous(MemoryFormat.ChannelsLast);
                }
            });
            for (int i = 0; i < layers.size(); i++) {
                Fusion.Layer layer = layers.get(i);
                int at = i;
                Tensor written = Profile.time(Program.part(layer.op()), () -> apply(at, values, back));
                values[layer.output()] = written;
                for (int read : layer.inputs()) {
                    if (isLast(read, i, back) && values[read] != null) {
                        if (values[read] != written) {
                            values[read].close();
                        }
                        values[read] = null;
                    }
                }
            }
        }
        return values;
    }

    /** Whether nobody reads a register after a layer. */
    private boolean isLast(int register, int layer, boolean back) {
        return lastRead[register] == layer && !(back && remembered[register]);
    }

    private Tensor apply(int at, Tensor[] values, boolean back) {
        Fusion.Layer layer = layers.get(at);
        FusedConvolution convolution = convolutions.get(at);
        if (convolution == null) {
            return Program.apply(layer.op(), false, values, weights, false);
        }
        Tensor input = values[layer.op().inputs()[0]];
        if (!layer.adds()) {
            return convolution.there(input, null, layer.relu());
        }
        Tensor added = values[layer.added()];
        // The images are the caller's.
        if (layer.added() == 0 || layer.added() == layer.op().inputs()[0] || !isLast(layer.added(), at, back)) {
            return convolution.there(input, added, layer.relu());
        }
        convolution.thereInto(added, input, layer.relu());
        return added;
    }

    /** dJ/dimages in float32, channels last. Once: it uses up what was remembered. */
    private Tensor back(Tensor[] values, Tensor cotangent) {
        GradientSum[] gradients = new GradientSum[registers];
        shapes.forEach((register, shape) -> gradients[register] = new GradientSum(examples(shape, cotangent.size(0))));
        try (NoGradGuard guard = new NoGradGuard()) {
            // A copy: the way back writes into gradients.
            Tensor first = cotangent.to(ScalarType.Float).clone();
            for (int i = layers.size() - 1; i >= 0; i--) {
                Fusion.Layer layer = layers.get(i);
                int at = i;
                Tensor gradient = i == layers.size() - 1 ? first : gradients[layer.output()].take();
                Profile.run(Program.part(layer.op()), () -> back(at, gradient, values, gradients));
            }
            return Profile.time(Profile.Part.LAYOUT, () -> {
                try (Tensor typed = gradients[0].take()) {
                    return typed.to(ScalarType.Float);
                }
            });
        }
    }

    private static long[] examples(long[] shape, long examples) {
        long[] own = shape.clone();
        own[0] = examples;
        return own;
    }

    /** One layer's way back; takes the gradient over. */
    private void back(int at, Tensor gradient, Tensor[] values, GradientSum[] gradients) {
        Fusion.Layer layer = layers.get(at);
        Op op = layer.op();
        GradientSum known = gradients[op.inputs()[0]];
        if (layer.relu() || op instanceof Op.Relu) {
            Profile.run(Profile.Part.ELEMENT_WISE, () -> GradientSum.keepPositive(gradient, values[layer.output()]));
            if (at < layers.size() - 1) {
                values[layer.output()].close();
            }
        }
        FusedConvolution convolution = convolutions.get(at);
        if (convolution != null) {
            // Two registers share one tensor until the convolution has read it.
            boolean given = layer.adds() && give(gradient, gradients[layer.added()], known);
            convolution.back(gradient, known);
            if (!given) {
                gradient.close();
            }
        } else if (op instanceof Op.Relu) {
            known.add(gradient);
        } else if (op instanceof Op.Add add) {
            gradients[add.right()].add(gradient.clone());
            known.add(gradient);
        } else {
            known.add(simple(op, gradient, values, known.shape()));
            gradient.close();
        }
    }

    /** Adds a gradient to a sum, which takes it over where it can; a convolution that is still to read it adds to {@code other}. */
    @SuppressWarnings("ReferenceEquality") // the sums of one register
    private static boolean give(Tensor gradient, GradientSum to, GradientSum other) {
        boolean given = to.sum() == null && to != other;
        to.add(given ? gradient : gradient.clone());
        return given;
    }

    /** The way back through an operation of one input, whose shape is given. */
    private Tensor simple(Op op, Tensor gradient, Tensor[] values, long[] shape) {
        if (op instanceof Op.Dense dense) {
            return gradient.mm(Folding.weight(weights, dense.weight()));
        }
        if (op instanceof Op.GlobalMean) {
            try (Scalar pixels = new Scalar((double) (shape[2] * shape[3])); Tensor share = gradient.div(pixels);
                    Tensor typed = share.to(type); Tensor column = typed.view(shape[0], shape[1], 1, 1);
                    Tensor spread = column.expand(shape); MemoryFormatOptional last = new MemoryFormatOptional(MemoryFormat.ChannelsLast)) {
                return spread.clone(last);
            }
        }
        if (op instanceof Op.Swish swish) {
            return torch.silu_backward(gradient, values[swish.input()]);
        }
        if (op instanceof Op.Pad pad) {
            // Less than no zeros: what had been put there goes.
            return torch.constant_pad_nd(gradient, Arrays.stream(pad.zeros()).map(zeros -> -zeros).toArray());
        }
        Op.BatchNorm norm = (Op.BatchNorm) op;
        try (Scalar epsilon = new Scalar(norm.epsilon());
                Tensor variance = Folding.weight(weights, norm.layer() + "_var").to(ScalarType.Float);
                Tensor shifted = variance.add(epsilon); Tensor scale = shifted.rsqrt();
                Tensor scaled = scale.mul(Folding.weight(weights, norm.layer() + "_gamma")); Tensor typed = scaled.to(type);
                Tensor column = typed.view(1, -1, 1, 1)) {
            return gradient.mul(column);
        }
    }

}
