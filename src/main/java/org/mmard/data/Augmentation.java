package org.mmard.data;

import java.util.SplittableRandom;

/**
 * The usual augmentation of CIFAR images, for images of any shape: pad with {@value #PADDING} zero pixels on every side, crop a random
 * window of the image's size (81 places, all equally likely), then mirror left to right with probability 1/2. Decided by (seed, epoch,
 * record id) alone.
 */
public final class Augmentation {
    static final int PADDING = 4;

    private Augmentation() {}

    /**
     * Writes an augmented record to {@code out} from {@code offset} on: floats in [0, 1], [channels, height, width].
     *
     * @param record its index in {@code set}, which is also its id
     */
    public static void floats(ImageSet set, int record, long seed, long epoch, float[] out, int offset) {
        SplittableRandom stream = RandomStreams.stream(RandomStreams.Purpose.AUGMENT, seed, epoch, record);
        int down = stream.nextInt(2 * PADDING + 1) - PADDING;
        int right = stream.nextInt(2 * PADDING + 1) - PADDING;
        shifted(set, record, down, right, stream.nextBoolean(), out, offset);
    }

    /**
     * The window that starts {@code down} rows below and {@code right} columns right of the image's corner, mirrored where {@code flip}.
     */
    static void shifted(ImageSet set, int record, int down, int right, boolean flip, float[] out, int offset) {
        int height = set.shape().height();
        int width = set.shape().width();
        int to = offset;
        for (int channel = 0; channel < set.shape().channels(); channel++) {
            for (int row = 0; row < height; row++) {
                int y = row + down;
                for (int column = 0; column < width; column++) {
                    int x = (flip ? width - 1 - column : column) + right;
                    boolean inside = y >= 0 && y < height && x >= 0 && x < width;
                    out[to++] = inside ? set.value(record, (channel * height + y) * width + x) / 255f : 0f;
                }
            }
        }
    }
}
