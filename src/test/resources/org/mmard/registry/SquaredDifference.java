package org.example;

import java.util.Map;
import java.util.Set;
import org.mmard.engine.Logits;
import org.mmard.loss.Prediction;
import org.mmard.loss.Predictions;
import org.mmard.loss.Term;

/** L_n = sum_c (S(x')_c - T(x')_c)^2, the teacher a constant: d L_n / d S(x')_c = 2 (S(x')_c - T(x')_c). */
public record SquaredDifference() implements Term {
    @Override
    public String name() {
        return "|S(x')-T(x')|^2";
    }

    @Override
    public Set<Prediction> reads() {
        return Set.of(Prediction.STUDENT_ADVERSARIAL, Prediction.TEACHER_ADVERSARIAL);
    }

    @Override
    public Set<Prediction> differentiates() {
        return Set.of(Prediction.STUDENT_ADVERSARIAL);
    }

    @Override
    public double[] evaluate(Predictions predictions, double[] cotangents, Map<Prediction, Logits> gradients) {
        Logits student = predictions.get(Prediction.STUDENT_ADVERSARIAL);
        Logits teacher = predictions.get(Prediction.TEACHER_ADVERSARIAL);
        double[] gradient = gradients.get(Prediction.STUDENT_ADVERSARIAL).values();
        double[] values = new double[student.examples()];
        for (int n = 0; n < values.length; n++) {
            for (int c = 0; c < student.classes(); c++) {
                double difference = student.get(n, c) - teacher.get(n, c);
                values[n] += difference * difference;
                gradient[n * student.classes() + c] += cotangents[n] * 2 * difference;
            }
        }
        return values;
    }
}
