package org.mmard.attack;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mmard.config.Fraction;

/**
 * How the names of a family of attacks look: {@code pgdN} or {@code pgdN@STEP}, N a whole number from 1 to {@value #MOST} and STEP a number
 * or fraction above 0, up to 1, in [0, 1] image units.
 *
 * @param base what stands before N
 * @param stepped whether {@code @STEP} may follow
 */
record AttackForm(String base, boolean stepped) {
    static final int MOST = 10_000;
    private static final Pattern PARAMETERS = Pattern.compile("([1-9][0-9]{0,4})(?:@([0-9./]{1,40}))?");

    /**
     * What a name says.
     *
     * @param number N: steps or queries
     * @param step size of a step, in [0, 1] image units; nothing where the name leaves it to the attack
     */
    record Size(int number, OptionalDouble step) {}

    /** @param name without the restarts behind it */
    Optional<Size> read(String name) {
        Matcher parameters = PARAMETERS.matcher(name.startsWith(base) ? name.substring(base.length()) : "");
        if (!parameters.matches() || Integer.parseInt(parameters.group(1)) > MOST) {
            return Optional.empty();
        }
        int number = Integer.parseInt(parameters.group(1));
        if (parameters.group(2) == null) {
            return Optional.of(new Size(number, OptionalDouble.empty()));
        }
        double step = Fraction.parse(parameters.group(2));
        return stepped && step > 0 && step <= 1 ? Optional.of(new Size(number, OptionalDouble.of(step))) : Optional.empty();
    }

    /** For messages. */
    @Override
    public String toString() {
        return base + (stepped ? "N[@STEP]" : "N");
    }
}
