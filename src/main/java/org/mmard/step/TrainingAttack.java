package org.mmard.step;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mmard.attack.Attack;
import org.mmard.attack.Examples;
import org.mmard.attack.RandomSource;
import org.mmard.attack.Starts;
import org.mmard.config.Settings;
import org.mmard.config.SettingsReader;
import org.mmard.engine.Classifier;
import org.mmard.failure.InputError;
import org.mmard.loss.Objective;
import org.mmard.loss.Prediction;
import org.mmard.method.InnerMaximisation;
import org.mmard.method.Methods;
import org.mmard.method.TeacherOnNatural;

/**
 * The attack that a method trains its student against, on a student that has been trained: to look at the examples that it makes, or to
 * evaluate against them. The student is in eval mode.
 *
 * @param method whose inner objective is climbed
 * @param settings radius, step size, steps and start
 * @param teacher null where the objective asks none
 */
public record TrainingAttack(Settings.Method method, Settings.Attack settings, @Nullable Teacher teacher) implements Attack {
    private static final String ORIGIN = "attack";

    /** @throws InputError where the method makes no attack or needs a teacher that is not there */
    public TrainingAttack {
        Objective inner = objective(method);
        if (teacher == null && inner.reads().stream().anyMatch(Prediction::ofTeacher)) {
            throw new InputError("inner objective " + method.inner() + " needs a teacher");
        }
    }

    /**
     * With the usual settings of the field: 10 steps of 2/255 within 8/255.
     *
     * @param inner as {@code method.inner} names it
     */
    public static TrainingAttack of(String inner, @Nullable Teacher teacher) {
        return new TrainingAttack(SettingsReader.method(Map.of("method.inner", inner), ORIGIN), SettingsReader.attack(Map.of(), ORIGIN),
                teacher);
    }

    @Override
    public String name() {
        return method.inner();
    }

    @Override
    public double epsilon() {
        return settings.epsilon();
    }

    @Override
    public boolean onlyWhereRight() {
        return false;
    }

    @Override
    public Tensor perturb(Classifier model, Examples examples, RandomSource random) {
        Tensor start = Starts.of(settings).from(examples.images(), random, examples.records());
        if (teacher == null) {
            return perturb(model, null, examples, start);
        }
        try (Classifier asked = teacher.frozen()) {
            return perturb(model, asked, examples, start);
        }
    }

    private Tensor perturb(Classifier student, @Nullable Classifier asked, Examples examples, Tensor start) {
        Objective inner = objective(method);
        TeacherOnNatural known = TeacherOnNatural.of(inner.reads(), asked, examples.images(), examples.labels(), method.lambda());
        return new InnerMaximisation(inner, settings, student, asked, known.linearised()).perturb(examples.images(), start,
                known.predictions());
    }

    private static Objective objective(Settings.Method method) {
        return Methods.inner(method).orElseThrow(() -> new InputError("inner objective " + method.inner() + " makes no attack"));
    }
}
