package org.mmard.method;

import java.util.EnumMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mmard.attack.Pgd;
import org.mmard.config.Settings;
import org.mmard.engine.Classifier;
import org.mmard.loss.Objective;
import org.mmard.loss.Prediction;
import org.mmard.loss.Predictions;

/**
 * A method's inner maximisation between given networks: x' climbs the inner objective J inside the ball around x. Call within a
 * {@code PointerScope}.
 */
public final class InnerMaximisation {
    private final Pgd pgd;
    private final Classifier student;
    private final Map<Prediction, Classifier> networks = new EnumMap<>(Prediction.class);

    /**
     * @param objective J
     * @param settings radius, step size and number of steps
     * @param student who is attacked
     * @param teacher who answers T(x') to J; null where J does not ask
     * @param linearised who answers T~(x') to J; null where J does not ask
     */
    public InnerMaximisation(Objective objective, Settings.Attack settings, Classifier student, @Nullable Classifier teacher,
            @Nullable Classifier linearised) {
        pgd = new Pgd(objective, settings.epsilon(), settings.stepSize(), settings.steps());
        this.student = student;
        networks.put(Prediction.STUDENT_ADVERSARIAL, student);
        networks.put(Prediction.TEACHER_ADVERSARIAL, teacher);
        networks.put(Prediction.TEACHER_LINEARISED, linearised);
    }

    /**
     * x' after the settings' number of steps, a tensor of the current scope.
     *
     * @param natural x, shape [examples, channels, height, width]
     * @param start x'_0 of the same shape
     * @param known labels, and T(x) where J reads it
     */
    public Tensor perturb(Tensor natural, Tensor start, Predictions known) {
        return pgd.perturb(networks, natural, constants(natural, known), start);
    }

    /** dJ/dx' at a given x', where J is the batch mean; a tensor of the current scope. */
    public Tensor gradient(Tensor natural, Tensor adversarial, Predictions known) {
        return pgd.gradient(networks, adversarial, constants(natural, known));
    }

    private Predictions constants(Tensor natural, Predictions known) {
        Predictions constants = known.copy();
        return pgd.objective().reads().contains(Prediction.STUDENT_NATURAL)
                ? constants.with(Prediction.STUDENT_NATURAL, student.logits(natural)) : constants;
    }
}
