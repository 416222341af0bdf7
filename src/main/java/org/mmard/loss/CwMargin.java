package org.mmard.loss;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.mmard.engine.Logits;

/**
 * The margin of Carlini and Wagner (2017), as PGD climbs it in "CW-inf": M_n = max_{j != y} z_j - z_y, above 0 exactly where the example is
 * misclassified. d M_n / dz is 1 at that j (the first of equals), -1 at y.
 */
public record CwMargin(Prediction of) implements OfOnePrediction, DeviceTerm {
    @Override
    public String name() {
        return "margin(" + of.symbol() + ",y)";
    }

    @Override
    public double[] evaluate(Predictions predictions, double[] cotangents, Map<Prediction, Logits> gradients) {
        Logits logits = predictions.get(of);
        double[] gradient = Gradients.of(gradients, of).values();
        double[] values = new double[logits.examples()];
        for (int n = 0; n < values.length; n++) {
            int label = predictions.labels()[n];
            int rival = logits.strongestRival(n, label);
            values[n] = logits.get(n, rival) - logits.get(n, label);
            gradient[n * logits.classes() + rival] += cotangents[n];
            gradient[n * logits.classes() + label] -= cotangents[n];
        }
        return values;
    }

    @Override
    public Tensor values(DevicePredictions predictions) {
        return predictions.ofOthers(of).max(1).get0().sub(predictions.ofLabel(of).squeeze(1));
    }
}
