package org.mmard.train;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.config.Settings;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Passes;
import org.mmard.engine.TorchNetwork;
import org.mmard.method.Method;
import org.mmard.method.Methods;

/** Makes the {@link DistillationStep} of a run on an executor, with the executor's own copy of the teacher. */
public final class DistillationSteps implements StepFactory {
    private static final long serialVersionUID = 1L;

    private final Settings.Method method;
    private final Settings.Attack attack;
    private final Settings.Engine engine;
    private final Teacher teacher;

    /** @param teacher null where the method needs none */
    public DistillationSteps(Settings settings, Teacher teacher) {
        method = settings.method();
        attack = settings.attack();
        engine = settings.engine();
        this.teacher = teacher;
    }

    @Override
    public Step create(ComputationGraph student) {
        LibTorch.threads(engine.threads());
        Passes passes = new Passes(engine.foldBatchNorm(), engine.channelsLast());
        Method built = Methods.of(method);
        return new DistillationStep(student, built.needsTeacher() ? frozen(teacher.graph(), passes) : null, built, attack, passes);
    }

    private static Classifier frozen(ComputationGraph graph, Passes passes) {
        try (TorchNetwork network = new TorchNetwork(graph)) {
            return network.freeze(passes);
        }
    }
}
