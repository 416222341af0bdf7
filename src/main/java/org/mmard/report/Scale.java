package org.mmard.report;

import java.util.ArrayList;
import java.util.List;

/**
 * An axis: from values to places on the drawing.
 *
 * @param low, high its ends, low below high
 * @param logarithmic whether equal factors are equally far apart; both ends are then above 0
 * @param step between two ticks of a linear axis
 * @param from, to the places of the ends
 */
record Scale(double low, double high, boolean logarithmic, double step, double from, double to) {
    private static final double[] STEPS = {1, 2, 2.5, 5, 10};
    private static final int INTERVALS = 4;

    /** An axis with round ends and about five ticks, that all of these values are on. */
    static Scale around(double least, double most, double from, double to) {
        // Values that are all one have room around them.
        double span = most > least ? most - least : Math.max(Math.abs(most), 1e-9) / 2;
        double low = most > least ? least : least - span / 2;
        double high = most > least ? most : most + span / 2;
        double step = roundStep((high - low) / INTERVALS);
        return new Scale(step * Math.floor(low / step + 1e-9), step * Math.ceil(high / step - 1e-9), false, step, from, to);
    }

    /** As {@link #around}, over whole powers of ten. */
    static Scale powersAround(double least, double most, double from, double to) {
        double low = Math.pow(10, Math.floor(Math.log10(least) + 1e-9));
        double high = Math.pow(10, Math.ceil(Math.log10(most) - 1e-9));
        return new Scale(low, high > low ? high : 10 * low, true, 0, from, to);
    }

    /** An axis with these very ends and ticks at whole numbers. */
    static Scale counting(double low, double high, double from, double to) {
        return new Scale(low, high, false, Math.max(1, roundStep((high - low) / (INTERVALS + 1))), from, to);
    }

    private static double roundStep(double least) {
        double power = Math.pow(10, Math.floor(Math.log10(least)));
        for (double step : STEPS) {
            if (step * power >= least * (1 - 1e-9)) {
                return step * power;
            }
        }
        throw new IllegalArgumentException("no step of " + least);
    }

    double at(double value) {
        double share = logarithmic ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
        return from + share * (to - from);
    }

    /** The values that get a tick, rising. */
    List<Double> ticks() {
        List<Double> ticks = new ArrayList<>();
        if (logarithmic) {
            // Of many powers of ten, every second, third, ... has a tick.
            int powers = (int) Math.round(Math.log10(high / low));
            for (int power = 0; power <= powers; power += (powers + INTERVALS) / (INTERVALS + 1)) {
                ticks.add(low * Math.pow(10, power));
            }
        } else {
            double whole = step >= 1 ? Math.rint(step) : step;
            for (long n = (long) Math.ceil(low / whole - 1e-9); n * whole <= high + 1e-9 * whole; n++) {
                ticks.add(n * whole);
            }
        }
        return ticks;
    }
}
