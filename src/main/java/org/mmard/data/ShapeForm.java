package org.mmard.data;

/**
 * The ten classes of the shapes data: plane figures told apart by form alone, of about the same area. A figure lies around the origin
 * within a circle of radius about 1; x points right, y up. The order is that of the labels.
 */
enum ShapeForm {
    CIRCLE {
        @Override
        boolean contains(double x, double y) {
            return x * x + y * y < 0.85 * 0.85;
        }
    },
    SQUARE {
        @Override
        boolean contains(double x, double y) {
            return Math.max(Math.abs(x), Math.abs(y)) < 0.76;
        }
    },
    TRIANGLE {
        @Override
        boolean contains(double x, double y) {
            return y > -0.65 && Math.abs(x) < (1.05 - y) * 0.6;
        }
    },
    CROSS {
        @Override
        boolean contains(double x, double y) {
            return Math.min(Math.abs(x), Math.abs(y)) < 0.27 && Math.max(Math.abs(x), Math.abs(y)) < 0.95;
        }
    },
    RING {
        @Override
        boolean contains(double x, double y) {
            double squared = x * x + y * y;
            return squared > 0.5 * 0.5 && squared < 0.95 * 0.95;
        }
    },
    STAR {
        @Override
        boolean contains(double x, double y) {
            double sector = Math.PI / 5;
            double angle = Math.abs(StrictMath.atan2(x, y));
            double folded = Math.abs(angle - 2 * sector * Math.floor(angle / (2 * sector) + 0.5));
            double radius = Math.sqrt(x * x + y * y);
            double along = radius * StrictMath.cos(folded);
            double across = radius * StrictMath.sin(folded);
            // The edge from the tip (TIP, 0) to the notch, which lies at the sector's other end.
            double notchAlong = STAR_NOTCH * StrictMath.cos(sector);
            double notchAcross = STAR_NOTCH * StrictMath.sin(sector);
            return (notchAlong - STAR_TIP) * across - notchAcross * (along - STAR_TIP) > 0;
        }
    },
    BARS {
        @Override
        boolean contains(double x, double y) {
            double height = Math.abs(y);
            return Math.abs(x) < 0.9 && (height < 0.19 || (height > 0.53 && height < 0.91));
        }
    },
    DIAMOND {
        @Override
        boolean contains(double x, double y) {
            return Math.abs(x) / 0.68 + Math.abs(y) / 1.1 < 1;
        }
    },
    CRESCENT {
        @Override
        boolean contains(double x, double y) {
            double inner = x - 0.45;
            return x * x + y * y < 0.95 * 0.95 && inner * inner + y * y > 0.72 * 0.72;
        }
    },
    HEART {
        @Override
        boolean contains(double x, double y) {
            double u = x * 1.25;
            double v = y * 1.25 + 0.1;
            double body = u * u + v * v - 1;
            return body * body * body < u * u * v * v * v;
        }
    };

    private static final double STAR_TIP = 1.1;
    private static final double STAR_NOTCH = 0.5;

    /** Whether a point lies in the figure. */
    abstract boolean contains(double x, double y);
}
