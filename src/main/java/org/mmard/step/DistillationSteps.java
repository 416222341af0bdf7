package org.mmard.step;

import java.util.Objects;
import java.util.Set;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.mmard.config.Settings;
import org.mmard.engine.Classifier;
import org.mmard.engine.CompilePasses;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Precision;
import org.mmard.engine.TorchNetwork;
import org.mmard.loss.Objective;
import org.mmard.loss.Prediction;
import org.mmard.method.Method;
import org.mmard.method.Methods;
import org.mmard.method.TrainingProgress;

/** Makes the {@link DistillationStep} of a run on an executor, with the executor's own copy of the teacher. */
public final class DistillationSteps implements StepFactory {
    private static final long serialVersionUID = 1L;
    /** What objectives compare with the teacher at x: so near to it rounding would be all that is seen. */
    private static final Set<Prediction> EXACT = Set.of(Prediction.TEACHER_LINEARISED, Prediction.TEACHER_MIRRORED);

    private final Settings.Method method;
    private final int epochs;
    private final Settings.Attack attack;
    private final Settings.WeightPerturbation perturbation;
    private final Settings.Engine engine;
    private final @Nullable Teacher teacher;

    /** @param teacher null where the method needs none */
    public DistillationSteps(Settings settings, @Nullable Teacher teacher) {
        this(settings.method(), settings.training().epochs(), settings.attack(), settings.training().weightPerturbation(),
                settings.engine(), teacher);
    }

    /**
     * As above, from the settings that matter to a step.
     *
     * @param epochs of the whole training
     */
    public DistillationSteps(Settings.Method method, int epochs, Settings.Attack attack, Settings.WeightPerturbation perturbation,
            Settings.Engine engine, @Nullable Teacher teacher) {
        this.method = method;
        this.epochs = epochs;
        this.attack = attack;
        this.perturbation = perturbation;
        this.engine = engine;
        this.teacher = teacher;
    }

    @Override
    public Step create(ComputationGraph student) {
        LibTorch.threads(engine.threads());
        CompilePasses passes = CompilePasses.of(engine);
        Precision precision = Precision.of(engine.attackPrecision());
        Precision training = Precision.of(engine.trainingPrecision());
        boolean needsTeacher = Methods.of(method, TrainingProgress.end(epochs)).needsTeacher();
        return new DistillationStep(student,
                needsTeacher ? frozen(Objects.requireNonNull(teacher, "the method needs a teacher").graph(), passes, precision, training)
                        : null,
                epoch -> Methods.of(method, new TrainingProgress(epoch + 1, epochs)), attack, perturbation, passes, precision,
                training);
    }

    private FrozenTeacher frozen(ComputationGraph graph, CompilePasses passes, Precision precision, Precision training) {
        Method last = Methods.of(method, TrainingProgress.end(epochs));
        boolean attacked = last.inner().stream().anyMatch(inner -> inner.reads().contains(Prediction.TEACHER_ADVERSARIAL));
        boolean compares = last.inner().stream().anyMatch(Objective::comparesANetworkWithItself)
                || last.reads().stream().anyMatch(EXACT::contains) || attack.batchNorm() == Settings.Attack.BatchNorm.TRAIN;
        Precision read = compares ? Precision.FLOAT32 : training;
        try (TorchNetwork network = new TorchNetwork(graph)) {
            Classifier exact = network.freeze(passes, read);
            return new FrozenTeacher(exact, attacked && precision != read ? network.freeze(passes, precision) : exact);
        } finally {
            // What is frozen is a snapshot: the graph's own vectors need not wait for the garbage collector.
            graph.close();
        }
    }
}
