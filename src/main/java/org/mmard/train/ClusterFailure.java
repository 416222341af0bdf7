package org.mmard.train;

import org.jspecify.annotations.Nullable;
import org.mmard.failure.RunStopped;

/**
 * The cluster failed a run: an executor was lost, nothing moves any more, or whoever ran the epochs is gone. Nothing is wrong with the run
 * itself: it can go on from its newest checkpoint, with executors that were not part of this.
 */
public final class ClusterFailure extends RunStopped {
    private static final long serialVersionUID = 1L;

    /** @param what happened, in one line without a full stop, such as {@code executor 1 was lost (its process ended)} */
    public ClusterFailure(String what, @Nullable Throwable cause) {
        super(what, cause);
    }
}
