package org.mmard.attack;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Logits;

/**
 * SAAD's stand-in for the teacher near a batch x, as its published code has it: T~(x') are the logits T(x) with the label's logit carried
 * on by its first-order change, z_y + lambda &lt;dz_y/dx, x' - x&gt;. One gradient of the teacher serves a whole attack. Lives no longer
 * than the scope it was made in; good for its own batch only.
 */
public final class LinearisedTeacher implements Classifier {
    private final Tensor natural;
    private final Logits atNatural;
    private final Tensor labelGradient;
    private final int[] labels;
    private final double lambda;

    /**
     * @param natural x, shape [examples, channels, height, width]
     * @param lambda factor of the linear term
     */
    public LinearisedTeacher(Classifier teacher, Tensor natural, int[] labels, double lambda) {
        this.natural = natural;
        this.labels = labels;
        this.lambda = lambda;
        Pass pass = teacher.forward(natural);
        atNatural = pass.logits();
        Logits oneHot = Logits.zeros(labels.length, atNatural.classes());
        for (int n = 0; n < labels.length; n++) {
            oneHot.values()[n * oneHot.classes() + labels[n]] = 1;
        }
        labelGradient = pass.inputGradient(oneHot);
    }

    /** T(x). */
    public Logits atNatural() {
        return atNatural;
    }

    @Override
    public int classes() {
        return atNatural.classes();
    }

    private Tensor change(Tensor images) {
        return images.sub(natural).mul_(labelGradient).sum(1, 2, 3);
    }

    @Override
    public Tensor output(Tensor images) {
        Tensor change = change(images).to(ScalarType.Double).mul_(new Scalar(lambda)).view(-1, 1);
        return LibTorch.tensor(atNatural).to(ScalarType.Double).scatter_add_(1, places(), change);
    }

    private Tensor places() {
        return LibTorch.indices(labels).view(-1, 1);
    }

    @Override
    public Logits logits(Tensor images) {
        float[] change = LibTorch.values(change(images));
        double[] values = atNatural.values().clone();
        for (int n = 0; n < labels.length; n++) {
            values[n * classes() + labels[n]] += lambda * change[n];
        }
        return new Logits(values, labels.length, classes());
    }

    @Override
    public Pass forward(Tensor images) {
        return new Pass() {
            @Override
            public Logits logits() {
                return LinearisedTeacher.this.logits(images);
            }

            @Override
            public Tensor output() {
                return LinearisedTeacher.this.output(images);
            }

            @Override
            public Tensor inputGradient(Logits cotangent) {
                float[] byLabel = new float[labels.length];
                for (int n = 0; n < byLabel.length; n++) {
                    byLabel[n] = (float) (lambda * cotangent.get(n, labels[n]));
                }
                return labelGradient.mul(LibTorch.tensor(byLabel, byLabel.length, 1, 1, 1));
            }

            @Override
            public Tensor inputGradient(Tensor cotangent) {
                Tensor byLabel = cotangent.to(ScalarType.Double).gather(1, places()).mul_(new Scalar(lambda)).to(ScalarType.Float);
                return labelGradient.mul(byLabel.view(-1, 1, 1, 1));
            }
        };
    }

    /** Holds nothing beyond its scope. */
    @Override
    public void close() {}
}
