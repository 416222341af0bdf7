package org.mmard.method;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mmard.loss.Objective;
import org.mmard.loss.Prediction;

/**
 * How a student is trained: x' maximises the inner objective inside the ball around x, the student minimises the outer loss. Immutable.
 *
 * @param inner J(x'), or empty where no attack is made: then x' is x, and the outer loss reads nothing at x'. Only predictions at x' have a
 *     gradient; what it reads at x is computed once before the attack and held fixed
 * @param outer L. Only the student's predictions have a gradient
 * @param studentForwards the student's predictions of the outer loss, in the order of their train-mode forwards: it decides what batch norm's
 *     running statistics become
 */
public record Method(Optional<Objective> inner, Objective outer, List<Prediction> studentForwards) {
    /** @throws IllegalArgumentException where a gradient would flow where none may, or the forwards are not what the outer loss reads */
    public Method {
        studentForwards = List.copyOf(studentForwards);
        if (inner.isPresent() && !inner.get().differentiates().stream().allMatch(Prediction::ofAdversarial)) {
            throw new IllegalArgumentException("the inner objective has a gradient for " + inner.get().differentiates());
        }
        if (outer.differentiates().stream().anyMatch(Prediction::ofTeacher)) {
            throw new IllegalArgumentException("the outer loss has a gradient for " + outer.differentiates());
        }
        if (inner.isEmpty() && outer.reads().stream().anyMatch(Prediction::ofAdversarial)) {
            throw new IllegalArgumentException("the outer loss reads " + outer.reads() + " but no attack is made");
        }
        Set<Prediction> ofStudent = EnumSet.noneOf(Prediction.class);
        outer.reads().stream().filter(which -> !which.ofTeacher()).forEach(ofStudent::add);
        if (studentForwards.size() != ofStudent.size() || !ofStudent.containsAll(studentForwards)) {
            throw new IllegalArgumentException("forwards " + studentForwards + " for a loss that reads " + outer.reads());
        }
    }

    /** Whether x' is another image than x. */
    public boolean attacks() {
        return inner.isPresent();
    }

    public boolean needsTeacher() {
        return reads().stream().anyMatch(Prediction::ofTeacher);
    }

    /** Every prediction that the inner objective or the outer loss needs. */
    public Set<Prediction> reads() {
        Set<Prediction> reads = EnumSet.copyOf(outer.reads());
        inner.ifPresent(objective -> reads.addAll(objective.reads()));
        return reads;
    }
}
