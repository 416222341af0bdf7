package org.mmard.loss;

import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.mmard.engine.Logits;

/**
 * KL_n(P||Q) = sum_c p_c (log p_c - log q_c), p = softmax(z_P / t), q = softmax(z_Q / t). A class with p_c = 0 counts nothing.
 *
 * <p>d KL / dz_Q,c = (q_c - p_c) / t; where the gradient also flows through the target P, d KL / dz_P,c = p_c (log p_c - log q_c - KL) / t.
 * The factor t^2 of Hinton's distillation belongs into the term's weight.
 *
 * @param target P
 * @param of Q
 * @param throughTarget whether P is differentiated too, or a constant
 * @param temperature t, above 0
 * @param floor f of log(p_c + f), which some public codes write for log p_c in the constant part of a detached target: the value is off by
 *     up to C f, the gradient is the same; 0 for the divergence proper
 */
public record KlDivergence(Prediction target, Prediction of, boolean throughTarget, double temperature, double floor)
        implements DeviceTerm {
    public KlDivergence {
        if (target == of) {
            throw new IllegalArgumentException("KL of " + of.symbol() + " with itself");
        }
        if (!(temperature > 0 && Double.isFinite(temperature))) {
            throw new IllegalArgumentException("temperature " + temperature);
        }
        if (!(floor >= 0 && floor < 1) || (floor > 0 && throughTarget)) {
            throw new IllegalArgumentException("floor " + floor);
        }
    }

    public KlDivergence(Prediction target, Prediction of, boolean throughTarget, double temperature) {
        this(target, of, throughTarget, temperature, 0);
    }

    /** KL(target||of) at temperature 1, the target a constant: the usual one in distillation. */
    public static KlDivergence of(Prediction target, Prediction of) {
        return new KlDivergence(target, of, false, 1);
    }

    /** The same divergence at another temperature. */
    public KlDivergence at(double otherTemperature) {
        return new KlDivergence(target, of, throughTarget, otherTemperature, floor);
    }

    /** The same divergence with a floor under the target's constant part. */
    public KlDivergence floored(double otherFloor) {
        return new KlDivergence(target, of, throughTarget, temperature, otherFloor);
    }

    /** The same divergence with gradient flowing through both sides. */
    public KlDivergence differentiatingTarget() {
        return new KlDivergence(target, of, true, temperature, floor);
    }

    @Override
    public String name() {
        String divergence = "KL(" + target.symbol() + "||" + of.symbol() + ")";
        return temperature == 1 ? divergence : divergence + "^" + temperature;
    }

    @Override
    public Set<Prediction> reads() {
        return Set.of(target, of);
    }

    @Override
    public Set<Prediction> differentiates() {
        return throughTarget ? Set.of(target, of) : Set.of(of);
    }

    @Override
    public boolean comparesANetworkWithItself() {
        return target.ofTeacher() == of.ofTeacher();
    }

    @Override
    public double[] evaluate(Predictions predictions, double[] cotangents, Map<Prediction, Logits> gradients) {
        Logits targetLogits = predictions.get(target);
        Logits ofLogits = predictions.get(of);
        int classes = ofLogits.classes();
        double[] ofGradient = Gradients.of(gradients, of).values();
        double[] logP = new double[classes];
        double[] logQ = new double[classes];
        double[] values = new double[ofLogits.examples()];
        for (int n = 0; n < values.length; n++) {
            Softmax.logProbabilities(targetLogits, n, temperature, logP);
            Softmax.logProbabilities(ofLogits, n, temperature, logQ);
            double scale = cotangents[n] / temperature;
            for (int c = 0; c < classes; c++) {
                double p = Math.exp(logP[c]);
                if (p > 0) {
                    values[n] += p * ((floor == 0 ? logP[c] : Math.log(p + floor)) - logQ[c]);
                }
                ofGradient[n * classes + c] += scale * (Math.exp(logQ[c]) - p);
            }
            if (throughTarget) {
                addTargetGradient(logP, logQ, values[n], scale, Gradients.of(gradients, target).values(), n * classes);
            }
        }
        return values;
    }

    @Override
    public Tensor values(DevicePredictions predictions) {
        Tensor logP = logProbabilities(throughTarget ? predictions.get(target) : predictions.get(target).detach());
        Tensor logQ = logProbabilities(predictions.get(of));
        Tensor p = logP.exp();
        return p.mul((floor == 0 ? logP : p.add(new Scalar(floor)).log()).sub(logQ)).sum(1);
    }

    private Tensor logProbabilities(Tensor logits) {
        return logits.div(new Scalar(temperature)).log_softmax(1);
    }

    private static void addTargetGradient(double[] logP, double[] logQ, double divergence, double scale, double[] gradient, int row) {
        for (int c = 0; c < logP.length; c++) {
            double p = Math.exp(logP[c]);
            if (p > 0) {
                gradient[row + c] += scale * p * (logP[c] - logQ[c] - divergence);
            }
        }
    }
}
