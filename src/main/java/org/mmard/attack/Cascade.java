package org.mmard.attack;

import java.util.List;
import java.util.Map;

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

    /**
     * Transfer attacks, each a cascade of one that is called as {@code pgd20 from teacher.zip}: x' is made on another model, and counted on
     * the one that is evaluated.
     *
     * @param source the other model
     * @param title what it is called in tables
     * @param checksum SHA-256 of its file
     * @param about the other model, for the record
     * @param attacks names, separated by commas ({@link Attacks})
     * @param epsilon radius, in [0, 1] image units
     * @throws org.mmard.failure.InputError as {@link Attacks#named} does, and for an attack that stops as soon as the other model is wrong
     */
    public static List<Cascade> transferred(SourceModel source, String title, String checksum, Map<String, Object> about, String attacks,
            double epsilon) {
        return Transferred.from(source, title, checksum, about, attacks, epsilon);
    }

    /** The fewest classes that a model must tell apart for all of it to be defined. */
    public int fewestClasses() {
        return attacks.stream().mapToInt(Attack::fewestClasses).max().orElseThrow();
    }
}
