package org.mmard.loss;

import java.util.EnumMap;
import java.util.Map;
import org.mmard.engine.Logits;

/** The logits a loss may read, and the labels: one batch. Not every prediction is there in every batch. */
public final class Predictions {
    private final int[] labels;
    private final Map<Prediction, Logits> logits = new EnumMap<>(Prediction.class);

    /** @param labels class index of each example */
    public Predictions(int[] labels) {
        this.labels = labels;
    }

    /**
     * Sets or replaces a prediction.
     *
     * @throws IllegalArgumentException where examples or classes do not fit the labels or the predictions already here: a row that is read
     *     past its end would give a number, not an error
     */
    public Predictions with(Prediction which, Logits values) {
        if (values.examples() != labels.length) {
            throw new IllegalArgumentException(values.examples() + " predictions for " + labels.length + " labels");
        }
        for (int label : labels) {
            if (label < 0 || label >= values.classes()) {
                throw new IllegalArgumentException("label " + label + " for " + which.symbol() + " of " + values.classes() + " classes");
            }
        }
        for (Map.Entry<Prediction, Logits> other : logits.entrySet()) {
            if (other.getKey() != which && other.getValue().classes() != values.classes()) {
                throw new IllegalArgumentException(which.symbol() + " has " + values.classes() + " classes, "
                        + other.getKey().symbol() + " has " + other.getValue().classes());
            }
        }
        logits.put(which, values);
        return this;
    }

    /** Another collection with the same predictions, to which more may be added. */
    public Predictions copy() {
        Predictions copy = new Predictions(labels);
        copy.logits.putAll(logits);
        return copy;
    }

    /** Whether a prediction is here. */
    public boolean has(Prediction which) {
        return logits.containsKey(which);
    }

    /**
     * The logits of a prediction, shape [examples, classes].
     *
     * @throws IllegalStateException where it is not here: a term reads what it does not name
     */
    public Logits get(Prediction which) {
        Logits found = logits.get(which);
        if (found == null) {
            throw new IllegalStateException(which.symbol() + " was not computed");
        }
        return found;
    }

    /** Class index of each example; not a copy. */
    public int[] labels() {
        return labels;
    }
}
