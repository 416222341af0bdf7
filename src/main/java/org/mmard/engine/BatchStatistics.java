package org.mmard.engine;

import java.util.Map;
import org.bytedeco.javacpp.BoolPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Batch normalisation in train mode of maps that lie channels last, and its way back, on a processor: y = gamma (x - mean) / sqrt(var + eps)
 * + beta with the batch's mean and variance over its M = examples * height * width values of each channel.
 *
 * <p>LibTorch's own kernels for this layout sum M numbers one after the other in float32, which for a batch of 64 maps of 32 x 32 costs more
 * digits than everything else of a step. Here its kernels sum each column of pixels by itself, as if height x 1 maps had width * channels
 * channels, and the columns' sums are put together in float64.
 */
final class BatchStatistics implements AutoCloseable {
    /** Of the gradients with respect to input, weight and bias: the latter two. */
    private static final BoolPointer SUMS_ALONE = new BoolPointer(3).put(0, false).put(1, true).put(2, true).retainReference();

    private final Op.BatchNorm op;
    private final Map<String, Tensor> weights;
    private final Tensor input;
    /** Shape [channels]. */
    private final Tensor mean;
    private final Tensor variance;

    private BatchStatistics(Op.BatchNorm op, Map<String, Tensor> weights, Tensor input, Tensor mean, Tensor variance) {
        this.op = op;
        this.weights = weights;
        this.input = input;
        this.mean = mean;
        this.variance = variance;
    }

    /**
     * The statistics of a batch, towards which the running ones move. Holds the input's memory until it is closed, at the latest with the
     * current scope.
     *
     * @param weights gamma, beta, mean and var of the operation by name
     * @param input shape [examples, channels, height, width], float32
     */
    static BatchStatistics of(Op.BatchNorm op, Map<String, Tensor> weights, Tensor input) {
        PointerScope outer = PointerScope.getInnerScope();
        try (PointerScope scope = new PointerScope()) {
            Tensor laid = laid(input);
            T_TensorTensor_T columns = torch.batch_norm_update_stats(columns(laid), new TensorOptional(), new TensorOptional(), 0);
            Tensor means = byColumn(columns.get0(), input);
            // The variance of all is the mean of the columns' variances and the variance of their means.
            T_TensorTensor_T ofMeans = torch.var_mean(means, new long[] {0}, false, false);
            Tensor mean = ofMeans.get1();
            Tensor variance = byColumn(columns.get1(), input).mean(0).add_(ofMeans.get0());
            double count = count(input);
            move(Folding.weight(weights, op.layer() + "_mean"), mean, op.momentum());
            move(Folding.weight(weights, op.layer() + "_var"), variance.mul(new Scalar(count / (count - 1))), op.momentum());
            return new BatchStatistics(op, weights, kept(outer, laid), kept(outer, mean.to(ScalarType.Float)),
                    kept(outer, variance.to(ScalarType.Float)));
        }
    }

    private static void move(Tensor statistic, Tensor batch, double momentum) {
        // All parameters are views of one vector, and autograd refuses weights whose vector has changed since it read them.
        statistic.variable_data().mul_(new Scalar(1 - momentum)).add_(batch, new Scalar(momentum));
    }

    /** The batch, normalised; a tensor of its own. */
    Tensor normalised() {
        return affine(Folding.weight(weights, op.layer() + "_gamma"), Folding.weight(weights, op.layer() + "_beta"));
    }

    /** weight (x - mean) / sqrt(var + eps) + bias. */
    private Tensor affine(Tensor weight, Tensor bias) {
        PointerScope outer = PointerScope.getInnerScope();
        try (PointerScope scope = new PointerScope()) {
            return kept(outer, new Tensor(torch.native_batch_norm(input, new TensorOptional(weight), new TensorOptional(bias),
                    new TensorOptional(mean), new TensorOptional(variance), false, 0, op.epsilon()).get0()));
        }
    }

    /**
     * Adds dJ/dgamma = sum(g (x - mean)) / sqrt(var + eps) and dJ/dbeta = sum(g) to the gradients of the two, where they have one.
     *
     * @param gradient g = dJ/dy, of the input's shape, channels last; remains as it is
     * @param further whether dJ/dx is wanted
     * @return dJ/dx = gamma / sqrt(var + eps) (g - dJ/dbeta / M - (x - mean) / sqrt(var + eps) dJ/dgamma / M), or null
     */
    @Nullable
    Tensor back(Tensor gradient, boolean further) {
        PointerScope outer = PointerScope.getInnerScope();
        try (PointerScope scope = new PointerScope()) {
            long width = input.size(3);
            T_TensorTensorTensor_T sums = torch.native_batch_norm_backward(columns(gradient), columns(input), new TensorOptional(),
                    new TensorOptional(mean.repeat(width)), new TensorOptional(variance.repeat(width)), new TensorOptional(),
                    new TensorOptional(), false, op.epsilon(), SUMS_ALONE);
            Tensor ofGamma = sum(sums.get1());
            Tensor ofBeta = sum(sums.get2());
            Tensor gamma = Folding.weight(weights, op.layer() + "_gamma");
            accumulate(gamma, ofGamma);
            accumulate(Folding.weight(weights, op.layer() + "_beta"), ofBeta);
            if (!further) {
                return null;
            }
            Tensor scale = variance.add(new Scalar(op.epsilon())).rsqrt_().mul_(gamma.detach());
            Scalar share = new Scalar(-1 / count(input));
            Tensor result =
                    affine(ofGamma.mul_(scale).mul_(share).to(ScalarType.Float), ofBeta.mul_(scale).mul_(share).to(ScalarType.Float));
            // In long rows: a row of sixteen channels is too short for a loop.
            rows(result).addcmul_(rows(gradient), scale.repeat(width));
            return kept(outer, result);
        }
    }

    private static void accumulate(Tensor parameter, Tensor gradient) {
        if (parameter.requires_grad()) {
            parameter.mutable_grad().add_(gradient);
        }
    }

    /** The channels' sums, float64, of the columns'. */
    private Tensor sum(Tensor byColumn) {
        return byColumn(byColumn, input).sum(new long[] {0}, false, new ScalarTypeOptional(ScalarType.Double));
    }

    /** What has been computed for each column of each channel, shape [width, channels], float64. */
    private static Tensor byColumn(Tensor values, Tensor maps) {
        return values.to(ScalarType.Double).view(maps.size(3), maps.size(1));
    }

    /** For whoever's scope that is. */
    private static Tensor kept(PointerScope scope, Tensor tensor) {
        scope.attach(tensor);
        return tensor;
    }

    /** M. */
    private static double count(Tensor maps) {
        return maps.size(0) * maps.size(2) * maps.size(3);
    }

    /** The same memory as maps of one column, of width * channels channels. */
    private static Tensor columns(Tensor maps) {
        long row = maps.size(3) * maps.size(1);
        return maps.as_strided(new long[] {maps.size(0), row, maps.size(2), 1}, maps.size(2) * row, 1, row, row);
    }

    /** The same memory, shape [examples * height, width * channels]. */
    private static Tensor rows(Tensor maps) {
        long row = maps.size(3) * maps.size(1);
        return maps.as_strided(new long[] {maps.size(0) * maps.size(2), row}, row, 1);
    }

    /** Channels last; another handle of the same tensor where it lies so. */
    static Tensor laid(Tensor maps) {
        return maps.contiguous(MemoryFormat.ChannelsLast);
    }

    @Override
    public void close() {
        input.close();
        mean.close();
        variance.close();
    }
}
