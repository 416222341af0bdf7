package org.mmard.method;

import org.mmard.failure.InputError;
import org.mmard.registry.Named;
import org.mmard.registry.Registry;

/**
 * A key's value of the form {@code NAME} or {@code NAME + ADDITION}.
 *
 * @param choice the one named
 * @param extended whether the addition is there
 */
record Selection<E extends Named>(E choice, boolean extended) {
    /** @throws InputError naming the key and listing what is known, for a name or an addition that is not */
    static <E extends Named> Selection<E> of(String key, String value, Registry<E> known, String addition) {
        String[] parts = value.split("\\+", -1);
        String name = parts[0].strip();
        E choice = known.find(name)
                .orElseThrow(() -> new InputError(key + " is \"" + name + "\": give one of " + known.names()));
        boolean extended = parts.length == 2 && parts[1].strip().equals(addition);
        if (parts.length > 1 && !extended) {
            throw new InputError(key + " is \"" + value + "\": the only addition is \"" + choice.name() + " + " + addition + "\"");
        }
        return new Selection<>(choice, extended);
    }

    InputError refusal(String key, String addition, String why) {
        return new InputError(key + " is \"" + choice.name() + " + " + addition + "\": " + why + "; leave the addition out");
    }
}
