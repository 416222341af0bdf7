package org.mmard.loss;

import java.util.Map;
import org.mmard.engine.Logits;

/** What terms add their gradients to. */
final class Gradients {
    private Gradients() {}

    /** @throws IllegalStateException where there is none of that prediction: a term differentiates what it does not name */
    static Logits of(Map<Prediction, Logits> gradients, Prediction which) {
        Logits found = gradients.get(which);
        if (found == null) {
            throw new IllegalStateException("no gradient by " + which.symbol() + " was asked for");
        }
        return found;
    }
}
