package org.mmard.attack;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.mmard.engine.LibTorch;

/**
 * The images within epsilon of x in the L-infinity norm, and in [0, 1]: a box for each image. Clipping to the ball and then to [0, 1] is
 * one clamp, as x itself lies in [0, 1].
 *
 * @param lower max(x - epsilon, 0), shape [examples, channels, height, width]
 * @param upper min(x + epsilon, 1)
 */
public record Ball(Tensor lower, Tensor upper) {
    /** The ball around x, in tensors of the current scope. */
    public static Ball around(Tensor natural, double epsilon) {
        return new Ball(natural.sub(new Scalar(epsilon)).clamp_min_(new Scalar(0.0)),
                natural.add(new Scalar(epsilon)).clamp_max_(new Scalar(1.0)));
    }

    /** Moves each value into the box, in place. */
    public Tensor project(Tensor images) {
        return images.clamp_(new TensorOptional(lower), new TensorOptional(upper));
    }

    /** The balls around the examples at these rows, in tensors of the current scope; this one's are released. */
    Ball keep(int[] rows) {
        Tensor places = LibTorch.indices(rows);
        Ball kept = new Ball(lower.index_select(0, places), upper.index_select(0, places));
        lower.close();
        upper.close();
        return kept;
    }
}
