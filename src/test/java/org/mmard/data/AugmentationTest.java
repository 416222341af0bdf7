package org.mmard.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AugmentationTest {
    private static final int SIDE = 32;

    /** One record: red holds the row (from 1), green the column (from 1), blue is 255. */
    private static ImageSet coordinates(int records) {
        byte[] pixels = new byte[records * ImageShape.CIFAR.size()];
        for (int i = 0; i < pixels.length; i++) {
            int channel = i / (SIDE * SIDE) % 3;
            pixels[i] = (byte) (channel == 0 ? 1 + i / SIDE % SIDE : channel == 1 ? 1 + i % SIDE : 255);
        }
        return new ImageSet(ImageShape.CIFAR, pixels, new byte[records], List.of("only"));
    }

    private static float at(float[] image, int channel, int row, int column) {
        return image[(channel * SIDE + row) * SIDE + column] * 255f;
    }

    @Test
    void cropsWithZerosOutsideTheImage() {
        float[] out = new float[ImageShape.CIFAR.size()];
        Augmentation.shifted(coordinates(1), 0, -4, 3, false, out, 0);
        assertEquals(0, at(out, 2, 3, 0));
        assertEquals(255, at(out, 2, 4, 0));
        assertEquals(1, at(out, 0, 4, 0), 1e-4);
        assertEquals(4, at(out, 1, 4, 0), 1e-4);
        assertEquals(32, at(out, 1, 4, 28), 1e-4);
        assertEquals(0, at(out, 2, 4, 29));
    }

    @Test
    void mirrorsTheCroppedWindow() {
        float[] plain = new float[ImageShape.CIFAR.size()];
        float[] mirrored = new float[ImageShape.CIFAR.size()];
        Augmentation.shifted(coordinates(1), 0, 2, -3, false, plain, 0);
        Augmentation.shifted(coordinates(1), 0, 2, -3, true, mirrored, 0);
        for (int channel = 0; channel < 3; channel++) {
            for (int column = 0; column < SIDE; column++) {
                assertEquals(at(plain, channel, 7, column), at(mirrored, channel, 7, SIDE - 1 - column));
            }
        }
    }

    @Test
    void isDecidedBySeedEpochAndRecordWhateverTheBufferHeld() {
        ImageSet set = coordinates(2);
        float[] alone = new float[ImageShape.CIFAR.size()];
        Augmentation.floats(set, 1, 5, 9, alone, 0);
        float[] used = new float[3 * ImageShape.CIFAR.size()];
        Arrays.fill(used, 7f);
        Augmentation.floats(set, 1, 5, 9, used, ImageShape.CIFAR.size());
        assertArrayEquals(alone, Arrays.copyOfRange(used, ImageShape.CIFAR.size(), 2 * ImageShape.CIFAR.size()));
        assertEquals(7f, used[ImageShape.CIFAR.size() - 1]);
        assertEquals(7f, used[2 * ImageShape.CIFAR.size()]);

        boolean epochChanges = false;
        for (int epoch = 0; epoch < 5; epoch++) {
            float[] other = new float[ImageShape.CIFAR.size()];
            Augmentation.floats(set, 1, 5, epoch, other, 0);
            epochChanges |= !Arrays.equals(alone, other);
        }
        assertTrue(epochChanges);
    }

    @Test
    void usesEveryWindowAndBothDirections() {
        ImageSet set = coordinates(1);
        Map<Integer, Integer> seen = new HashMap<>();
        float[] out = new float[ImageShape.CIFAR.size()];
        for (int epoch = 0; epoch < 8100; epoch++) {
            Augmentation.floats(set, 0, 1, epoch, out, 0);
            // The two middle columns and the middle row lie inside the image in every window.
            int row = Math.round(at(out, 0, 16, 16));
            int left = Math.round(at(out, 1, 16, 15));
            int right = Math.round(at(out, 1, 16, 16));
            seen.merge(row * 10_000 + left * 100 + right, 1, Integer::sum);
        }
        assertEquals(2 * 81, seen.size());
        seen.values().forEach(count -> assertEquals(50, count, 40));
    }
}
