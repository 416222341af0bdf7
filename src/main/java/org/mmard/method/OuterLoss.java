package org.mmard.method;

import java.util.List;
import org.mmard.config.Settings;
import org.mmard.loss.Prediction;
import org.mmard.loss.WeightedSum.Weighted;
import org.mmard.registry.Named;

/**
 * What {@code method.outer} names: the loss L that the student minimises, a weighted sum of {@link org.mmard.loss.Term}s. One of your own
 * is a class with a public constructor without parameters, named in {@code META-INF/services/org.mmard.method.OuterLoss} of a jar beside
 * this one. L = CE(S(x'), y) + alpha KL(T(x) || S(x')), for example:
 *
 * <pre>{@code
 * public final class LabelsAndTeacher implements OuterLoss {
 *     public String name() {
 *         return "labels-and-teacher";
 *     }
 *
 *     public List<Weighted> terms(Settings.Method settings, TrainingProgress progress) {
 *         double alpha = settings.alpha() == null ? 1 : settings.alpha();
 *         return List.of(
 *                 new Weighted(1, new CrossEntropy(STUDENT_ADVERSARIAL)),
 *                 new Weighted(alpha, KlDivergence.of(TEACHER_NATURAL, STUDENT_ADVERSARIAL)));
 *     }
 * }
 * }</pre>
 *
 * <p>Its coefficients are those of the section {@code method}: {@code alpha} and {@code beta} have no meaning of their own and no usual
 * value but the loss's (null stands for it), {@code a}, {@code b}, {@code temperature} and {@code label-smoothing} have one that is stated
 * in {@link Settings.Method}. {@code method.scale} multiplies the whole sum, and {@code + triangle} adds that term to any loss, both
 * without its help.
 */
public interface OuterLoss extends Named {
    /**
     * The terms and their weights at a point of the training; asked once per epoch, on every executor. A term of weight 0 is not computed.
     * All terms have different names. Only the student's predictions have a gradient ({@link org.mmard.loss.Term#differentiates}), and
     * T~(x') is not to be had.
     *
     * @param settings {@code method.*}
     * @param progress how far the training has come
     * @throws org.mmard.failure.InputError in one line that names the key, for a coefficient that does not fit
     */
    List<Weighted> terms(Settings.Method settings, TrainingProgress progress);

    /**
     * Which images the student's train-mode forwards see, in their order, which decides what batch norm's running statistics become. What
     * the terms do not read is left out; what they read and is not here comes last. By default x, x', x - d.
     */
    default List<Prediction.Image> forwards() {
        return List.of(Prediction.Image.values());
    }
}
