package org.mmard.attack;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mmard.config.Settings;
import org.mmard.failure.InputError;
import org.mmard.loss.CrossEntropy;
import org.mmard.loss.CwMargin;
import org.mmard.loss.Prediction;
import org.mmard.loss.Term;
import org.mmard.loss.WeightedSum;
import org.mmard.registry.Outside;
import org.mmard.registry.Registry;

/**
 * The attacks of an evaluation, by name, with the constants of the field.
 *
 * <p>RSLAD's evaluation set (arXiv 2108.07969): {@code fgsm} one step of epsilon from x (Goodfellow et al., arXiv 1412.6572); {@code pgd20}
 * 20 steps of 2/255; {@code pgd-trades} 20 steps of 0.003; {@code cw} 30 steps of 2/255 on the margin max_{j != y} z_j - z_y (the loss of
 * Carlini and Wagner, arXiv 1608.04644, inside the L-infinity ball). All but fgsm start uniformly in the ball, clipped to [0, 1].
 * Cross-entropy is climbed where nothing else is said. Step sizes are stated for epsilon 8/255 and scale with it.
 *
 * <p>AutoAttack's (arXiv 2003.01690): {@code apgd-ce}, {@code apgd-dlr}, {@code apgd-t}, {@code fab-t}, {@code square}, and
 * {@code autoattack}, its standard version: apgd-ce, apgd-t, fab-t and square one after the other, each on the images that are still
 * robust.
 *
 * <p>{@code xN} behind a name is the number of restarts: {@code pgd20x5} is robust where all 5 runs fail. Attacks in which nothing is
 * random have none.
 *
 * <p>Jars beside this one add attacks of their own, see {@link AttackFactory}.
 */
public final class Attacks {
    /** What {@code clean} stands for: no attack. */
    public static final String CLEAN = "clean";

    /** AutoAttack's standard version. */
    public static final String AUTOATTACK = "autoattack";

    /** The usual radius, 8/255. */
    public static final double EPSILON = 8 / 255.0;

    private static final Pattern RESTARTED = Pattern.compile("(.+?)x([1-9][0-9]{0,3})");
    private static final List<String> STANDARD = List.of("apgd-ce", "apgd-t", "fab-t", "square");
    private static final Term CROSS_ENTROPY = new CrossEntropy(Prediction.STUDENT_ADVERSARIAL);
    private static final Registry<AttackFactory> REGISTRY = new Registry<>(AttackFactory.class, "attack", List.of(
            new BuiltIn("fgsm", false, (name, epsilon, restarts) -> new RestartedPgd(
                    name, new Pgd(WeightedSum.of(CROSS_ENTROPY), epsilon, epsilon, 1), new Starts(Starts.Kind.NONE, 0, true), restarts)),
            new BuiltIn("pgd20", true, (name, epsilon, restarts) -> steps(name, CROSS_ENTROPY, epsilon, 2 / 255.0, 20, restarts)),
            new BuiltIn("pgd-trades", true, (name, epsilon, restarts) -> steps(name, CROSS_ENTROPY, epsilon, 0.003, 20, restarts)),
            new BuiltIn("cw", true, (name, epsilon, restarts) -> steps(
                    name, new CwMargin(Prediction.STUDENT_ADVERSARIAL), epsilon, 2 / 255.0, 30, restarts)),
            new BuiltIn("apgd-ce", true,
                    (name, epsilon, restarts) -> new Apgd(name, Apgd.Loss.CROSS_ENTROPY, epsilon, 100, restarts, 1)),
            new BuiltIn("apgd-dlr", true, (name, epsilon, restarts) -> new Apgd(name, Apgd.Loss.DLR, epsilon, 100, restarts, 1)),
            new BuiltIn("apgd-t", true, (name, epsilon, restarts) -> new Apgd(name, Apgd.Loss.TARGETED_DLR, epsilon, 100, restarts, 9)),
            new BuiltIn("fab-t", false, (name, epsilon, restarts) -> new Fab(name, epsilon, 100, 9)),
            new BuiltIn("square", true, (name, epsilon, restarts) -> new Square(name, epsilon, 5000, restarts))));

    private record BuiltIn(String name, boolean random, Maker maker) implements AttackFactory {
        @Override
        public Attack of(String called, double epsilon, int restarts) {
            return maker.of(called, epsilon, restarts);
        }
    }

    /** Makes an attack that is called so. */
    private interface Maker {
        Attack of(String name, double epsilon, int restarts);
    }

    private Attacks() {}

    /**
     * The attacks of a comma-separated list, in its order, {@code autoattack} as the cascade that it is and every other as a cascade of
     * one. {@code clean} may stand among them and adds nothing: clean accuracy is always taken.
     *
     * @throws InputError for a name that is not known or stands there twice
     */
    public static List<Cascade> named(String list, double epsilon) {
        List<Cascade> cascades = new ArrayList<>();
        for (String name : Arrays.stream(list.split(",")).map(String::trim).toList()) {
            if (name.equals(CLEAN)) {
                continue;
            }
            if (cascades.stream().anyMatch(cascade -> cascade.name().equals(name))) {
                throw new InputError("attack '" + name + "' is named twice");
            }
            List<String> parts = name.equals(AUTOATTACK) ? STANDARD : List.of(name);
            cascades.add(new Cascade(name, parts.stream().map(part -> single(part, epsilon)).toList()));
        }
        return cascades;
    }

    /**
     * One attack by its name, which is not that of a cascade.
     *
     * @param epsilon radius, in [0, 1] image units
     * @throws InputError for a name that is not known, or asks for restarts of an attack in which nothing is random
     */
    public static Attack single(String name, double epsilon) {
        Optional<AttackFactory> plain = REGISTRY.find(name);
        if (plain.isPresent()) {
            return make(plain.get(), name, epsilon, 1);
        }
        Matcher restarted = RESTARTED.matcher(name);
        Optional<AttackFactory> repeated = restarted.matches() ? REGISTRY.find(restarted.group(1)) : Optional.empty();
        if (repeated.isEmpty()) {
            throw new InputError("unknown attack '" + name + "': there are " + CLEAN + ", " + REGISTRY.names() + ", " + AUTOATTACK
                    + "; xN behind a name asks for N restarts, as in pgd20x5");
        }
        int restarts = Integer.parseInt(restarted.group(2));
        if (restarts > 1 && !repeated.get().random()) {
            throw new InputError("attack '" + name + "': nothing in it is random, so restarts change nothing");
        }
        return make(repeated.get(), name, epsilon, restarts);
    }

    private static Attack make(AttackFactory factory, String name, double epsilon, int restarts) {
        return Outside.ask(factory, () -> Objects.requireNonNull(factory.of(name, epsilon, restarts), "it makes no attack"));
    }

    /** PGD on cross-entropy from a uniform start, as {@code pgd20} but with the steps that select a checkpoint. */
    public static Attack validation(Settings.Attack attack, Settings.Validation validation) {
        return Attack.climbing("pgd" + validation.steps(), CROSS_ENTROPY, attack.epsilon(), validation.stepSize(), validation.steps(), 1);
    }

    private static Attack steps(String name, Term term, double epsilon, double stepSize, int steps, int restarts) {
        return Attack.climbing(name, term, epsilon, stepSize * epsilon / EPSILON, steps, restarts);
    }
}
