package org.mmard.train;

import java.util.EnumMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.attack.Pgd;
import org.mmard.attack.Starts;
import org.mmard.config.Settings;
import org.mmard.data.RandomStreams;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Logits;
import org.mmard.engine.Passes;
import org.mmard.engine.TorchNetwork;
import org.mmard.loss.Objective;
import org.mmard.loss.Prediction;
import org.mmard.loss.Predictions;
import org.mmard.method.Method;

/**
 * Adversarial robustness distillation of one batch: x' climbs the inner objective against the student as it is (eval mode), then the student's
 * train-mode forwards on x and x' give the outer loss, whose gradient goes into the student's gradient vector.
 */
public final class DistillationStep implements Step {
    private final Method method;
    private final Starts starts;
    private final Pgd attack;
    private final Passes passes;
    private final TorchNetwork student;
    private final Classifier teacher;

    /**
     * @param graph the student
     * @param teacher a frozen network, closed with this step; null where the method needs none
     */
    public DistillationStep(ComputationGraph graph, Classifier teacher, Method method, Settings.Attack settings, Passes passes) {
        this.method = method;
        this.teacher = teacher;
        this.passes = passes;
        starts = Starts.of(settings);
        attack = method.inner().map(inner -> new Pgd(inner, settings.epsilon(), settings.stepSize(), settings.steps())).orElse(null);
        student = new TorchNetwork(graph);
        if (method.needsTeacher() && teacher == null) {
            throw new IllegalArgumentException("the method needs a teacher");
        }
    }

    @Override
    public Result gradient(Batch batch) {
        try (PointerScope scope = new PointerScope()) {
            Tensor natural = LibTorch.images(batch.images());
            Predictions predictions = onNatural(natural, batch.labels());
            Tensor adversarial = attack == null ? natural : adversarial(natural, predictions, batch);
            return outer(natural, adversarial, predictions);
        }
    }

    /** The outer loss and its gradient at given adversarial images: the second half of {@link #gradient}. */
    Result outerLoss(Tensor natural, Tensor adversarial, int[] labels) {
        return outer(natural, adversarial, onNatural(natural, labels));
    }

    /** What both the attack and the outer loss may read: computed once. */
    private Predictions onNatural(Tensor natural, int[] labels) {
        Predictions predictions = new Predictions(labels);
        if (method.reads().contains(Prediction.TEACHER_NATURAL)) {
            predictions.with(Prediction.TEACHER_NATURAL, teacher.logits(natural));
        }
        return predictions;
    }

    @Override
    public void close() {
        student.close();
        if (teacher != null) {
            teacher.close();
        }
    }

    private Tensor adversarial(Tensor natural, Predictions predictions, Batch batch) {
        try (Classifier frozen = student.freeze(passes)) {
            Predictions constants = predictions.copy();
            if (attack.objective().reads().contains(Prediction.STUDENT_NATURAL)) {
                constants.with(Prediction.STUDENT_NATURAL, frozen.logits(natural));
            }
            Tensor start = starts.from(natural, RandomStreams.Purpose.ATTACK_START, batch.seed(), batch.epoch(), batch.records());
            return attack.perturb(frozen, teacher, natural, constants, start);
        }
    }

    private Result outer(Tensor natural, Tensor adversarial, Predictions predictions) {
        Objective outer = method.outer();
        if (outer.reads().contains(Prediction.TEACHER_ADVERSARIAL)) {
            predictions.with(Prediction.TEACHER_ADVERSARIAL, teacher.logits(adversarial));
        }
        Map<Prediction, TorchNetwork.TrainPass> forwards = new EnumMap<>(Prediction.class);
        for (Prediction which : method.studentForwards()) {
            TorchNetwork.TrainPass pass = student.train(which.ofAdversarial() ? adversarial : natural);
            forwards.put(which, pass);
            predictions.with(which, pass.logits());
        }
        Objective.Value value = outer.evaluate(predictions);
        student.zeroGradient();
        forwards.forEach((which, pass) -> {
            Logits cotangent = value.gradients().get(which);
            if (cotangent != null) {
                pass.accumulate(cotangent);
            }
        });
        return new Result(value.total(), value.byTerm(), predictions.labels().length,
                correct(predictions, Prediction.STUDENT_NATURAL), correct(predictions, Prediction.STUDENT_ADVERSARIAL));
    }

    private static int correct(Predictions predictions, Prediction which) {
        return predictions.has(which) ? predictions.get(which).correct(predictions.labels()) : 0;
    }
}
