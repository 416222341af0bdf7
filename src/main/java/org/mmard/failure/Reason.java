package org.mmard.failure;

import java.nio.file.AccessDeniedException;

/** Why something failed, in one line. */
public final class Reason {
    private Reason() {}

    /** The first line of what a failure says, and the name of its class where it says nothing. */
    public static String of(Throwable failure) {
        // Its message is a file's name.
        if (failure instanceof AccessDeniedException) {
            return failure.getMessage() + " (Permission denied)";
        }
        String message = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        return message.lines().findFirst().orElse(message).strip();
    }
}
