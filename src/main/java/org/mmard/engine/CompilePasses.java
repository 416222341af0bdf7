package org.mmard.engine;

import org.mmard.config.Settings;

/**
 * Which compile passes a frozen network goes through. None changes what it computes beyond rounding.
 *
 * @param foldBatchNorm each convolution and the batch normalisation behind it become one convolution with a bias
 * @param channelsLast activations lie as [examples, height, width, channels], the layout LibTorch's CPU convolutions like
 * @param fuse bias, addition and ReLU are computed in the convolution before them, and the way back to the images is written by hand. On a
 *     processor, and channels-last, alone
 */
public record CompilePasses(boolean foldBatchNorm, boolean channelsLast, boolean fuse) {
    public static final CompilePasses ALL = new CompilePasses(true, true, true);
    public static final CompilePasses NONE = new CompilePasses(false, false, false);

    /** Those that a run asks for. */
    public static CompilePasses of(Settings.Engine engine) {
        return new CompilePasses(engine.foldBatchNorm(), engine.channelsLast(), engine.fuse());
    }
}
