package org.mmard.data;

import java.util.SplittableRandom;

/**
 * Paints one image of the shapes data: a textured figure on a textured background, at a random place, size, angle and colour, with noise.
 * Colours say nothing about the class. The figure is lighter than the background by at least {@value #CONTRAST} of the full range (mean
 * over the channels, before texture): several times the 16/255 that an attack of radius 8/255 could level. Texture, small figures and turns
 * that make a square of a diamond keep the data from being easy.
 */
final class ShapePainter {
    static final double CONTRAST = 0.25;

    private static final int CHANNELS = Shapes.SHAPE.channels();
    private static final int HEIGHT = Shapes.SHAPE.height();
    private static final int WIDTH = Shapes.SHAPE.width();
    private static final double SMALLEST_RADIUS = 5.5;
    private static final double LARGEST_RADIUS = 12.5;
    private static final double LARGEST_TURN = Math.toRadians(30);
    private static final double TEXTURE = 0.16;
    private static final double NOISE = 0.08;
    private static final int SAMPLES = 4;

    private final SplittableRandom stream;
    private final ShapeForm form;

    private ShapePainter(ShapeForm form, SplittableRandom stream) {
        this.form = form;
        this.stream = stream;
    }

    /** Writes the bytes of a new image to {@code out} from {@code offset} on. */
    static void paint(ShapeForm form, SplittableRandom stream, byte[] out, int offset) {
        new ShapePainter(form, stream).paint(out, offset);
    }

    private void paint(byte[] out, int offset) {
        double[] background = colour();
        double[] foreground = colour();
        while (lightness(foreground) - lightness(background) < CONTRAST) {
            background = colour();
            foreground = colour();
        }
        Surface behind = new Surface(background, ShapeTexture.random(stream), tint());
        Surface figure = new Surface(foreground, ShapeTexture.random(stream), tint());
        double[] coverage = coverage();
        for (int channel = 0; channel < CHANNELS; channel++) {
            for (int pixel = 0; pixel < coverage.length; pixel++) {
                double x = pixel % WIDTH + 0.5;
                double y = Math.floorDiv(pixel, WIDTH) + 0.5;
                double value = coverage[pixel] * figure.at(channel, x, y) + (1 - coverage[pixel]) * behind.at(channel, x, y);
                // The sum of two uniform values: bell-shaped enough, and the same bits on every Java.
                double noise = NOISE * (stream.nextDouble() + stream.nextDouble() - 1);
                out[offset + channel * coverage.length + pixel] = (byte) Math.round(255 * Math.max(0, Math.min(1, value + noise)));
            }
        }
    }

    /** @param tint amplitude of the texture in each channel */
    private record Surface(double[] colour, ShapeTexture texture, double[] tint) {
        double at(int channel, double x, double y) {
            return colour[channel] + tint[channel] * texture.at(x, y);
        }
    }

    private double[] colour() {
        return new double[] {0.1 + 0.8 * stream.nextDouble(), 0.1 + 0.8 * stream.nextDouble(), 0.1 + 0.8 * stream.nextDouble()};
    }

    /** The amplitude of a texture in each channel. */
    private double[] tint() {
        double strength = TEXTURE * (0.3 + 0.7 * stream.nextDouble());
        double[] tint = new double[CHANNELS];
        for (int channel = 0; channel < tint.length; channel++) {
            tint[channel] = strength * (0.4 + 0.6 * stream.nextDouble());
        }
        return tint;
    }

    private static double lightness(double[] colour) {
        return (colour[0] + colour[1] + colour[2]) / 3;
    }

    /** The part of each pixel that the figure covers, in [0, 1], [32 * 32]. */
    private double[] coverage() {
        double radius = SMALLEST_RADIUS + (LARGEST_RADIUS - SMALLEST_RADIUS) * stream.nextDouble();
        double turn = LARGEST_TURN * (2 * stream.nextDouble() - 1);
        double centreX = within(radius, WIDTH);
        double centreY = within(radius, HEIGHT);
        double cos = StrictMath.cos(turn) / radius;
        double sin = StrictMath.sin(turn) / radius;
        double[] coverage = new double[HEIGHT * WIDTH];
        for (int row = 0; row < HEIGHT * SAMPLES; row++) {
            for (int column = 0; column < WIDTH * SAMPLES; column++) {
                double right = (column + 0.5) / SAMPLES - centreX;
                double up = centreY - (row + 0.5) / SAMPLES;
                if (form.contains(cos * right + sin * up, cos * up - sin * right)) {
                    coverage[row / SAMPLES * WIDTH + column / SAMPLES] += 1.0 / (SAMPLES * SAMPLES);
                }
            }
        }
        return coverage;
    }

    /** A centre that leaves a figure of this radius inside the image. */
    private double within(double radius, int length) {
        double room = Math.max(0, length / 2.0 - radius);
        return length / 2.0 + room * (2 * stream.nextDouble() - 1);
    }
}
