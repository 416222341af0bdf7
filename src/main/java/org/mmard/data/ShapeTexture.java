package org.mmard.data;

import java.util.SplittableRandom;

/** A random pattern over the plane, in pixel units: every point has a value in [-1, 1]. */
sealed interface ShapeTexture {
    double at(double x, double y);

    /** One of the patterns, with random direction, phase and wavelength. */
    static ShapeTexture random(SplittableRandom stream) {
        double angle = stream.nextDouble() * 2 * Math.PI;
        double wavelength = 4 + 8 * stream.nextDouble();
        double phase = stream.nextDouble() * 2 * Math.PI;
        double along = StrictMath.cos(angle) * 2 * Math.PI / wavelength;
        double across = StrictMath.sin(angle) * 2 * Math.PI / wavelength;
        return switch (stream.nextInt(4)) {
            case 0 -> new Waves(along, across, phase);
            case 1 -> new Checks(along, across, phase);
            case 2 -> new Ramp(StrictMath.cos(angle) / 16, StrictMath.sin(angle) / 16);
            default -> Clouds.random(stream);
        };
    }

    /**
     * Parallel waves.
     *
     * @param u, v radians per pixel to the right and down
     */
    record Waves(double u, double v, double phase) implements ShapeTexture {
        @Override
        public double at(double x, double y) {
            return StrictMath.sin(u * x + v * y + phase);
        }
    }

    /** Two crossing waves, which make soft checks. */
    record Checks(double u, double v, double phase) implements ShapeTexture {
        @Override
        public double at(double x, double y) {
            return StrictMath.sin(u * x + v * y + phase) * StrictMath.sin(u * y - v * x + phase);
        }
    }

    /** A slow rise over the image. */
    record Ramp(double u, double v) implements ShapeTexture {
        @Override
        public double at(double x, double y) {
            return Math.max(-1, Math.min(1, u * (x - 16) + v * (y - 16)));
        }
    }

    /**
     * Random values on a coarse grid, smoothly joined.
     *
     * @param knots [9][9] values, 4 pixels apart
     */
    record Clouds(double[][] knots) implements ShapeTexture {
        private static final int SPACING = 4;
        private static final int KNOTS = 32 / SPACING + 1;

        static Clouds random(SplittableRandom stream) {
            double[][] knots = new double[KNOTS][KNOTS];
            for (double[] row : knots) {
                for (int i = 0; i < row.length; i++) {
                    row[i] = 2 * stream.nextDouble() - 1;
                }
            }
            return new Clouds(knots);
        }

        @Override
        public double at(double x, double y) {
            double column = Math.max(0, Math.min(KNOTS - 1.001, x / SPACING));
            double row = Math.max(0, Math.min(KNOTS - 1.001, y / SPACING));
            int j = (int) column;
            int i = (int) row;
            double right = smooth(column - j);
            double down = smooth(row - i);
            double above = knots[i][j] * (1 - right) + knots[i][j + 1] * right;
            double below = knots[i + 1][j] * (1 - right) + knots[i + 1][j + 1] * right;
            return above * (1 - down) + below * down;
        }

        private static double smooth(double t) {
            return t * t * (3 - 2 * t);
        }
    }
}
