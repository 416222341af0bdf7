package org.mmard.attack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mmard.data.ImageShape;
import org.mmard.engine.Classifier;
import org.mmard.engine.Logits;
import org.mmard.engine.TorchNetwork;
import org.mmard.model.Architectures;

class SliceTest {
    private static final float[] ORIGIN = image(1);
    private static final float[] FIRST = image(2);
    private static final float[] SECOND = image(3);

    @Test
    void goesThroughItsThreeImages() {
        Slice slice = Slice.through(ImageShape.CIFAR, ORIGIN, FIRST, SECOND);
        double[] first = slice.place(FIRST);
        double[] second = slice.place(SECOND);
        assertArrayEquals(new double[] {0, 0, 0}, slice.place(ORIGIN), 1e-6);
        assertArrayEquals(new double[] {distance(FIRST, ORIGIN), 0, 0}, first, 1e-4);
        assertEquals(distance(SECOND, ORIGIN), Math.hypot(second[0], second[1]), 1e-4);
        assertArrayEquals(SECOND, slice.at(second[0], second[1]), 1e-5f);
    }

    @Test
    void imageOffThePlaneHasItsNearestPointAndItsDistance() {
        Slice slice = Slice.through(ImageShape.CIFAR, ORIGIN, FIRST, SECOND);
        float[] off = image(4);
        double[] place = slice.place(off);
        assertEquals(distance(off, slice.at(place[0], place[1])), place[2], 1e-4);
        assertEquals(distance(off, ORIGIN), Math.sqrt(place[0] * place[0] + place[1] * place[1] + place[2] * place[2]), 1e-4);
    }

    @Test
    void answersRowByRowWhateverItsBatches() {
        Slice slice = Slice.through(ImageShape.CIFAR, ORIGIN, FIRST, SECOND);
        double[] us = IntStream.range(0, 24).mapToDouble(i -> i / 4.0).toArray();
        double[] vs = IntStream.range(0, 13).mapToDouble(i -> i - 6).toArray();
        try (Classifier classifier = TorchNetwork.frozen(Architectures.network("cnn-8-16", 10, 1))) {
            Logits all = slice.logits(classifier, us, vs);
            assertEquals(us.length * vs.length, all.examples());
            Logits one = classifier.logits(ImageShape.CIFAR, slice.at(us[5], vs[12]));
            for (int c = 0; c < 10; c++) {
                assertEquals(one.get(0, c), all.get(12 * us.length + 5, c), 1e-4);
            }
        }
    }

    @Test
    void refusesThreeImagesOnOneLine() {
        float[] between = new float[ORIGIN.length];
        for (int i = 0; i < between.length; i++) {
            between[i] = (ORIGIN[i] + FIRST[i]) / 2;
        }
        assertThrows(IllegalArgumentException.class, () -> Slice.through(ImageShape.CIFAR, ORIGIN, FIRST, between));
        assertThrows(IllegalArgumentException.class, () -> Slice.through(ImageShape.CIFAR, ORIGIN, ORIGIN, SECOND));
    }

    private static float[] image(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] image = new float[ImageShape.CIFAR.size()];
        for (int i = 0; i < image.length; i++) {
            image[i] = random.nextInt(256) / 255f;
        }
        return image;
    }

    private static double distance(float[] one, float[] other) {
        return Math.sqrt(IntStream.range(0, one.length).mapToDouble(i -> Math.pow((double) one[i] - other[i], 2)).sum());
    }
}
