package org.mmard.model;

import org.jspecify.annotations.Nullable;

/**
 * What a user says about weights of another framework, which do not say it themselves.
 *
 * @param architecture name in the zoo; null: guessed by the entries' names and shapes
 * @param entry which of several networks in the file, such as {@code ema} or {@code model.module}; null where it is plain
 * @param normalisation what the network's code does to its images; null where the file holds it, or nothing is done
 */
public record WeightsChoice(@Nullable String architecture, @Nullable String entry, @Nullable Normalisation normalisation) {
    /** Nothing but the network's name, or nothing at all. */
    public static WeightsChoice of(@Nullable String architecture) {
        return new WeightsChoice(architecture, null, null);
    }
}
