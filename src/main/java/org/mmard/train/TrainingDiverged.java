package org.mmard.train;

import org.mmard.failure.RunStopped;

/**
 * A run in which too many losses or gradients, or the parameters, are no longer finite. Nothing else is wrong: another run may go on where
 * this one ran.
 */
public final class TrainingDiverged extends RunStopped {
    private static final long serialVersionUID = 1L;

    public TrainingDiverged(String message) {
        super(message);
    }
}
