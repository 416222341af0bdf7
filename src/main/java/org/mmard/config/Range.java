package org.mmard.config;

/** Which real numbers a key takes. @param words completes "give ..." */
record Range(double low, boolean withLow, double high, boolean withHigh, String words) {
    static final Range ABOVE_ZERO = new Range(0, false, Double.MAX_VALUE, true, "a finite number above 0");
    static final Range ZERO_OR_ABOVE = new Range(0, true, Double.MAX_VALUE, true, "a finite number, 0 or above");
    static final Range FRACTION = new Range(0, true, 1, true, "a number from 0 to 1");
    static final Range FRACTION_ABOVE_ZERO = new Range(0, false, 1, true, "a number above 0, up to 1");
    static final Range FRACTION_BELOW_ONE = new Range(0, true, 1, false, "a number from 0 up to but not including 1");

    boolean contains(double value) {
        return (withLow ? value >= low : value > low) && (withHigh ? value <= high : value < high);
    }
}
