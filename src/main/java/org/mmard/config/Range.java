package org.mmard.config;

/** Which real numbers a key takes. */
public enum Range {
    FINITE(-Double.MAX_VALUE, true, Double.MAX_VALUE, true, "a finite number"),
    ABOVE_ZERO(0, false, Double.MAX_VALUE, true, "a finite number above 0"),
    ZERO_OR_ABOVE(0, true, Double.MAX_VALUE, true, "a finite number, 0 or above"),
    FRACTION(0, true, 1, true, "a number from 0 to 1"),
    FRACTION_ABOVE_ZERO(0, false, 1, true, "a number above 0, up to 1"),
    FRACTION_BELOW_ONE(0, true, 1, false, "a number from 0 up to but not including 1");

    private final double low;
    private final boolean withLow;
    private final double high;
    private final boolean withHigh;
    private final String words;

    Range(double low, boolean withLow, double high, boolean withHigh, String words) {
        this.low = low;
        this.withLow = withLow;
        this.high = high;
        this.withHigh = withHigh;
        this.words = words;
    }

    boolean contains(double value) {
        return (withLow ? value >= low : value > low) && (withHigh ? value <= high : value < high);
    }

    /** Completes "give ...". */
    String words() {
        return words;
    }
}
