package org.mmard.loss;

import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import org.mmard.engine.Logits;

/**
 * IGDM's term (Lee, Cho and Kim, arXiv 2312.03286), as its published code has it: KL(softmax(T(x+d) - T(x-d)) || softmax(S(x+d) - S(x-d))),
 * d = x' - x. A difference of logits across x stands for the gradient there, which the student is to have like its teacher. The teacher is
 * a constant.
 */
public record IndirectGradient() implements Term {
    private static final Term DIVERGENCE = KlDivergence.of(Prediction.TEACHER_ADVERSARIAL, Prediction.STUDENT_ADVERSARIAL);

    @Override
    public String name() {
        return "KL(T(x')-T(x-d)||S(x')-S(x-d))";
    }

    @Override
    public Set<Prediction> reads() {
        return Set.of(Prediction.TEACHER_ADVERSARIAL, Prediction.TEACHER_MIRRORED, Prediction.STUDENT_ADVERSARIAL,
                Prediction.STUDENT_MIRRORED);
    }

    @Override
    public Set<Prediction> differentiates() {
        return Set.of(Prediction.STUDENT_ADVERSARIAL, Prediction.STUDENT_MIRRORED);
    }

    @Override
    public double[] evaluate(Predictions predictions, double[] cotangents, Map<Prediction, Logits> gradients) {
        Predictions differences = new Predictions(predictions.labels())
                .with(Prediction.TEACHER_ADVERSARIAL, difference(predictions, Prediction.TEACHER_ADVERSARIAL, Prediction.TEACHER_MIRRORED))
                .with(Prediction.STUDENT_ADVERSARIAL, difference(predictions, Prediction.STUDENT_ADVERSARIAL, Prediction.STUDENT_MIRRORED));
        Logits byDifference = Logits.zeros(cotangents.length, predictions.get(Prediction.STUDENT_ADVERSARIAL).classes());
        Map<Prediction, Logits> through = new EnumMap<>(Map.of(Prediction.STUDENT_ADVERSARIAL, byDifference));
        double[] values = DIVERGENCE.evaluate(differences, cotangents, through);
        double[] byAdversarial = Gradients.of(gradients, Prediction.STUDENT_ADVERSARIAL).values();
        double[] byMirrored = Gradients.of(gradients, Prediction.STUDENT_MIRRORED).values();
        for (int i = 0; i < byAdversarial.length; i++) {
            byAdversarial[i] += byDifference.values()[i];
            byMirrored[i] -= byDifference.values()[i];
        }
        return values;
    }

    private static Logits difference(Predictions predictions, Prediction one, Prediction other) {
        double[] difference = predictions.get(one).values().clone();
        double[] subtracted = predictions.get(other).values();
        for (int i = 0; i < difference.length; i++) {
            difference[i] -= subtracted[i];
        }
        return new Logits(difference, predictions.get(one).examples(), predictions.get(one).classes());
    }
}
