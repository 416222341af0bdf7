package org.mmard.train;

import org.jspecify.annotations.Nullable;
import org.mmard.failure.RunStopped;

/** A run that was asked to stop, and did. Its message says where it can go on. */
public final class RunInterrupted extends RunStopped {
    private static final long serialVersionUID = 1L;

    private final String signal;

    RunInterrupted(String signal, String where, @Nullable Throwable cause) {
        super("stopped by " + signal + " " + where, cause);
        this.signal = signal;
    }

    /** The signal that asked for it, such as SIGTERM. */
    public String signal() {
        return signal;
    }
}
