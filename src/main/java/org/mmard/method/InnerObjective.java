package org.mmard.method;

import java.util.List;
import org.mmard.config.Settings;
import org.mmard.loss.WeightedSum.Weighted;
import org.mmard.registry.Named;

/**
 * What {@code method.inner} names: the objective J(x') that the training's attack climbs, a weighted sum of
 * {@link org.mmard.loss.Term}s. One of your own is a class with a public constructor without parameters, named in
 * {@code META-INF/services/org.mmard.method.InnerObjective} of a jar beside this one; it reads its coefficients as an {@link OuterLoss}
 * does. {@code + teacher-term} adds lambda R(x') to any objective without its help.
 */
public interface InnerObjective extends Named {
    /**
     * The terms and their weights; none where no attack is made. All terms have different names. Only predictions at x' have a gradient
     * ({@link org.mmard.loss.Term#differentiates}); what is read at x is computed once, before the attack, and held fixed. Nothing at x - d
     * is to be had. Where every term is a {@link org.mmard.loss.DeviceTerm}, an attack on a GPU does not wait for the host.
     *
     * @param settings {@code method.*}
     * @throws org.mmard.failure.InputError in one line that names the key, for a coefficient that does not fit
     */
    List<Weighted> terms(Settings.Method settings);
}
