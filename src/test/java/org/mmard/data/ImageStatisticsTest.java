package org.mmard.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ImageStatisticsTest {
    @Test
    void measuresEachChannelOverRecordsAndPixels() {
        byte[] pixels = new byte[2 * ImageShape.CIFAR.size()];
        // Red is 0 in one record and 255 in the other, green is 51 everywhere, blue is 0.
        Arrays.fill(pixels, ImageShape.CIFAR.size(), ImageShape.CIFAR.size() + 1024, (byte) 255);
        Arrays.fill(pixels, 1024, 2048, (byte) 51);
        Arrays.fill(pixels, ImageShape.CIFAR.size() + 1024, ImageShape.CIFAR.size() + 2048, (byte) 51);
        ImageStatistics statistics = ImageStatistics.of(new ImageSet(ImageShape.CIFAR, pixels, new byte[] {2, 2}, List.of("a", "b", "c")));
        assertArrayEquals(new int[] {0, 0, 2}, statistics.counts());
        assertArrayEquals(new double[] {0.5, 0.2, 0}, statistics.mean(), 1e-12);
        assertEquals(0.5, statistics.deviation()[0], 1e-12);
        assertEquals(0, statistics.deviation()[1], 1e-6);
    }
}
