package org.mmard.loss;

import org.bytedeco.pytorch.Tensor;

/**
 * A term that attacks climb, and which is therefore written a second time, in LibTorch's operations: LibTorch differentiates it where the
 * logits lie.
 */
public interface DeviceTerm extends Term {
    /**
     * What {@link #evaluate} computes on the host, to rounding.
     *
     * @return value of each example, float64, shape [examples], differentiable with respect to {@link #differentiates()} alone
     */
    Tensor values(DevicePredictions predictions);
}
