package org.mmard.step;

import org.mmard.engine.Classifier;

/**
 * The teacher as one step runs it.
 *
 * @param exact for what the losses read, and for attacks that compare networks with themselves or run in train mode
 * @param inAttack for T(x') while x' climbs otherwise: perhaps of another precision, perhaps the same object
 */
record FrozenTeacher(Classifier exact, Classifier inAttack) implements AutoCloseable {
    @Override
    public void close() {
        exact.close();
        if (inAttack != exact) {
            inAttack.close();
        }
    }
}
