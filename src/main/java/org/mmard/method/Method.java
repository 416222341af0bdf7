package org.mmard.method;

import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mmard.loss.Objective;
import org.mmard.loss.Prediction;

/**
 * How a student is trained: x' maximises the inner objective inside the ball around x, the student minimises the outer loss. Immutable.
 *
 * @param inner J(x'), or empty where no attack is made: then x' is x, and the outer loss reads nothing elsewhere. Only predictions at x'
 *     have a gradient; what it reads at x is computed once before the attack and held fixed
 * @param outer L. Only the student's predictions have a gradient
 * @param studentForwards the student's predictions in the order of their train-mode forwards, all that the outer loss reads and perhaps
 *     more. It decides what batch norm's running statistics become: a repeated forward gives the same logits and moves them once more
 * @param linearisation lambda of the linearised teacher T~(x'): factor of the first-order change of the label's logit from x to x'
 */
public record Method(Optional<Objective> inner, Objective outer, List<Prediction> studentForwards, double linearisation) {
    /** @throws IllegalArgumentException where a gradient would flow where none may, or a forward is missing */
    public Method {
        studentForwards = List.copyOf(studentForwards);
        if (inner.isPresent() && !inner.get().differentiates().stream().allMatch(Prediction::ofAdversarial)) {
            throw new IllegalArgumentException("the inner objective has a gradient for " + inner.get().differentiates());
        }
        if (inner.isPresent() && inner.get().reads().stream().anyMatch(which -> which.image() == Prediction.Image.MIRRORED)) {
            throw new IllegalArgumentException("the inner objective reads " + inner.get().reads());
        }
        if (outer.differentiates().stream().anyMatch(Prediction::ofTeacher) || outer.reads().contains(Prediction.TEACHER_LINEARISED)) {
            throw new IllegalArgumentException("the outer loss reads " + outer.reads() + ", with a gradient for " + outer.differentiates());
        }
        if (inner.isEmpty() && (leavesNatural(outer.reads()) || leavesNatural(studentForwards))) {
            throw new IllegalArgumentException(
                    "the outer loss reads " + outer.reads() + ", with forwards " + studentForwards + ", but no attack is made");
        }
        if (studentForwards.isEmpty() || studentForwards.stream().anyMatch(Prediction::ofTeacher)
                || !outer.reads().stream().filter(which -> !which.ofTeacher()).allMatch(studentForwards::contains)) {
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

    /** Whether any of these is of another image than x. */
    static boolean leavesNatural(Collection<Prediction> some) {
        return some.stream().anyMatch(which -> which.image() != Prediction.Image.NATURAL);
    }
}
