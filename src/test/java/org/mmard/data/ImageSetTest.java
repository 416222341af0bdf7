package org.mmard.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ImageSetTest {
    private static final List<String> NAMES = List.of("a", "b", "c");

    /** Record r has label r mod 3, and value (r + i) mod 256 at index i. */
    static ImageSet counting(int records) {
        byte[] pixels = new byte[records * ImageShape.CIFAR.size()];
        byte[] labels = new byte[records];
        for (int r = 0; r < records; r++) {
            labels[r] = (byte) (r % 3);
            for (int i = 0; i < ImageShape.CIFAR.size(); i++) {
                pixels[r * ImageShape.CIFAR.size() + i] = (byte) (r + i);
            }
        }
        return new ImageSet(ImageShape.CIFAR, pixels, labels, NAMES);
    }

    @Test
    void readsBytesAsUnsigned() {
        ImageSet set = counting(2);
        float[] out = new float[5 + ImageShape.CIFAR.size()];
        set.floats(1, out, 5);
        assertEquals(1 / 255f, out[5]);
        assertEquals(1f, out[5 + 254]);
        assertEquals(0f, out[5 + 255]);
        assertEquals(200, set.value(1, 199));
    }

    @Test
    void selectsAndTruncates() {
        ImageSet set = counting(5);
        ImageSet selected = set.select(new int[] {4, 0});
        assertEquals(2, selected.size());
        assertEquals(1, selected.label(0));
        assertEquals(4, selected.value(0, 0));
        assertEquals(0, selected.value(1, 0));
        assertEquals(3, set.first(3).size());
        assertEquals(set.first(3).checksum(), set.select(new int[] {0, 1, 2}).checksum());
        assertThrows(IllegalArgumentException.class, () -> set.first(6));
    }

    @Test
    void checksumsLabelsThenPixels() throws Exception {
        ImageSet set = counting(1);
        byte[] all = new byte[1 + ImageShape.CIFAR.size()];
        IntStream.range(0, ImageShape.CIFAR.size()).forEach(i -> all[1 + i] = (byte) i);
        String expected = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(all));
        assertEquals(expected, set.checksum());
        all[0] = 1;
        ImageSet relabelled = new ImageSet(ImageShape.CIFAR, Arrays.copyOfRange(all, 1, all.length), new byte[] {1}, NAMES);
        assertNotEquals(expected, relabelled.checksum());
    }

    @Test
    void survivesJavaSerialisation() throws Exception {
        ImageSet set = counting(3);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(set);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            ImageSet read = (ImageSet) in.readObject();
            assertEquals(set.checksum(), read.checksum());
            assertEquals(NAMES, read.classNames());
        }
    }

    @Test
    void refusesLabelsWithoutAClassAndPixelsWithoutALabel() {
        assertThrows(IllegalArgumentException.class,
                () -> new ImageSet(ImageShape.CIFAR, new byte[ImageShape.CIFAR.size()], new byte[] {3}, NAMES));
        assertThrows(IllegalArgumentException.class,
                () -> new ImageSet(ImageShape.CIFAR, new byte[ImageShape.CIFAR.size()], new byte[] {0, 0}, NAMES));
    }
}
