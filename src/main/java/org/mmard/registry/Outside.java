package org.mmard.registry;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;
import org.mmard.failure.InputError;
import org.mmard.failure.Reason;
import org.mmard.failure.RunStopped;

/**
 * Calls of classes that jars beside us bring. What such a class throws, such as a bare {@code NullPointerException}, says nothing of whose it
 * is: here it becomes one line with the class's name and the place in it. What our own classes throw passes as it is.
 */
public final class Outside {
    private static final String OURS = "org.mmard.";

    private Outside() {}

    /**
     * What a thing answers to a question.
     *
     * @param one whom the question is put to
     * @throws InputError where it is from outside and fails by anything but an InputError or a {@link RunStopped} of its own, be it that it
     *     was compiled against another version
     */
    public static <T> T ask(Object one, Supplier<T> question) {
        try {
            return question.get();
        } catch (InputError | RunStopped e) {
            throw e;
        } catch (RuntimeException | LinkageError e) {
            if (isOurs(one)) {
                throw e;
            }
            String name = one.getClass().getName();
            String words = e.getMessage() == null ? "" : ": " + Reason.of(e);
            String place = place(name, e).map(at -> " at " + at).orElse("");
            throw new InputError(name + " failed with " + e.getClass().getName() + words + place + "; mend or remove it", e);
        }
    }

    /** The same, where nothing is answered. */
    public static void tell(Object one, Runnable what) {
        ask(one, () -> {
            what.run();
            return one;
        });
    }

    /** Whether a thing's class is one of this library. */
    public static boolean isOurs(Object one) {
        return one.getClass().getName().startsWith(OURS);
    }

    /** The innermost call in the file that has the class, such as {@code Darken.java:17}. */
    private static Optional<String> place(String name, Throwable failure) {
        String outermost = outermost(name);
        return Arrays.stream(failure.getStackTrace()).filter(frame -> outermost(frame.getClassName()).equals(outermost)).findFirst()
                .map(frame -> frame.getFileName() + ":" + frame.getLineNumber());
    }

    private static String outermost(String name) {
        int nested = name.indexOf('$');
        return nested < 0 ? name : name.substring(0, nested);
    }
}
