package org.mmard.method;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mmard.engine.Logits;
import org.mmard.loss.Objective;
import org.mmard.loss.Prediction;
import org.mmard.loss.Predictions;

/**
 * An outer loss where no attack is made: x' = x, so that every prediction of a network is S(x) or T(x). One forward gives both predictions,
 * and their gradients add up.
 */
record OnNaturalImages(Objective objective) implements Objective {
    @Override
    public Set<Prediction> reads() {
        return natural(objective.reads());
    }

    @Override
    public Set<Prediction> differentiates() {
        return natural(objective.differentiates());
    }

    @Override
    public List<String> terms() {
        return objective.terms();
    }

    @Override
    public boolean comparesANetworkWithItself() {
        return objective.comparesANetworkWithItself();
    }

    @Override
    public Value evaluate(Predictions predictions) {
        Predictions both = new Predictions(predictions.labels());
        for (Prediction which : objective.reads()) {
            both.with(which, predictions.get(natural(which)));
        }
        Value value = objective.evaluate(both);
        Map<Prediction, Logits> gradients = new EnumMap<>(Prediction.class);
        value.gradients().forEach((which, gradient) -> gradients.merge(natural(which), gradient, OnNaturalImages::sum));
        return new Value(value.total(), value.byTerm(), gradients);
    }

    private static Set<Prediction> natural(Set<Prediction> some) {
        Set<Prediction> natural = EnumSet.noneOf(Prediction.class);
        some.forEach(which -> natural.add(natural(which)));
        return natural;
    }

    static Prediction natural(Prediction which) {
        return which.ofTeacher() ? Prediction.TEACHER_NATURAL : Prediction.STUDENT_NATURAL;
    }

    private static Logits sum(Logits one, Logits other) {
        double[] sum = one.values().clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += other.values()[i];
        }
        return new Logits(sum, one.examples(), one.classes());
    }
}
