package org.mmard.spark;

import org.mmard.train.RunStopped;

/** An executor went away during training, and with it a part of the run's state. The run's last checkpoint is where it can go on. */
public final class ExecutorLost extends RunStopped {
    private static final long serialVersionUID = 1L;

    ExecutorLost(String executor, String reason, Throwable cause) {
        super("executor " + executor + " was lost (" + reason + "); training stopped: resume from its last checkpoint with --resume", cause);
    }
}
