package org.mmard.step;

import java.util.Arrays;
import org.mmard.engine.Logits;
import org.mmard.engine.LibTorch;
import org.mmard.engine.TorchNetwork;
import org.bytedeco.javacpp.PointerScope;
import org.apache.hadoop.conf.Configuration;
import org.mmard.data.ImageShape;
import org.mmard.model.WeightsChoice;
import org.mmard.model.Models;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.File;
import java.nio.file.Path;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.model.Architectures;
import org.mmard.reference.Reference;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Sgd;

class SgdUpdaterTest {
    private static void step(ComputationGraph graph, SgdUpdater updater, INDArray gradient) {
        graph.getFlattenedGradients().assign(gradient);
        updater.learningRate(0.1);
        updater.update(new DefaultGradient(graph.getFlattenedGradients()), 0, 0, 1, LayerWorkspaceMgr.noWorkspaces());
        graph.params().subi(graph.getFlattenedGradients().reshape(graph.params().shape()));
    }

    /** The golden values at the places of all trainable parameters, repeated as often as they fit; zeros elsewhere. */
    private static INDArray spread(ComputationGraph graph, String golden) {
        float[] values = Reference.golden(golden).floats();
        float[] all = new float[(int) graph.numParams()];
        for (FlatRange range : FlatRange.trainable(graph.getUpdater())) {
            for (int i = range.start(); i < range.end(); i++) {
                all[i] = values[i % values.length];
            }
        }
        return Nd4j.createFromArray(all);
    }

    @Test
    void stepsEveryTrainableParameterAsPyTorchDoes() {
        ComputationGraph graph = Architectures.network("cnn-4-8", 10, 1);
        SgdUpdater updater = new SgdUpdater(graph, 0.9, 2e-4, 0);
        graph.params().assign(spread(graph, "op.sgd_p0").reshape(graph.params().shape()));
        step(graph, updater, spread(graph, "op.sgd_g1"));
        assertArrayEquals(spread(graph, "op.sgd_p1").toFloatVector(), graph.params().toFloatVector(), 1e-6f);
        step(graph, updater, spread(graph, "op.sgd_g2"));
        assertArrayEquals(spread(graph, "op.sgd_p2").toFloatVector(), graph.params().toFloatVector(), 1e-6f);
    }

    @Test
    void leavesRunningStatisticsAlone() {
        ComputationGraph graph = Architectures.network("cnn-4-8", 10, 1);
        SgdUpdater updater = new SgdUpdater(graph, 0.9, 2e-4, 0);
        INDArray before = graph.params().dup();
        INDArray gradient = Nd4j.ones(1, graph.numParams());
        int statistics = 0;
        for (FlatRange range : FlatRange.runningStatistics(graph.getUpdater())) {
            gradient.reshape(gradient.length()).get(NDArrayIndex.interval(range.start(), range.end())).assign(0);
            statistics += range.length();
        }
        step(graph, updater, gradient);
        assertEquals(2 * (4 + 8), statistics);
        assertEquals(statistics, before.eq(graph.params()).castTo(org.nd4j.linalg.api.buffer.DataType.INT).sumNumber().intValue());
    }

    @Test
    void shortensALongGradientToItsNormBeforeWeightDecayAndMomentum() {
        ComputationGraph graph = Architectures.network("cnn-4-8", 10, 1);
        SgdUpdater updater = new SgdUpdater(graph, 0, 0.5, 2);
        INDArray gradient = Nd4j.zeros(1, graph.numParams());
        // One in the first convolution, one among the dense layer's biases: a norm of 5 over two layers.
        int last = FlatRange.trainable(graph.getUpdater()).get(FlatRange.trainable(graph.getUpdater()).size() - 1).end() - 1;
        gradient.putScalar(0, 3);
        gradient.putScalar(last, 4);
        graph.params().putScalar(0, 1.0);
        graph.params().putScalar(last, 0.0);
        step(graph, updater, gradient);
        assertEquals(1 - 0.1 * (3 * 2 / 5.0 + 0.5), graph.params().getDouble(0), 1e-6);
        assertEquals(-0.1 * 4 * 2 / 5.0, graph.params().getDouble(last), 1e-6);
    }

    @Test
    void leavesAShortGradientAlone() {
        ComputationGraph graph = Architectures.network("cnn-4-8", 10, 1);
        SgdUpdater updater = new SgdUpdater(graph, 0, 0, 2);
        INDArray gradient = Nd4j.zeros(1, graph.numParams());
        gradient.putScalar(0, 1.5);
        graph.params().putScalar(0, 1.0);
        step(graph, updater, gradient);
        assertEquals(1 - 0.1 * 1.5, graph.params().getDouble(0), 1e-6);
    }

    /** A student that goes on from published weights, with normalisation inside. */
    @Test
    void whatNormalisesTheImagesStaysAsItIs() {
        ComputationGraph graph = Models.read("src/test/resources/org/mmard/model/sequential.pt", WeightsChoice.of(null), ImageShape.CIFAR,
                new Configuration()).model().graph();
        float[] before = graph.params().toFloatVector();
        SgdUpdater updater = new SgdUpdater(graph, 0.9, 2e-4, 0);
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(graph)) {
            network.zeroGradient();
            double[] cotangent = new double[40];
            Arrays.fill(cotangent, 0, 20, 1);
            network.train(LibTorch.images(ImageShape.CIFAR, new float[3 * 32 * 32 * 4])).accumulate(new Logits(cotangent, 4, 10));
            network.downloadGradient();
        }
        assertArrayEquals(new float[6], Arrays.copyOf(graph.getGradientsViewArray().toFloatVector(), 6));
        step(graph, updater, graph.getGradientsViewArray().dup());
        float[] after = graph.params().toFloatVector();
        assertArrayEquals(Arrays.copyOf(before, 6), Arrays.copyOf(after, 6));
        assertNotEquals(before[6], after[6]);
        assertEquals(6, FlatRange.trainable(updater).get(0).start());
        int statistics = FlatRange.runningStatistics(updater).stream().mapToInt(FlatRange::length).sum();
        assertEquals(2 * (4 + 6), statistics);
    }

    @Test
    void velocitySurvivesACheckpointThatPlainDl4jReads(@TempDir Path folder) throws Exception {
        ComputationGraph graph = Architectures.network("cnn-4-8", 10, 1);
        SgdUpdater updater = new SgdUpdater(graph, 0.9, 2e-4, 0);
        graph.setUpdater(updater);
        step(graph, updater, Nd4j.rand(new long[] {1, graph.numParams()}));
        File zip = folder.resolve("model.zip").toFile();
        ModelSerializer.writeModel(graph, zip, true);

        ComputationGraph plain = ModelSerializer.restoreComputationGraph(zip, true);
        assertEquals(graph.params(), plain.params());
        assertEquals(updater.getStateViewArray(), plain.getUpdater().getStateViewArray());

        SgdUpdater again = new SgdUpdater(plain, 0.9, 2e-4, 0);
        again.setStateViewArray(plain.getUpdater().getStateViewArray());
        INDArray next = Nd4j.rand(new long[] {1, graph.numParams()});
        step(graph, updater, next);
        step(plain, again, next);
        assertEquals(graph.params(), plain.params());
    }

    @Test
    void refusesAConfigurationWithoutRoomForTheVelocity() {
        ComputationGraphConfiguration configuration = new NeuralNetConfiguration.Builder().updater(new Sgd(0.1)).graphBuilder()
                .addInputs("in").addLayer("out", new DenseLayer.Builder().nIn(2).nOut(3).build(), "in").setOutputs("out").build();
        ComputationGraph graph = new ComputationGraph(configuration);
        graph.init();
        assertThrows(IllegalArgumentException.class, () -> new SgdUpdater(graph, 0.9, 0, 0));
    }
}
