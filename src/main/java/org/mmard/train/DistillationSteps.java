package org.mmard.train;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.config.Settings;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Passes;
import org.mmard.engine.TorchNetwork;
import org.mmard.method.Methods;
import org.mmard.method.Moment;

/** Makes the {@link DistillationStep} of a run on an executor, with the executor's own copy of the teacher. */
public final class DistillationSteps implements StepFactory {
    private static final long serialVersionUID = 1L;

    private final Settings.Method method;
    private final int epochs;
    private final Settings.Attack attack;
    private final Settings.WeightPerturbation perturbation;
    private final Settings.Engine engine;
    private final Teacher teacher;

    /** @param teacher null where the method needs none */
    public DistillationSteps(Settings settings, Teacher teacher) {
        method = settings.method();
        epochs = settings.training().epochs();
        attack = settings.attack();
        perturbation = settings.training().weightPerturbation();
        engine = settings.engine();
        this.teacher = teacher;
    }

    @Override
    public Step create(ComputationGraph student) {
        LibTorch.threads(engine.threads());
        Passes passes = new Passes(engine.foldBatchNorm(), engine.channelsLast());
        boolean needsTeacher = Methods.of(method, Moment.end(epochs)).needsTeacher();
        return new DistillationStep(student, needsTeacher ? frozen(teacher.graph(), passes) : null,
                epoch -> Methods.of(method, new Moment(epoch + 1, epochs)), attack, perturbation, passes);
    }

    private static Classifier frozen(ComputationGraph graph, Passes passes) {
        try (TorchNetwork network = new TorchNetwork(graph)) {
            return network.freeze(passes);
        }
    }
}
