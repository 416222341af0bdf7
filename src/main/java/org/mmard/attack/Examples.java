package org.mmard.attack;

import org.bytedeco.pytorch.Tensor;
import org.mmard.data.ImageSet;
import org.mmard.data.ImageShape;
import org.mmard.engine.LibTorch;

/**
 * A batch of natural images to attack.
 *
 * @param images x, shape [examples, channels, height, width], in [0, 1]; never changed
 * @param labels class index of each example
 * @param records record id of each example
 */
public record Examples(Tensor images, int[] labels, int[] records) {
    /** The dimensions that are one image's own. */
    static final long[] PER_IMAGE = {1, 2, 3};

    public Examples {
        if (labels.length != records.length || images.size(0) != labels.length) {
            throw new IllegalArgumentException(images.size(0) + " images, " + labels.length + " labels, " + records.length + " records");
        }
    }

    /** These records of a set; the images are a tensor of the current scope. */
    public static Examples of(ImageSet images, int[] records) {
        int size = images.shape().size();
        float[] pixels = new float[records.length * size];
        int[] labels = new int[records.length];
        for (int i = 0; i < records.length; i++) {
            images.floats(records[i], pixels, i * size);
            labels[i] = images.label(records[i]);
        }
        return new Examples(LibTorch.images(images.shape(), pixels), labels, records);
    }

    /** The shape of each image. */
    public ImageShape shape() {
        return LibTorch.shape(images);
    }

    /** How many examples there are. */
    public int count() {
        return labels.length;
    }

    /** The examples at these places of the batch, in this order; the images are a tensor of the current scope. */
    public Examples at(int[] rows) {
        return new Examples(images.index_select(0, LibTorch.indices(rows)), Indices.of(labels, rows), Indices.of(records, rows));
    }
}
