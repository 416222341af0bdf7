package org.mmard.engine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Batch-norm folding: in eval mode BN(conv(x)) = scale (W * x) + (beta - mean scale) with scale = gamma / sqrt(var + eps), which is one
 * convolution with weights scale W and that bias. A normalisation that does not stand right behind a convolution of its own stays.
 */
final class Folding {
    /** The program with each foldable pair as one op, whose weights are named as the convolution's own. */
    static Program fold(Program program) {
        List<Op> folded = new ArrayList<>();
        for (Op op : program.ops()) {
            Op.Convolution convolution = op instanceof Op.BatchNorm norm ? convolutionBefore(program, norm) : null;
            if (convolution == null) {
                folded.add(op);
            } else {
                folded.remove(convolution);
                folded.add(new Op.Convolution(convolution.input(), op.output(), convolution.weight(), bias(convolution),
                        convolution.stride(), convolution.padding(), convolution.dilation(), convolution.groups()));
            }
        }
        return new Program(folded);
    }

    /**
     * The weights that the folded program asks for: those it shares with the original, and new tensors of the current scope in the place of
     * the convolutions' own.
     */
    static Map<String, Tensor> weights(Program original, Map<String, Tensor> weights) {
        Map<String, Tensor> folded = new HashMap<>(weights);
        for (Op op : original.ops()) {
            if (op instanceof Op.BatchNorm norm) {
                Op.Convolution convolution = convolutionBefore(original, norm);
                if (convolution != null) {
                    Tensor scale = weight(weights, norm.layer() + "_var").add(new Scalar(norm.epsilon())).rsqrt_()
                            .mul_(weight(weights, norm.layer() + "_gamma"));
                    Tensor mean = weight(weights, norm.layer() + "_mean");
                    if (convolution.bias() != null) {
                        mean = mean.sub(weight(weights, convolution.bias()));
                    }
                    folded.put(convolution.weight(), weight(weights, convolution.weight()).mul(scale.view(-1, 1, 1, 1)));
                    folded.put(bias(convolution), weight(weights, norm.layer() + "_beta").sub(mean.mul(scale)));
                }
            }
        }
        return folded;
    }

    /** The name of a convolution's bias, which it may not have had before. */
    private static String bias(Op.Convolution convolution) {
        return convolution.weight().replaceFirst("_W$", "_b");
    }

    /** One that the program asks for. */
    static Tensor weight(Map<String, Tensor> weights, String name) {
        return Objects.requireNonNull(weights.get(name), name);
    }

    private static Op.@Nullable Convolution convolutionBefore(Program program, Op.BatchNorm norm) {
        if (program.readers(norm.input()) != 1) {
            return null;
        }
        return program.ops().stream().filter(op -> op.output() == norm.input()).findFirst()
                .map(op -> op instanceof Op.Convolution convolution ? convolution : null).orElse(null);
    }

    private Folding() {}
}
