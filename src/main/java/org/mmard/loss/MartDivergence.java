package org.mmard.loss;

import java.util.Map;
import java.util.Set;
import org.mmard.engine.Logits;

/**
 * MART's second term (Wang et al., ICLR 2020, with the constants of its published code), for p = softmax(S(x)) and q = softmax(S(x')):
 * D_n (1.0000001 - p_y), D_n = sum_c p_c (log p_c - log(q_c + 1e-12)). Images that the student gets wrong count most. Gradient flows
 * through every p and q.
 */
public record MartDivergence() implements Term {
    private static final Prediction TARGET = Prediction.STUDENT_NATURAL;
    private static final Prediction OF = Prediction.STUDENT_ADVERSARIAL;
    private static final double FLOOR = 1e-12;
    private static final double CERTAIN = 1.0000001;

    @Override
    public String name() {
        return "KL(S(x)||S(x'))(1-p_y)";
    }

    @Override
    public Set<Prediction> reads() {
        return Set.of(TARGET, OF);
    }

    @Override
    public Set<Prediction> differentiates() {
        return Set.of(TARGET, OF);
    }

    @Override
    public double[] evaluate(Predictions predictions, double[] cotangents, Map<Prediction, Logits> gradients) {
        int classes = predictions.get(OF).classes();
        double[] logP = new double[classes];
        double[] p = new double[classes];
        double[] q = new double[classes];
        double[] byP = new double[classes];
        double[] byQ = new double[classes];
        double[] values = new double[cotangents.length];
        for (int n = 0; n < values.length; n++) {
            Softmax.logProbabilities(predictions.get(TARGET), n, 1, logP);
            Softmax.probabilities(predictions.get(OF), n, q);
            int label = predictions.labels()[n];
            double weight = CERTAIN - Math.exp(logP[label]);
            double divergence = 0;
            for (int c = 0; c < classes; c++) {
                p[c] = Math.exp(logP[c]);
                double logRatio = p[c] > 0 ? logP[c] - Math.log(q[c] + FLOOR) : 0;
                divergence += p[c] * logRatio;
                // d(p log p)/dp has a 1 besides, the same for every class: softmax's backward takes it out
                byP[c] = weight * logRatio;
                byQ[c] = -weight * p[c] / (q[c] + FLOOR);
            }
            byP[label] -= divergence;
            values[n] = weight * divergence;
            Softmax.backward(p, byP, cotangents[n], Gradients.of(gradients, TARGET), n);
            Softmax.backward(q, byQ, cotangents[n], Gradients.of(gradients, OF), n);
        }
        return values;
    }
}
