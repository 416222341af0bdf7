package org.mmard.attack;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
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
 * <p>Steps and queries may be chosen, from 1 to 10000: {@code pgdN}, {@code cwN}, {@code apgd-ceN}, {@code apgd-dlrN}, {@code apgd-tN},
 * {@code fab-tN} (N steps of each run), {@code squareN} (N queries). {@code pgdN@STEP} and {@code cwN@STEP} have steps of that size,
 * {@code 2/255} or {@code 0.007}, whatever epsilon is; {@code pgdN} and {@code cwN} of epsilon/4, as {@code pgd20} and {@code cw}.
 *
 * <p>{@code xR} behind a name is the number of restarts, from 1 to 100: {@code pgd20x5} is robust where all 5 runs fail. Attacks in which
 * nothing is random have none.
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

    /** Most classes that targeted attacks aim at. */
    private static final int TARGETS = 9;

    private static final int MOST_RESTARTS = 100;
    private static final Pattern RESTARTED = Pattern.compile("(.+)x([0-9]{1,9})");
    private static final List<String> STANDARD = List.of("apgd-ce", "apgd-t", "fab-t", "square");
    private static final Term CROSS_ENTROPY = new CrossEntropy(Prediction.STUDENT_ADVERSARIAL);
    private static final Registry<AttackFactory> REGISTRY = new Registry<>(AttackFactory.class, "attack", List.of(
            new BuiltIn("fgsm", null, false, 1, EPSILON, asked -> new RestartedPgd(asked.name,
                    new Pgd(WeightedSum.of(CROSS_ENTROPY), asked.epsilon, asked.epsilon, 1), new Starts(Starts.Kind.NONE, 0, true),
                    asked.restarts)),
            new BuiltIn("pgd20", new AttackForm("pgd", true), true, 20, 2 / 255.0, asked -> climbing(asked, CROSS_ENTROPY)),
            new BuiltIn("pgd-trades", null, true, 20, 0.003, asked -> climbing(asked, CROSS_ENTROPY)),
            new BuiltIn("cw", new AttackForm("cw", true), true, 30, 2 / 255.0,
                    asked -> climbing(asked, new CwMargin(Prediction.STUDENT_ADVERSARIAL))),
            new BuiltIn("apgd-ce", new AttackForm("apgd-ce", false), true, 100, EPSILON, asked -> apgd(asked, Apgd.Loss.CROSS_ENTROPY)),
            new BuiltIn("apgd-dlr", new AttackForm("apgd-dlr", false), true, 100, EPSILON, asked -> apgd(asked, Apgd.Loss.DLR)),
            new BuiltIn("apgd-t", new AttackForm("apgd-t", false), true, 100, EPSILON, asked -> apgd(asked, Apgd.Loss.TARGETED_DLR)),
            new BuiltIn("fab-t", new AttackForm("fab-t", false), false, 100, EPSILON,
                    asked -> new Fab(asked.name, asked.epsilon, asked.number, TARGETS)),
            new BuiltIn("square", new AttackForm("square", false), true, 5000, EPSILON,
                    asked -> new Square(asked.name, asked.epsilon, asked.number, asked.restarts))));

    /**
     * What somebody wants.
     *
     * @param number of steps or queries
     * @param stepSize where the attack has one, in [0, 1] image units
     */
    private record Asked(String name, double epsilon, int restarts, int number, double stepSize) {}

    /**
     * One of ours.
     *
     * @param form of its family's names, or null
     * @param number of steps or queries, where the name says nothing
     * @param stepSize likewise, for a radius of {@link #EPSILON}
     */
    private record BuiltIn(String name, @Nullable AttackForm form, boolean random, int number, double stepSize,
            Function<Asked, Attack> maker) implements AttackFactory {
        @Override
        public boolean covers(String called) {
            return called.equals(name) || size(called).isPresent();
        }

        @Override
        public Optional<String> family() {
            return Optional.ofNullable(form).map(AttackForm::toString);
        }

        private Optional<AttackForm.Size> size(String called) {
            return Optional.ofNullable(form).flatMap(one -> one.read(called));
        }

        @Override
        public Attack of(String called, double epsilon, int restarts) {
            Optional<AttackForm.Size> size = size(RESTARTED.matcher(called).replaceFirst("$1")).or(() -> size(called));
            return maker.apply(new Asked(called, epsilon, restarts, size.map(AttackForm.Size::number).orElse(number),
                    size.map(AttackForm.Size::step).orElse(OptionalDouble.empty()).orElse(stepSize * epsilon / EPSILON)));
        }
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
     * @throws InputError for a name that is not known or whose numbers are out of their ranges, or that asks for restarts of an attack in
     *     which nothing is random
     */
    public static Attack single(String name, double epsilon) {
        List<AttackFactory> all = REGISTRY.all();
        Optional<AttackFactory> plain = find(all, name);
        if (plain.isPresent()) {
            return make(plain.get(), name, epsilon, 1);
        }
        Matcher restarted = RESTARTED.matcher(name);
        AttackFactory repeated = restarted.matches() ? find(all, restarted.group(1)).orElse(null) : null;
        if (repeated == null) {
            throw unknown(all, name);
        }
        int restarts = Integer.parseInt(restarted.group(2));
        if (restarts < 1 || restarts > MOST_RESTARTS) {
            throw new InputError("attack '" + name + "': xR behind a name asks for R restarts, from 1 to " + MOST_RESTARTS);
        }
        if (restarts > 1 && !repeated.random()) {
            throw new InputError("attack '" + name + "': nothing in it is random, so restarts change nothing");
        }
        return make(repeated, name, epsilon, restarts);
    }

    /** By its own name; where no attack has that, by a family's. */
    private static Optional<AttackFactory> find(List<AttackFactory> all, String name) {
        return all.stream().filter(one -> one.name().equals(name)).findFirst()
                .or(() -> all.stream().filter(one -> Outside.ask(one, () -> one.covers(name))).findFirst());
    }

    private static InputError unknown(List<AttackFactory> all, String name) {
        List<String> families = all.stream().flatMap(one -> Outside.ask(one, () -> one.family().stream())).toList();
        for (String family : families) {
            String base = family.replaceFirst("N(\\[.*)?$", "");
            if (name.matches(Pattern.quote(base) + "[0-9@].*")) {
                return new InputError("attack '" + name + "': its form is " + family + "[xR], with N from 1 to " + AttackForm.MOST
                        + (family.contains("@STEP") ? ", a STEP above 0, up to 1, such as 2/255 or 0.007," : "")
                        + " and R restarts from 1 to "
                        + MOST_RESTARTS);
            }
        }
        return new InputError("unknown attack '" + name + "': there are " + CLEAN + ", " + REGISTRY.names() + ", " + AUTOATTACK
                + "; with steps or queries of one's own " + String.join(", ", families)
                + "; xR behind a name asks for R restarts, as in pgd20x5");
    }

    private static Attack make(AttackFactory factory, String name, double epsilon, int restarts) {
        return Outside.ask(factory, () -> Objects.requireNonNull(factory.of(name, epsilon, restarts), "it makes no attack"));
    }

    /** PGD on cross-entropy from a uniform start, as {@code pgd20} but with the steps that select a checkpoint. */
    public static Attack validation(Settings.Attack attack, Settings.Validation validation) {
        return Attack.climbing("pgd" + validation.steps(), CROSS_ENTROPY, attack.epsilon(), validation.stepSize(), validation.steps(), 1);
    }

    private static Attack climbing(Asked asked, Term term) {
        return Attack.climbing(asked.name, term, asked.epsilon, asked.stepSize, asked.number, asked.restarts);
    }

    private static Attack apgd(Asked asked, Apgd.Loss loss) {
        return new Apgd(asked.name, loss, asked.epsilon, asked.number, asked.restarts, loss == Apgd.Loss.TARGETED_DLR ? TARGETS : 1);
    }
}
