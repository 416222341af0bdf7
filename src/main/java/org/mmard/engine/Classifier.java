package org.mmard.engine;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.mmard.data.ImageShape;

/**
 * A network with fixed weights, in eval mode unless its maker says otherwise: all that an attack or an evaluation may see of it. Images are
 * float tensors of shape [examples, channels, height, width] in [0, 1]. Call within a {@code PointerScope}: what is returned lives no
 * longer than that scope. Not safe for several threads at once.
 */
public interface Classifier extends AutoCloseable {
    /** How many classes it tells apart: the length of a row of logits. */
    int classes();

    /** Logits of the images, without any bookkeeping for gradients. Waits for the device. */
    Logits logits(Tensor images);

    /** The same logits as a tensor of shape [examples, classes] on the device, float32 or float64. */
    default Tensor output(Tensor images) {
        return LibTorch.tensor(logits(images));
    }

    /**
     * Logits of images on the host, in a scope of its own: no other is needed.
     *
     * @param shape of one image
     * @param pixels as an image set gives them, shape [examples, channels, height, width], in [0, 1]
     */
    default Logits logits(ImageShape shape, float[] pixels) {
        try (PointerScope scope = new PointerScope()) {
            return logits(LibTorch.images(shape, pixels));
        }
    }

    /** Logits of the images, remembering what their gradient needs. */
    Pass forward(Tensor images);

    @Override
    void close();

    /** A forward pass whose input gradient can be taken once. */
    interface Pass {
        /** Waits for the device. */
        Logits logits();

        /** The same logits as a tensor of shape [examples, classes] on the device, float32 or float64, a constant. */
        default Tensor output() {
            return LibTorch.tensor(logits());
        }

        /**
         * Gradient of sum(cotangent * logits) with respect to the images.
         *
         * @param cotangent dJ/dlogits, shape [examples, classes]
         * @return dJ/dimages, of the images' shape
         */
        Tensor inputGradient(Logits cotangent);

        /** The same for a cotangent on the device, float32 or float64. */
        default Tensor inputGradient(Tensor cotangent) {
            return inputGradient(LibTorch.logits(cotangent.to(ScalarType.Float)));
        }
    }
}
