package org.mmard.attack;

import java.io.Serializable;
import org.bytedeco.pytorch.Tensor;
import org.mmard.engine.Classifier;

/**
 * Something that tries to change a classifier's answer without leaving the L-infinity ball around the image, by its gradient or by its answers
 * alone. Holds no state. Examples are independent: nothing in one's result depends on which others are in the batch, but for the rounding of
 * LibTorch's kernels, which may differ by the size of a batch.
 */
public interface Attack extends Serializable {
    /** What it is called on the command line and in tables. */
    String name();

    /** Radius of the ball, in [0, 1] image units. */
    double epsilon();

    /**
     * Makes the adversarial images of one batch.
     *
     * @param draws where random numbers come from
     * @return x' of the shape of x, in [0, 1] and within epsilon of x; a tensor of the current scope. Where the attack gives up on an example,
     *     x' may be x
     */
    Tensor perturb(Classifier model, Examples examples, Draws draws);

    /**
     * Whether only images that the model gets right are attacked, all others counting as broken already, as AutoAttack does. Otherwise the
     * robust accuracy is the accuracy at x' over all images, as the field measures PGD-20 and CW.
     */
    default boolean onlyWhereRight() {
        return true;
    }

    /** The fewest classes that a model must tell apart for the attack to be defined. */
    default int fewestClasses() {
        return 2;
    }
}
