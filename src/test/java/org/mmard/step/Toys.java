package org.mmard.step;

import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.mmard.config.Settings;
import org.mmard.config.SettingsReader;
import org.mmard.data.ImageSet;
import org.mmard.data.ImageShape;

/** Small inputs for the tests of training. */
public final class Toys {
    private Toys() {}

    /** Ten classes told apart by a faint tint each, under noise: a tiny net learns them within a few epochs. */
    public static ImageSet images(int n, long seed) {
        SplittableRandom tints = new SplittableRandom(42);
        int[][] tint = new int[10][ImageShape.CIFAR.channels()];
        for (int[] values : tint) {
            for (int i = 0; i < values.length; i++) {
                values[i] = tints.nextInt(-30, 31);
            }
        }
        SplittableRandom noise = new SplittableRandom(seed);
        byte[] pixels = new byte[n * ImageShape.CIFAR.size()];
        byte[] labels = new byte[n];
        for (int record = 0; record < n; record++) {
            labels[record] = (byte) (record % 10);
            for (int i = 0; i < ImageShape.CIFAR.size(); i++) {
                int value = 128 + tint[record % 10][i / (ImageShape.CIFAR.plane())] + noise.nextInt(-90, 91);
                pixels[record * ImageShape.CIFAR.size() + i] = (byte) Math.max(0, Math.min(255, value));
            }
        }
        return new ImageSet(ImageShape.CIFAR, pixels, labels, IntStream.range(0, 10).mapToObj(c -> "class" + c).toList());
    }

    public static Settings.Training training(int batch, double learningRate) {
        return SettingsReader.training(Map.of("training.epochs", "3", "training.batch", Integer.toString(batch), "training.learning-rate",
                Double.toString(learningRate), "training.schedule", "constant", "training.max-skipped", "0.5"), "test");
    }
}
