package org.mmard.attack;

import java.io.Serializable;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.mmard.data.ImageSet;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;
import org.mmard.loss.Term;
import org.mmard.loss.WeightedSum;

/**
 * Something that tries to change a classifier's answer without leaving the L-infinity ball around the image, by its gradient or by its
 * answers alone. Holds no state: several threads may use one at once. Examples are independent: nothing in one's result depends on which others are in the batch, but for the
 * rounding of LibTorch's kernels, which may differ by the size of a batch.
 */
public interface Attack extends Serializable {
    /** What it is called on the command line and in tables. */
    String name();

    /** Radius of the ball, in [0, 1] image units. */
    double epsilon();

    /**
     * Makes the adversarial images of one batch.
     *
     * @param random where random numbers come from
     * @return x' of the shape of x, in [0, 1] and within epsilon of x; a tensor of the current scope. Where the attack gives up on an
     *     example, x' may be x
     */
    Tensor perturb(Classifier model, Examples examples, RandomSource random);

    /**
     * Makes the adversarial images of a whole set, on the host, in scopes of its own.
     *
     * @param seed of the random draws, as an evaluation has it
     * @return x', shape [records, channels, height, width]
     */
    default float[] perturb(Classifier model, ImageSet images, long seed) {
        int size = images.shape().size();
        float[] all = new float[images.size() * size];
        for (int[] records : Evaluator.parts(IntStream.range(0, images.size()).toArray(), 64)) {
            try (PointerScope scope = new PointerScope()) {
                float[] part = LibTorch.values(perturb(model, Examples.of(images, records), RandomSource.of(seed, name())));
                System.arraycopy(part, 0, all, records[0] * size, part.length);
            }
        }
        return all;
    }

    /**
     * Projected gradient ascent ({@link Pgd}) on a loss, each run from a start that is uniform in the ball and clipped to [0, 1]; x' is the
     * first misclassified end point, or the last one. All images are attacked, as the field measures PGD-20.
     *
     * @param name what it is called
     * @param loss J, climbed as a batch mean; reads S(x') and the labels alone
     * @param epsilon radius, in [0, 1] image units
     * @param stepSize in the same unit
     * @param steps of a run
     * @param restarts runs, each from a start of its own
     */
    static Attack climbing(String name, Term loss, double epsilon, double stepSize, int steps, int restarts) {
        return new RestartedPgd(name, new Pgd(WeightedSum.of(loss), epsilon, stepSize, steps),
                new Starts(Starts.Kind.UNIFORM, epsilon, true), restarts);
    }

    /** What it does in numbers, such as steps and restarts, for the record; sizes in [0, 1] image units. Nothing by default. */
    default Map<String, Object> parameters() {
        return Map.of();
    }

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
