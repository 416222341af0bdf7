package org.mmard.failure;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A mistake that its user can mend: a bad flag, key, file or value. The message is one line that names the thing and says what to do;
 * the command line prints it without a stack trace and exits with 2. Names and values in it may come from anywhere: they are made printable
 * here.
 */
public final class InputError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * A mistake that was found by looking.
     *
     * @param message one line: the file, key or value, what is wrong with it, and what to do
     */
    public InputError(String message) {
        super(Printable.line(message));
    }

    /**
     * A mistake that showed as another failure.
     *
     * @param message as above
     */
    public InputError(String message, @Nullable Throwable cause) {
        super(Printable.line(message), cause);
    }

    /** The line. */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }

    /** The mistake behind a failure, such as a Spark job's: a mistake may show on an executor first. */
    public static Optional<InputError> in(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof InputError mistake) {
                return Optional.of(mistake);
            }
        }
        return Optional.empty();
    }
}
