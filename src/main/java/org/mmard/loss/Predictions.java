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

    public Predictions with(Prediction which, Logits values) {
        if (values.examples() != labels.length) {
            throw new IllegalArgumentException(values.examples() + " predictions for " + labels.length + " labels");
        }
        logits.put(which, values);
        return this;
    }

    public Logits get(Prediction which) {
        Logits found = logits.get(which);
        if (found == null) {
            throw new IllegalStateException(which + " was not computed");
        }
        return found;
    }

    public int[] labels() {
        return labels;
    }
}
