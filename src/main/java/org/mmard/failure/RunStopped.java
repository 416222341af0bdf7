package org.mmard.failure;

import org.jspecify.annotations.Nullable;

/** A run that cannot go on, through no mistake that a check could have found beforehand. The message is one line for its user. */
public class RunStopped extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * A run that ends by what it has found itself.
     *
     * @param message one line: why, and what is kept
     */
    public RunStopped(String message) {
        super(message);
    }

    /**
     * A run that ends by another failure.
     *
     * @param message as above
     */
    public RunStopped(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** The line. */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
