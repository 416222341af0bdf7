package org.mmard.attack;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mmard.config.Settings;
import org.mmard.failure.InputError;
import org.mmard.loss.CrossEntropy;
import org.mmard.loss.CwMargin;
import org.mmard.loss.Objective;
import org.mmard.loss.Prediction;
import org.mmard.loss.Term;
import org.mmard.loss.WeightedSum;

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
    private static final Map<String, Maker> KNOWN = new LinkedHashMap<>();

    /** Makes an attack of this name. */
    private interface Maker {
        Attack of(String name, double epsilon, int restarts);
    }

    static {
        Term crossEntropy = new CrossEntropy(Prediction.STUDENT_ADVERSARIAL);
        KNOWN.put("fgsm", (name, epsilon, restarts) -> new RestartedPgd(
                onlyOnce(name, restarts), new Pgd(WeightedSum.of(crossEntropy), epsilon, epsilon, 1), new Starts(Starts.Kind.NONE, 0, true),
                1));
        KNOWN.put("pgd20", (name, epsilon, restarts) -> steps(name, crossEntropy, epsilon, 2 / 255.0, 20, restarts));
        KNOWN.put("pgd-trades", (name, epsilon, restarts) -> steps(name, crossEntropy, epsilon, 0.003, 20, restarts));
        KNOWN.put("cw",
                (name, epsilon, restarts) -> steps(name, new CwMargin(Prediction.STUDENT_ADVERSARIAL), epsilon, 2 / 255.0, 30, restarts));
        KNOWN.put("apgd-ce", (name, epsilon, restarts) -> new Apgd(name, Apgd.Loss.CROSS_ENTROPY, epsilon, 100, restarts, 1));
        KNOWN.put("apgd-dlr", (name, epsilon, restarts) -> new Apgd(name, Apgd.Loss.DLR, epsilon, 100, restarts, 1));
        KNOWN.put("apgd-t", (name, epsilon, restarts) -> new Apgd(name, Apgd.Loss.TARGETED_DLR, epsilon, 100, restarts, 9));
        KNOWN.put("fab-t", (name, epsilon, restarts) -> new Fab(onlyOnce(name, restarts), epsilon, 100, 9));
        KNOWN.put("square", (name, epsilon, restarts) -> new Square(name, epsilon, 5000, restarts));
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
            cascades.add(new Cascade(name, parts.stream().map(part -> attack(part, epsilon)).toList()));
        }
        return cascades;
    }

    private static Attack attack(String name, double epsilon) {
        Maker plain = KNOWN.get(name);
        if (plain != null) {
            return plain.of(name, epsilon, 1);
        }
        Matcher restarted = RESTARTED.matcher(name);
        if (restarted.matches() && KNOWN.containsKey(restarted.group(1))) {
            return KNOWN.get(restarted.group(1)).of(name, epsilon, Integer.parseInt(restarted.group(2)));
        }
        throw new InputError(
                "unknown attack '" + name + "': there are " + CLEAN + ", " + String.join(", ", KNOWN.keySet()) + ", " + AUTOATTACK
                        + "; xN behind a name asks for N restarts, as in pgd20x5");
    }

    /** The name of an attack in which nothing is random. */
    private static String onlyOnce(String name, int restarts) {
        if (restarts > 1) {
            throw new InputError("attack '" + name + "': nothing in it is random, so restarts change nothing");
        }
        return name;
    }

    /** PGD on cross-entropy from a uniform start, as {@code pgd20} but with the steps that select a checkpoint. */
    public static Attack validation(Settings.Attack attack, Settings.Validation validation) {
        Objective objective = WeightedSum.of(new CrossEntropy(Prediction.STUDENT_ADVERSARIAL));
        return new RestartedPgd("pgd" + validation.steps(), new Pgd(objective, attack.epsilon(), validation.stepSize(), validation.steps()),
                new Starts(Starts.Kind.UNIFORM, attack.epsilon(), true), 1);
    }

    private static Attack steps(String name, Term term, double epsilon, double stepSize, int steps, int restarts) {
        return new RestartedPgd(name, new Pgd(WeightedSum.of(term), epsilon, stepSize * epsilon / EPSILON, steps),
                new Starts(Starts.Kind.UNIFORM, epsilon, true), restarts);
    }
}
