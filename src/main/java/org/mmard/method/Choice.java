package org.mmard.method;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.mmard.failure.InputError;

/** One of several named things. */
final class Choice {
    private Choice() {}

    /**
     * The one of {@code known} whose {@code toString} is the value.
     *
     * @throws InputError naming the key and listing the known names
     */
    static <E> E of(String key, String value, E[] known) {
        return Arrays.stream(known).filter(one -> one.toString().equals(value)).findFirst().orElseThrow(() -> new InputError(
                key + " is \"" + value + "\": give one of "
                        + Arrays.stream(known).map(Object::toString).collect(Collectors.joining(", "))));
    }
}
