package org.mmard.verify;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.mmard.attack.Ball;
import org.mmard.engine.LibTorch;
import org.mmard.files.Npy;
import org.mmard.loss.TriangleCosines;
import org.mmard.model.Architectures;
import org.mmard.step.SgdUpdater;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** The operations of {@code op.*} that are not on logits: the triangle's cosines, the projection, the update. */
final class ArrayOperations {
    private static final double LEARNING_RATE = 0.1;
    private static final double MOMENTUM = 0.9;
    private static final double WEIGHT_DECAY = 2e-4;

    private ArrayOperations() {}

    /** The three cosines of each triangle (one-hot label, b, c), with the derivatives that linspace(0.5, 1.5) weighs. */
    static Map<String, double[]> triangleCosines(Fixture fixture) {
        Npy b = fixture.array("op.tri_b", Fixture.ANY, Fixture.ANY);
        int examples = b.shape()[0];
        int classes = b.shape()[1];
        Npy c = fixture.array("op.tri_c", examples, classes);
        int[] labels = fixture.labels("op.labels", examples, classes);
        double[] cosines = new double[examples * 3];
        double[] byB = new double[examples * classes];
        double[] byC = new double[examples * classes];
        double[] cotangents = LogitOperations.cotangents(cosines.length);
        double[] rowByB = new double[classes];
        double[] rowByC = new double[classes];
        TriangleCosines triangle = new TriangleCosines(classes, fixture.triangleSmoothing());
        for (int n = 0; n < examples; n++) {
            System.arraycopy(triangle.at(labels[n], row(b.values(), n, classes), row(c.values(), n, classes)), 0, cosines, n * 3, 3);
            triangle.backward(row(cotangents, n, 3), rowByB, rowByC);
            System.arraycopy(rowByB, 0, byB, n * classes, classes);
            System.arraycopy(rowByC, 0, byC, n * classes, classes);
        }
        Map<String, double[]> results = new LinkedHashMap<>();
        results.put(LogitOperations.VALUE, cosines);
        results.put("d_tri_b", byB);
        results.put("d_tri_c", byC);
        return results;
    }

    /** {@code proj_in} moved into the ball around {@code proj_x} and into [0, 1]. */
    static Map<String, double[]> projection(Fixture fixture) {
        Npy natural = fixture.array("op.proj_x", Fixture.ANY, Fixture.SHAPE.channels(), Fixture.SHAPE.height(), Fixture.SHAPE.width());
        Npy images = fixture.array("op.proj_in", natural.shape());
        try (PointerScope scope = new PointerScope()) {
            Tensor projected =
                    Ball.around(LibTorch.images(Fixture.SHAPE, natural.floats()), fixture.manifest().epsilon())
                            .project(LibTorch.images(Fixture.SHAPE, images.floats()));
            return Map.of(LogitOperations.VALUE, Comparison.doubles(LibTorch.values(projected)));
        }
    }

    /** Parameters after one or two updates: the updater of training, on the weights of a network that has room for them. */
    static Map<String, double[]> update(Fixture fixture, String operation) {
        Npy parameters = fixture.arrayOfAnyShape("op.sgd_p0");
        int length = parameters.values().length;
        ComputationGraph graph = Architectures.network("cnn-" + (length + 26) / 27, 2, 0);
        SgdUpdater updater = new SgdUpdater(graph, MOMENTUM, WEIGHT_DECAY, 0);
        updater.learningRate(LEARNING_RATE);
        INDArray weights = graph.getParam("conv1_W");
        long start = weights.offset() - graph.params().offset();
        INDArray ours = graph.params().reshape(graph.numParams()).get(NDArrayIndex.interval(start, start + length));
        INDArray gradient = graph.getFlattenedGradients();
        ours.assign(Nd4j.createFromArray(parameters.floats()));
        for (int step = 1; step <= (operation.equals("sgd_p1") ? 1 : 2); step++) {
            gradient.assign(0);
            gradient.reshape(gradient.length()).get(NDArrayIndex.interval(start, start + length))
                    .assign(Nd4j.createFromArray(fixture.array("op.sgd_g" + step, parameters.shape()).floats()));
            updater.update(new DefaultGradient(gradient), 0, 0, 1, LayerWorkspaceMgr.noWorkspaces());
            graph.params().subi(gradient.reshape(graph.params().shape()));
        }
        return Map.of(LogitOperations.VALUE, ours.toDoubleVector());
    }

    private static double[] row(double[] values, int n, int columns) {
        return Arrays.copyOfRange(values, n * columns, (n + 1) * columns);
    }
}
