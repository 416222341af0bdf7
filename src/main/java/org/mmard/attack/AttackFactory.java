package org.mmard.attack;

import java.util.Optional;
import org.mmard.registry.Named;

/**
 * An attack that command lines and grids name; it makes the {@link Attack} for a radius. One of your own is a class with a public constructor
 * without parameters, named in {@code META-INF/services/org.mmard.attack.AttackFactory} of a jar beside this one; {@code clean} and
 * {@code autoattack} are taken. {@link Attack#climbing}
 * and {@link Pgd} do the work of a gradient attack on a loss of one's own:
 *
 * <pre>{@code
 * public final class CarefulPgd implements AttackFactory {
 *     public String name() {
 *         return "careful-pgd";
 *     }
 *
 *     public Attack of(String name, double epsilon, int restarts) {
 *         return Attack.climbing(name, new CrossEntropy(Prediction.STUDENT_ADVERSARIAL), epsilon, epsilon / 10, 200, restarts);
 *     }
 * }
 * }</pre>
 *
 * <p>The attack itself goes to executors by Java serialization. They have its class where the jar was given to Spark ({@code --jars}).
 */
public interface AttackFactory extends Named {
    /**
     * The attack.
     *
     * @param name what the attack answers as its own name: this one or one that it {@linkplain #covers covers}, with the {@code xR} of its
     *     restarts where they were asked for
     * @param epsilon radius in the L-infinity norm, in [0, 1] image units, above 0
     * @param restarts runs per image, 1 or more; an image counts as robust where all fail. 1 where it is not {@link #random}
     */
    Attack of(String name, double epsilon, int restarts);

    /**
     * Whether that is a name of this attack or family; the family of one name by default. An attack that is itself called so goes first.
     *
     * @param name without the {@code xR} of restarts
     */
    default boolean covers(String name) {
        return name().equals(name);
    }

    /**
     * How the family's other names look, for messages: what all begin with, and {@code N} for a number, such as {@code pgdN[@STEP]}.
     * Nothing by default.
     */
    default Optional<String> family() {
        return Optional.empty();
    }

    /** Whether anything in it is random, so that restarts may find more; by default it is. */
    default boolean random() {
        return true;
    }
}
