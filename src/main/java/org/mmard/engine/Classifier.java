package org.mmard.engine;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * A network with fixed weights, in eval mode unless its maker says otherwise: all that an attack or an evaluation may see of it. Images are float tensors of shape
 * [examples, 3, 32, 32] in [0, 1]. Call within a {@code PointerScope}: what is returned lives no longer than that scope.
 */
public interface Classifier extends AutoCloseable {
    int classes();

    /** Logits of the images, without any bookkeeping for gradients. */
    Logits logits(Tensor images);

    /**
     * Logits of images on the host, in a scope of its own: no other is needed.
     *
     * @param pixels as an image set gives them, shape [examples, 3, 32, 32], in [0, 1]
     */
    default Logits logits(float[] pixels) {
        try (PointerScope scope = new PointerScope()) {
            return logits(LibTorch.images(pixels));
        }
    }

    /** Logits of the images, remembering what their gradient needs. */
    Pass forward(Tensor images);

    @Override
    void close();

    /** A forward pass whose input gradient can be taken once. */
    interface Pass {
        Logits logits();

        /**
         * Gradient of sum(cotangent * logits) with respect to the images.
         *
         * @param cotangent dJ/dlogits, shape [examples, classes]
         * @return dJ/dimages, of the images' shape
         */
        Tensor inputGradient(Logits cotangent);
    }
}
