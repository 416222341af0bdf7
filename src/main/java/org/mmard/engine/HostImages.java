package org.mmard.engine;

import java.nio.FloatBuffer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.mmard.data.ImageShape;

/**
 * Images of shape [examples, channels, height, width] that the host writes into, a few pixels at a time, and networks are asked about
 * again and again: they lie in the host's memory. Lives in the scope that was the current one when it was made.
 */
public final class HostImages {
    private final Tensor images;
    private final FloatBuffer pixels;

    /**
     * @param shape of one image
     * @param pixels of whole images, copied
     */
    public HostImages(ImageShape shape, float[] pixels) {
        images = torch.empty(LibTorch.batchShape(shape, pixels), new TensorOptions(ScalarType.Float), null);
        this.pixels = Transfer.floats(images).asBuffer();
        this.pixels.put(0, pixels);
    }

    /** All values, row-major: what is written here, the next {@link #first} has. */
    public FloatBuffer pixels() {
        return pixels;
    }

    /** The first so many images on the device, in a tensor of the current scope that is only good until the next write. */
    public Tensor first(int examples) {
        Tensor some = images.narrow(0, 0, examples);
        return Device.current().sharesMemory() ? some : Transfer.up(some);
    }
}
