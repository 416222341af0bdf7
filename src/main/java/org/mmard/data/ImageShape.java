package org.mmard.data;

import java.io.Serializable;

/**
 * The shape of one image, [channels, height, width]: the planes of its channels one after the other, each row by row.
 *
 * @param channels 1 (grey) or 3 (red, green, blue)
 * @param height rows, 1 to 1024
 * @param width columns, 1 to 1024
 */
public record ImageShape(int channels, int height, int width) implements Serializable {
    /** That of CIFAR-10, CIFAR-100, SVHN and the generated shapes: 3 x 32 x 32. */
    public static final ImageShape CIFAR = new ImageShape(3, 32, 32);

    private static final int LONGEST_SIDE = 1024;

    /** @throws IllegalArgumentException where a number is out of range */
    public ImageShape {
        if ((channels != 1 && channels != 3) || height < 1 || height > LONGEST_SIDE || width < 1 || width > LONGEST_SIDE) {
            throw new IllegalArgumentException("images of " + words(channels, height, width)
                    + " values: there can be 1 or 3 channels, and 1 to " + LONGEST_SIDE + " rows and columns");
        }
    }

    /** Values of one image, over all channels. */
    public int size() {
        return channels * plane();
    }

    /** Values of one channel. */
    public int plane() {
        return height * width;
    }

    /** As messages have it, such as {@code 3 x 32 x 32}. */
    @Override
    public String toString() {
        return words(channels, height, width);
    }

    private static String words(int channels, int height, int width) {
        return channels + " x " + height + " x " + width;
    }
}
