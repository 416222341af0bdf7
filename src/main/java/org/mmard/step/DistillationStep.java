package org.mmard.step;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.mmard.attack.Starts;
import org.mmard.config.Settings;
import org.mmard.data.RandomStreams;
import org.mmard.engine.Classifier;
import org.mmard.engine.CompilePasses;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Precision;
import org.mmard.engine.Profile;
import org.mmard.engine.TorchNetwork;
import org.mmard.engine.TrainPass;
import org.mmard.loss.Objective;
import org.mmard.loss.Prediction;
import org.mmard.loss.Predictions;
import org.mmard.method.InnerMaximisation;
import org.mmard.method.Method;
import org.mmard.method.TeacherOnNatural;

/**
 * Adversarial robustness distillation of one batch: x' climbs the inner objective against the student as it is, then the student's
 * train-mode forwards give the outer loss, whose gradient goes into the student's gradient vector.
 *
 * <p>Each half can be had alone at given images, which is how it is compared with other codes. Call those within a {@link PointerScope};
 * they use the method of the last batch's epoch, before the first batch that of epoch 0.
 */
public final class DistillationStep implements Step {
    private final IntFunction<Method> methods;
    private final Settings.Attack settings;
    private final CompilePasses passes;
    private final TorchNetwork student;
    /** The student in train mode without parameter gradient, in float32: for attacks that run so. */
    private final Classifier onBatchStatistics;
    /** The same in the outer loss's precision: for forwards that only move the running statistics. */
    private final Classifier moving;
    private final @Nullable FrozenTeacher teacher;
    private final Precision attackPrecision;
    private final Precision trainingPrecision;
    private final WeightPerturbation perturbation;
    private int epoch;
    private Method method;

    /**
     * @param graph the student
     * @param teacher a frozen network, closed with this step; null where the method needs none
     * @param methods the method of each epoch, counted from 0
     */
    public DistillationStep(ComputationGraph graph, @Nullable Classifier teacher, IntFunction<Method> methods, Settings.Attack settings,
            CompilePasses passes) {
        this(graph, teacher == null ? null : new FrozenTeacher(teacher, teacher), methods, settings, Settings.WeightPerturbation.NONE,
                passes, Precision.FLOAT32, Precision.FLOAT32);
    }

    /**
     * As above, with the outer loss's gradient at perturbed weights where {@code perturbation} says so, and the attack in a precision of
     * its own.
     *
     * @param attackPrecision for attacks in eval mode whose inner objective does not compare a network with itself: near x that comparison
     *     would see the rounding alone
     * @param trainingPrecision of the student's train-mode passes for the outer loss
     */
    DistillationStep(ComputationGraph graph, @Nullable FrozenTeacher teacher, IntFunction<Method> methods, Settings.Attack settings,
            Settings.WeightPerturbation perturbation, CompilePasses passes, Precision attackPrecision, Precision trainingPrecision) {
        this.methods = methods;
        this.teacher = teacher;
        this.settings = settings;
        this.passes = passes;
        this.attackPrecision = attackPrecision;
        this.trainingPrecision = trainingPrecision;
        method = methods.apply(0);
        student = new TorchNetwork(graph);
        this.perturbation = new WeightPerturbation(graph, student, perturbation);
        onBatchStatistics = student.onBatchStatistics(Precision.FLOAT32);
        moving = student.onBatchStatistics(trainingPrecision);
        if (method.needsTeacher() && teacher == null) {
            throw new IllegalArgumentException("the method needs a teacher");
        }
    }

    @Override
    public Result gradient(Batch batch) {
        if (batch.epoch() != epoch) {
            epoch = batch.epoch();
            method = methods.apply(epoch);
        }
        student.upload();
        try (PointerScope scope = new PointerScope()) {
            Tensor natural = LibTorch.images(batch.shape(), batch.images());
            TeacherOnNatural known = onNatural(natural, batch.labels());
            Tensor adversarial = natural;
            if (method.attacks()) {
                Tensor start = Profile.time(Profile.Part.START, () -> Starts.of(settings).from(natural, RandomStreams.Purpose.ATTACK_START,
                        batch.seed(), batch.epoch(), batch.records()));
                adversarial = climb(known, attack -> attack.perturb(natural, start, known.predictions()));
            }
            return outer(natural, adversarial, known.predictions());
        }
    }

    /**
     * The attack from a given start: x' after the settings' number of steps.
     *
     * @param natural x, shape [examples, channels, height, width]
     * @param start x'_0 of the same shape
     * @throws java.util.NoSuchElementException where the method makes no attack
     */
    public Tensor adversarial(Tensor natural, Tensor start, int[] labels) {
        student.upload();
        TeacherOnNatural known = onNatural(natural, labels);
        return climb(known, attack -> attack.perturb(natural, start, known.predictions()));
    }

    /** dJ/dx' of the attack at a given x', where J is the inner objective's batch mean; as {@link #adversarial} otherwise. */
    public Tensor attackGradient(Tensor natural, Tensor adversarial, int[] labels) {
        student.upload();
        TeacherOnNatural known = onNatural(natural, labels);
        return climb(known, attack -> attack.gradient(natural, adversarial, known.predictions()));
    }

    /**
     * The outer loss at given adversarial images: what {@link #gradient} does after its attack. Overwrites the graph's gradient vector and
     * moves its running statistics.
     */
    public Result outerLoss(Tensor natural, Tensor adversarial, int[] labels) {
        student.upload();
        return outer(natural, adversarial, onNatural(natural, labels).predictions());
    }

    @Override
    public void close() {
        onBatchStatistics.close();
        moving.close();
        student.close();
        if (teacher != null) {
            teacher.close();
        }
    }

    private TeacherOnNatural onNatural(Tensor natural, int[] labels) {
        return TeacherOnNatural.of(method.reads(), teacher == null ? null : teacher.exact(), natural, labels, method.linearisation());
    }

    /** Something of the attack, by the networks as they are now. */
    private Tensor climb(TeacherOnNatural known, Function<InnerMaximisation, Tensor> use) {
        Objective inner = method.inner().orElseThrow();
        boolean train = settings.batchNorm() == Settings.Attack.BatchNorm.TRAIN;
        Precision precision = inner.comparesANetworkWithItself() ? Precision.FLOAT32 : attackPrecision;
        Classifier attacked = train ? onBatchStatistics : student.freeze(passes, precision);
        try {
            boolean usual = !train && precision == attackPrecision;
            Classifier asked = teacher == null ? null : usual ? teacher.inAttack() : teacher.exact();
            return use.apply(new InnerMaximisation(inner, settings, attacked, asked, known.linearised()));
        } finally {
            if (train) {
                student.downloadStatistics();
            } else {
                attacked.close();
            }
        }
    }

    private Result outer(Tensor natural, Tensor adversarial, Predictions predictions) {
        Map<Prediction.Image, Tensor> images = images(natural, adversarial);
        for (Prediction which : List.of(Prediction.TEACHER_ADVERSARIAL, Prediction.TEACHER_MIRRORED)) {
            if (method.outer().reads().contains(which)) {
                predictions.with(which, Objects.requireNonNull(teacher, "the method needs a teacher").exact().logits(at(which, images)));
            }
        }
        Result result = perturbation.active(epoch) ? perturbation.around(() -> ofStudent(images, predictions.copy()))
                : ofStudent(images, predictions);
        student.downloadStatistics();
        return result;
    }

    /** The outer loss from what the teacher says and the student is now asked. */
    private Result ofStudent(Map<Prediction.Image, Tensor> images, Predictions predictions) {
        Objective outer = method.outer();
        Map<Prediction, TrainPass> differentiated = new EnumMap<>(Prediction.class);
        List<Prediction> forwards = method.studentForwards();
        for (int i = 0; i < forwards.size(); i++) {
            Prediction which = forwards.get(i);
            Tensor image = at(which, images);
            // Batch statistics do not depend on the running ones: of equal forwards the last gives the gradient, the others move those
            // only.
            if (outer.differentiates().contains(which) && forwards.lastIndexOf(which) == i) {
                TrainPass pass = student.train(image, trainingPrecision, passes.channelsLast());
                differentiated.put(which, pass);
                predictions.with(which, pass.logits());
            } else {
                predictions.with(which, moving.logits(image));
            }
        }
        Objective.Value value = Profile.time(Profile.Part.LOSS, () -> outer.evaluate(predictions));
        student.zeroGradient();
        differentiated.forEach((which, pass) -> pass.accumulate(
                Objects.requireNonNull(value.gradients().get(which), "an objective gives the gradients that it names")));
        student.downloadGradient();
        return new Result(value.total(), value.byTerm(), predictions.labels().length,
                correct(predictions, Prediction.STUDENT_NATURAL), correct(predictions, Prediction.STUDENT_ADVERSARIAL));
    }

    /** x, x' and, where something is forwarded there, x - d = x - (x' - x). */
    private Map<Prediction.Image, Tensor> images(Tensor natural, Tensor adversarial) {
        Map<Prediction.Image, Tensor> images = new EnumMap<>(Prediction.Image.class);
        images.put(Prediction.Image.NATURAL, natural);
        images.put(Prediction.Image.ADVERSARIAL, adversarial);
        if (method.studentForwards().contains(Prediction.STUDENT_MIRRORED)
                || method.outer().reads().contains(Prediction.TEACHER_MIRRORED)) {
            images.put(Prediction.Image.MIRRORED, natural.sub(adversarial.sub(natural)));
        }
        return images;
    }

    private static Tensor at(Prediction which, Map<Prediction.Image, Tensor> images) {
        return Objects.requireNonNull(images.get(which.image()), which.symbol());
    }

    private static @Nullable Integer correct(Predictions predictions, Prediction which) {
        return predictions.has(which) ? (Integer) predictions.get(which).correct(predictions.labels()) : null;
    }
}
