package org.mmard.engine;

/**
 * Which compile passes a frozen network goes through. None changes what it computes beyond rounding.
 *
 * @param foldBatchNorm each convolution and the batch normalisation behind it become one convolution with a bias
 * @param channelsLast activations lie as [examples, height, width, channels], the layout LibTorch's CPU convolutions like
 */
public record CompilePasses(boolean foldBatchNorm, boolean channelsLast) {
    public static final CompilePasses ALL = new CompilePasses(true, true);
    public static final CompilePasses NONE = new CompilePasses(false, false);
}
