package org.mmard.step;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.mmard.config.Settings;
import org.mmard.config.SettingsReader;
import org.mmard.engine.CompilePasses;
import org.mmard.engine.Precision;
import org.mmard.method.Method;
import org.mmard.method.Methods;
import org.mmard.method.TrainingProgress;
import org.mmard.model.Architectures;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class WeightPerturbationTest {
    private static final double GAMMA = 0.05;

    @Test
    void takesTheGradientWhereEachLayersWeightsHaveMovedUpTheLoss() {
        ComputationGraph plain = network();
        Step.Result here = gradient(plain, Settings.WeightPerturbation.NONE, 0);

        ComputationGraph moved = network();
        float[] parameters = moved.params().toFloatVector();
        float[] gradient = plain.getFlattenedGradients().toFloatVector();
        for (String name : List.of("conv1_W", "conv2_W", "logits_W")) {
            INDArray view = moved.getParam(name);
            int start = (int) (view.offset() - moved.params().offset());
            int end = start + (int) view.length();
            double factor = GAMMA * norm(parameters, start, end) / norm(gradient, start, end);
            for (int i = start; i < end; i++) {
                parameters[i] += (float) (factor * gradient[i]);
            }
        }
        moved.params().assign(Nd4j.createFromArray(parameters).reshape(moved.params().shape()));
        Step.Result expected = gradient(moved, Settings.WeightPerturbation.NONE, 0);

        ComputationGraph student = network();
        Step.Result found = gradient(student, new Settings.WeightPerturbation(GAMMA, 0), 0);
        assertEquals(expected.loss(), found.loss(), 1e-5);
        assertTrue(found.loss() > here.loss() + 0.01, found.loss() + " after " + here.loss());
        assertArrayEquals(moved.getFlattenedGradients().toFloatVector(), student.getFlattenedGradients().toFloatVector(), 1e-4f);
        assertArrayEquals(statistics(moved), statistics(student), 1e-5f);
        assertArrayEquals(weights(network()), weights(student));
    }

    @Test
    void beginsAfterTheEpochsItIsTold() {
        ComputationGraph plain = network();
        ComputationGraph student = network();
        gradient(plain, Settings.WeightPerturbation.NONE, 1);
        gradient(student, new Settings.WeightPerturbation(GAMMA, 2), 1);
        assertArrayEquals(plain.getFlattenedGradients().toFloatVector(), student.getFlattenedGradients().toFloatVector());
        gradient(student, new Settings.WeightPerturbation(GAMMA, 2), 2);
        assertTrue(!Arrays.equals(plain.getFlattenedGradients().toFloatVector(), student.getFlattenedGradients().toFloatVector()));
    }

    private static ComputationGraph network() {
        return Architectures.network("cnn-4-8", 10, 3);
    }

    private static Step.Result gradient(ComputationGraph student, Settings.WeightPerturbation perturbation, int epoch) {
        Method natural = Methods.of(SettingsReader.method(Map.of("method.name", "natural"), "test"), TrainingProgress.end(1));
        try (DistillationStep step =
                new DistillationStep(student, null, any -> natural, SettingsReader.attack(Map.of(), "test"), perturbation,
                        CompilePasses.ALL, Precision.FLOAT32, Precision.FLOAT32)) {
            return step.gradient(new TrainingBatch(epoch, 0, IntStream.range(0, 16).toArray()).load(Toys.images(16, 1), 1, false));
        }
    }

    private static double norm(float[] values, int start, int end) {
        return Math.sqrt(IntStream.range(start, end).mapToDouble(i -> (double) values[i] * values[i]).sum());
    }

    private static float[] statistics(ComputationGraph graph) {
        return FlatRange.values(graph.params(), FlatRange.runningStatistics(graph.getUpdater()));
    }

    private static float[] weights(ComputationGraph graph) {
        return FlatRange.values(graph.params(), FlatRange.trainable(graph.getUpdater()));
    }
}
