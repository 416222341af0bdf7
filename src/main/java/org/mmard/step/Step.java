package org.mmard.step;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mmard.data.ImageShape;

/** One training step on one executor: from a batch of natural images to the student's gradient. */
public interface Step extends AutoCloseable {
    /**
     * Makes the adversarial examples, and writes the gradient of the outer loss into the flat gradient vector of the graph this step was
     * built for (trainable parameters: dL/dparameter, batch mean; running mean and variance: zero). The running statistics themselves,
     * in the graph's flat parameter vector, are updated in place, once per train-mode forward.
     */
    Result gradient(Batch batch);

    @Override
    void close();

    /**
     * @param shape of one image
     * @param images floats in [0, 1], shape [examples, channels, height, width], already augmented
     * @param labels class indices
     * @param records record ids: with seed and epoch, the source of each example's random start
     */
    record Batch(ImageShape shape, float[] images, int[] labels, int[] records, long seed, int epoch) {}

    /**
     * @param loss outer loss
     * @param terms its terms by name
     * @param natural, adversarial examples the student got right in train mode; null where the loss does not look at the one or the other
     */
    record Result(double loss, Map<String, Double> terms, int examples, @Nullable Integer natural, @Nullable Integer adversarial) {
        boolean isFinite() {
            return Double.isFinite(loss) && terms.values().stream().allMatch(Double::isFinite);
        }
    }
}
