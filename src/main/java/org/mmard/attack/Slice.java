package org.mmard.attack;

import org.mmard.data.ImageShape;
import org.mmard.engine.Classifier;
import org.mmard.engine.Logits;

/**
 * A plane through image space, to see what a classifier answers on it: the points x + u a + v b, where a and b are orthonormal. Places (u,
 * v) are therefore Euclidean distances in [0, 1] image units. Points of the plane may lie outside [0, 1]; a classifier answers there too.
 *
 * @param shape of the images
 * @param origin x
 * @param across a
 * @param up b
 */
public record Slice(ImageShape shape, float[] origin, float[] across, float[] up) {
    private static final int BATCH = 256;

    /**
     * The plane through three images: the first lies to the right of the origin, the second above that line.
     *
     * @throws IllegalArgumentException where the three lie on one line, or are not of that shape
     */
    public static Slice through(ImageShape shape, float[] origin, float[] first, float[] second) {
        if (origin.length != shape.size()) {
            throw new IllegalArgumentException("an image of " + origin.length + " values, expected " + shape);
        }
        float[] across = difference(first, origin);
        normalise(across);
        float[] up = difference(second, origin);
        double along = dot(up, across);
        for (int i = 0; i < up.length; i++) {
            up[i] -= (float) along * across[i];
        }
        normalise(up);
        return new Slice(shape, origin.clone(), across, up);
    }

    /** Where an image lies, as (u, v, distance from the plane): its nearest point on the plane is at (u, v). */
    public double[] place(float[] image) {
        float[] away = difference(image, origin);
        double u = dot(away, across);
        double v = dot(away, up);
        return new double[] {u, v, Math.sqrt(Math.max(0, dot(away, away) - u * u - v * v))};
    }

    /** The image at (u, v). */
    public float[] at(double u, double v) {
        float[] image = new float[origin.length];
        write(u, v, image, 0);
        return image;
    }

    /**
     * What a classifier answers on a grid of the plane.
     *
     * @return the logits at every u of the first v, then at every u of the second, and so on
     */
    public Logits logits(Classifier classifier, double[] us, double[] vs) {
        int points = us.length * vs.length;
        double[] values = new double[points * classifier.classes()];
        for (int from = 0; from < points; from += BATCH) {
            int count = Math.min(BATCH, points - from);
            float[] images = new float[count * origin.length];
            for (int n = 0; n < count; n++) {
                write(us[(from + n) % us.length], vs[(from + n) / us.length], images, n * origin.length);
            }
            double[] some = classifier.logits(shape, images).values();
            System.arraycopy(some, 0, values, from * classifier.classes(), some.length);
        }
        return new Logits(values, points, classifier.classes());
    }

    private void write(double u, double v, float[] images, int at) {
        for (int i = 0; i < origin.length; i++) {
            images[at + i] = (float) (origin[i] + u * across[i] + v * up[i]);
        }
    }

    private static float[] difference(float[] one, float[] other) {
        if (one.length != other.length) {
            throw new IllegalArgumentException("images of " + one.length + " and " + other.length + " values");
        }
        float[] difference = new float[one.length];
        for (int i = 0; i < one.length; i++) {
            difference[i] = one[i] - other[i];
        }
        return difference;
    }

    private static void normalise(float[] direction) {
        double length = Math.sqrt(dot(direction, direction));
        // Rounding leaves about 1e-7 of what was subtracted.
        if (length < 1e-4) {
            throw new IllegalArgumentException("the three images lie on one line, so that there is no plane");
        }
        for (int i = 0; i < direction.length; i++) {
            direction[i] /= (float) length;
        }
    }

    private static double dot(float[] one, float[] other) {
        double sum = 0;
        for (int i = 0; i < one.length; i++) {
            sum += (double) one[i] * other[i];
        }
        return sum;
    }
}
