package org.mmard.run;

/** Accuracy on the validation part, clean and under PGD: fractions in [0, 1] of so many examples. */
public record ValidationAccuracy(double clean, double robust, int examples) {}
