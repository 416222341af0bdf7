package org.mmard.loss;

import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import org.mmard.engine.Logits;

/** Batches of random logits for tests of what is computed from them. */
public final class RandomPredictions {
    private RandomPredictions() {}

    /** All four predictions, logits uniform in (-scale, scale), random labels. */
    public static Predictions of(long seed, int examples, int classes, double scale) {
        Random random = new Random(seed);
        Predictions predictions = new Predictions(random.ints(examples, 0, classes).toArray());
        for (Prediction which : Prediction.values()) {
            predictions.with(which, new Logits(random.doubles(examples * classes, -scale, scale).toArray(), examples, classes));
        }
        return predictions;
    }

    /** A copy in which one logit of one prediction is moved. */
    static Predictions moved(Predictions predictions, Prediction which, int index, double by) {
        double[] values = predictions.get(which).values().clone();
        values[index] += by;
        return replaced(predictions, which, new Logits(values, predictions.get(which).examples(), predictions.get(which).classes()));
    }

    /** A copy with another prediction in the place of one. */
    static Predictions replaced(Predictions predictions, Prediction which, Logits logits) {
        Predictions copy = new Predictions(predictions.labels());
        for (Prediction each : Prediction.values()) {
            copy.with(each, each == which ? logits : predictions.get(each));
        }
        return copy;
    }

    /** Zeros for everything a term differentiates. */
    static Map<Prediction, Logits> zeroGradients(Term term, Predictions predictions) {
        Map<Prediction, Logits> gradients = new EnumMap<>(Prediction.class);
        term.differentiates()
                .forEach(which -> gradients.put(which, Logits.zeros(predictions.labels().length, predictions.get(which).classes())));
        return gradients;
    }
}
