package org.mmard.attack;

import java.util.List;

/**
 * Attacks that one robust accuracy is the outcome of: each is run only on the images that withstood those before it, and an image is robust
 * where it withstood all. A single attack is a cascade of one.
 *
 * @param name what it is called on the command line and in tables
 * @param attacks in their order, at least one
 */
public record Cascade(String name, List<Attack> attacks) {
    public Cascade {
        attacks = List.copyOf(attacks);
        if (attacks.isEmpty()) {
            throw new IllegalArgumentException(name + " has no attacks");
        }
    }

    /** The fewest classes that a model must tell apart for all of it to be defined. */
    public int fewestClasses() {
        return attacks.stream().mapToInt(Attack::fewestClasses).max().orElseThrow();
    }
}
