package org.mmard.attack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.mmard.data.ImageSet;
import org.mmard.data.ImageShape;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Logits;
import org.mmard.loss.CwMargin;
import org.mmard.loss.Prediction;
import org.mmard.loss.WeightedSum;

class RestartedPgdTest {
    private static final double EPSILON = 0.1;
    private static final int EXAMPLES = 40;

    @Test
    void anExampleIsRobustWhereItIsFromEveryStart() {
        byte[] pixels = new byte[EXAMPLES * ImageShape.CIFAR.size()];
        Arrays.fill(pixels, (byte) 102);
        ImageSet images = new ImageSet(ImageShape.CIFAR, pixels, new byte[EXAMPLES], List.of("low", "high"));
        Evaluator evaluator = Evaluator.local(new FirstPixel(102 / 255.0 + 0.8 * EPSILON), images, 9, 3);
        boolean[] before = evaluator.outcome(attack(1)).correct();
        for (int restarts : new int[] {2, 10}) {
            boolean[] after = evaluator.outcome(attack(restarts)).correct();
            for (int n = 0; n < EXAMPLES; n++) {
                assertTrue(before[n] || !after[n], "image " + n + " was broken by fewer restarts");
            }
            before = after;
        }
        // Each start breaks an example with probability 0.1: about 36 withstand one, 14 withstand ten.
        assertEquals(36, evaluator.outcome(attack(1)).right(), 6);
        assertEquals(14, evaluator.outcome(attack(10)).right(), 9);
    }

    @Test
    void withoutARandomStartThereAreNoRestarts() {
        Pgd pgd = new Pgd(WeightedSum.of(new CwMargin(Prediction.STUDENT_ADVERSARIAL)), EPSILON, 0.01, 1);
        assertThrows(IllegalArgumentException.class, () -> new RestartedPgd("pgd", pgd, new Starts(Starts.Kind.NONE, 0, true), 2));
        assertFalse(attack(1).onlyWhereRight());
    }

    private static Attack attack(int restarts) {
        return new RestartedPgd("pgd", new Pgd(WeightedSum.of(new CwMargin(Prediction.STUDENT_ADVERSARIAL)), EPSILON, 0.01, 3),
                new Starts(Starts.Kind.UNIFORM, EPSILON, true), restarts);
    }

    /** Takes an image for high where its first value is above a threshold, and has no gradient: the start alone decides. */
    private record FirstPixel(double threshold) implements Classifier {
        @Override
        public int classes() {
            return 2;
        }

        @Override
        public Logits logits(Tensor images) {
            float[] pixels = LibTorch.values(images);
            Logits logits = Logits.zeros(pixels.length / ImageShape.CIFAR.size(), 2);
            for (int n = 0; n < logits.examples(); n++) {
                logits.values()[2 * n + 1] = pixels[n * ImageShape.CIFAR.size()] - threshold;
            }
            return logits;
        }

        @Override
        public Pass forward(Tensor images) {
            return new Pass() {
                @Override
                public Logits logits() {
                    return FirstPixel.this.logits(images);
                }

                @Override
                public Tensor inputGradient(Logits cotangent) {
                    return images.mul(new Scalar(0.0));
                }
            };
        }

        @Override
        public void close() {}
    }
}
