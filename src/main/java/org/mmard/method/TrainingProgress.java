package org.mmard.method;

/**
 * A point in a training run: some methods change with it.
 *
 * @param epoch the epoch under way, counted from 1
 * @param epochs how many the run has, above 0
 */
public record TrainingProgress(double epoch, double epochs) {
    public TrainingProgress {
        if (!(epoch >= 0 && epochs > 0) || Double.isInfinite(epoch / epochs)) {
            throw new IllegalArgumentException("epoch " + epoch + " of " + epochs);
        }
    }

    /** The end of a run of so many epochs: every term that ever counts does. */
    public static TrainingProgress end(double epochs) {
        return new TrainingProgress(epochs, epochs);
    }

    /** epoch / epochs: 1/epochs in the first epoch, 1 in the last. */
    public double share() {
        return epoch / epochs;
    }
}
