package org.mmard.failure;

/** A run that cannot go on, through no mistake that a check could have found beforehand. The message is one line for its user. */
public class RunStopped extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public RunStopped(String message) {
        super(message);
    }

    public RunStopped(String message, Throwable cause) {
        super(message, cause);
    }
}
