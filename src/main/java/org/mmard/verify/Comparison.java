package org.mmard.verify;

/**
 * One quantity of a fixture and how far this project's result is from it.
 *
 * @param subject what it is a quantity of: a method, an attack, a network or an operation
 * @param quantity such as {@code loss} or {@code g0}
 * @param deviation the largest over all entries, absolute or relative as docs/verify.md says; NaN where a result is not a number
 * @param tolerance in the same unit
 */
public record Comparison(String subject, String quantity, double deviation, double tolerance) {
    /** What is not a number never passes. */
    public boolean passes() {
        return deviation <= tolerance;
    }

    /** max |found - expected| over all entries; NaN where there are none, or one is not a number. */
    static double largestDifference(double[] expected, double[] found) {
        if (expected.length != found.length) {
            throw new IllegalArgumentException(found.length + " values for " + expected.length);
        }
        double largest = expected.length == 0 ? Double.NaN : 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(found[i] - expected[i]));
        }
        return largest;
    }

    static double[] doubles(float[] values) {
        double[] doubles = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            doubles[i] = values[i];
        }
        return doubles;
    }

    /** max |value|, 0 for no values. */
    static double largest(double[] values) {
        double largest = 0;
        for (double value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }
}
