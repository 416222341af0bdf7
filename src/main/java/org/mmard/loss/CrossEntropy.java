package org.mmard.loss;

import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mmard.engine.Logits;

/**
 * CE_n = -sum_c q_c log p_{n,c}, p = softmax(z), with q the label's one-hot vector, a share s of which is spread evenly over all C classes
 * (Szegedy et al., arXiv 1512.00567): q_y = 1 - s + s/C, q_c = s/C elsewhere. d CE_n / dz_c = p_c - q_c.
 *
 * @param smoothing s, in [0, 1)
 */
public record CrossEntropy(Prediction of, double smoothing) implements OfOnePrediction, DeviceTerm {
    /** Where log(1 + exp a) is a, and exp a not yet infinite. */
    private static final double LINEAR = 700;

    public CrossEntropy {
        if (!(smoothing >= 0 && smoothing < 1)) {
            throw new IllegalArgumentException("label smoothing " + smoothing);
        }
    }

    /** -log p_y: without smoothing. */
    public CrossEntropy(Prediction of) {
        this(of, 0);
    }

    @Override
    public String name() {
        return "CE(" + of.symbol() + (smoothing == 0 ? ",y)" : ",smoothed y)");
    }

    @Override
    public double[] evaluate(Predictions predictions, double[] cotangents, Map<Prediction, Logits> gradients) {
        Logits logits = predictions.get(of);
        double[] gradient = Gradients.of(gradients, of).values();
        double[] logP = new double[logits.classes()];
        double[] values = new double[logits.examples()];
        double elsewhere = smoothing / logP.length;
        for (int n = 0; n < values.length; n++) {
            Softmax.logProbabilities(logits, n, 1, logP);
            int label = predictions.labels()[n];
            values[n] = -(1 - smoothing) * logP[label];
            for (int c = 0; c < logP.length; c++) {
                if (smoothing > 0) {
                    values[n] -= elsewhere * logP[c];
                }
                // expm1, because p - 1 rounds to 0 where the label is all but certain, and the attack steps by the sign of what is left
                double byLogit = c == label ? Math.expm1(logP[c]) + smoothing : Math.exp(logP[c]);
                gradient[n * logP.length + c] += cotangents[n] * (byLogit - elsewhere);
            }
        }
        return values;
    }

    /** -log p_y = log(1 + exp(log sum_{c != y} exp z_c - z_y)), whose gradient does not round to 0 where the label is all but certain. */
    @Override
    public Tensor values(DevicePredictions predictions) {
        Tensor odds = predictions.ofOthers(of).logsumexp(new long[] {1}, true).sub(predictions.ofLabel(of)).squeeze(1);
        Tensor ofLabel = torch.softplus(odds, new Scalar(1.0), new Scalar(LINEAR));
        if (smoothing == 0) {
            return ofLabel;
        }
        Tensor logP = predictions.get(of).log_softmax(1);
        return ofLabel.mul(new Scalar(1 - smoothing)).sub(logP.mean(1).mul(new Scalar(smoothing)));
    }
}
