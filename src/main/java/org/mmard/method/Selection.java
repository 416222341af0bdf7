package org.mmard.method;

import org.mmard.failure.InputError;

/**
 * A key's value of the form {@code NAME} or {@code NAME + ADDITION}.
 *
 * @param choice the one named
 * @param extended whether the addition is there
 */
record Selection<E>(E choice, boolean extended) {
    /** @throws InputError naming the key and listing what is known, for a name or an addition that is not */
    static <E> Selection<E> of(String key, String value, E[] known, String addition) {
        String[] parts = value.split("\\+", -1);
        E choice = Choice.of(key, parts[0].strip(), known);
        boolean extended = parts.length == 2 && parts[1].strip().equals(addition);
        if (parts.length > 1 && !extended) {
            throw new InputError(key + " is \"" + value + "\": the only addition is \"" + choice + " + " + addition + "\"");
        }
        return new Selection<>(choice, extended);
    }

    InputError refusal(String key, String addition, String why) {
        return new InputError(key + " is \"" + choice + " + " + addition + "\": " + why + "; leave the addition out");
    }
}
