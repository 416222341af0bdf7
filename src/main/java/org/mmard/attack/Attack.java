package org.mmard.attack;

import java.io.Serializable;
import org.bytedeco.pytorch.Tensor;
import org.mmard.engine.Classifier;

/** Something that tries to change a classifier's answer without leaving the L-infinity ball around the image. Holds no state. */
public interface Attack extends Serializable {
    /** What it is called on the command line and in tables. */
    String name();

    /**
     * Makes the adversarial images of one batch. What is random in it is drawn per example from (seed, record id): the result does not
     * depend on which other examples are in the batch.
     *
     * @param natural x, shape [examples, 3, 32, 32], in [0, 1]
     * @param labels class index of each example
     * @param records record id of each example
     * @return x' of the same shape, in [0, 1] and within epsilon of x; a tensor of the current scope
     */
    Tensor perturb(Classifier model, Tensor natural, int[] labels, int[] records, long seed);
}
