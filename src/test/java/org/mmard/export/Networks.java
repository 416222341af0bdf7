package org.mmard.export;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.bytedeco.javacpp.PointerScope;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.data.ImageShape;
import org.mmard.engine.Classifier;
import org.mmard.engine.CompilePasses;
import org.mmard.engine.LibTorch;
import org.mmard.engine.TorchNetwork;
import org.mmard.model.Architectures;
import org.mmard.model.ModelFile;
import org.mmard.model.Models;
import org.mmard.model.WeightsChoice;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Networks to write, and what the engine makes of them. */
final class Networks {
    private Networks() {}

    /** A network whose batch norm parameters and statistics are anything but 0 and 1. */
    static ComputationGraph of(String architecture, ImageShape shape) {
        ComputationGraph graph = Architectures.network(architecture, shape, 10, 11);
        Random random = new Random(12);
        graph.paramTable().forEach((name, view) -> {
            if (name.endsWith("_gamma") || name.endsWith("_var")) {
                fill(view, () -> 0.5 + random.nextDouble());
            } else if (name.endsWith("_beta") || name.endsWith("_mean") || name.endsWith("_b")) {
                fill(view, () -> 0.2 * random.nextGaussian());
            } else if (name.equals("logits_W")) {
                // Fresh ones are so small that the biases would decide.
                fill(view, random::nextGaussian);
            }
        });
        return graph;
    }

    /** The same behind the normalisation of CIFAR-10's usual mean and deviation. */
    static ComputationGraph normalised(String architecture) {
        ComputationGraph other = Models.read("src/test/resources/org/mmard/model/sequential.pt", WeightsChoice.of(null), ImageShape.CIFAR,
                new Configuration()).model().graph();
        ComputationGraph graph = Architectures.networkLike(other, architecture, ImageShape.CIFAR, 10, 11);
        of(architecture, ImageShape.CIFAR).paramTable().forEach((name, values) -> graph.getParam(name).assign(values));
        return graph;
    }

    private static void fill(INDArray view, DoubleSupplier values) {
        for (long i = 0; i < view.length(); i++) {
            view.putScalar(i, values.getAsDouble());
        }
    }

    static ModelFile.Metadata metadata(String architecture, ImageShape shape) {
        List<String> classes = IntStream.range(0, 10).mapToObj(i -> i == 3 ? "cat, \"tabby\"" : "class " + i).toList();
        return new ModelFile.Metadata(architecture, shape, classes, "shapes", Map.of("seed", "17"));
    }

    static byte[] written(ExportFormat format, ComputationGraph graph, String architecture, ImageShape shape, boolean folded)
            throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        format.write(file, graph, metadata(architecture, shape), folded);
        return file.toByteArray();
    }

    /** [0, 1], by the formula of make_weights.py. */
    static float[] pixels(int images, ImageShape shape) {
        float[] pixels = new float[images * shape.size()];
        IntStream.range(0, pixels.length).forEach(i -> pixels[i] = (float) (7919L * i % 2003 / 2003.0));
        return pixels;
    }

    /** The engine's own logits, [images x 10]. */
    static double[] logits(ComputationGraph graph, ImageShape shape, float[] pixels) {
        LibTorch.threads(1);
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(graph);
                Classifier frozen = network.freeze(CompilePasses.NONE)) {
            return frozen.logits(LibTorch.images(shape, pixels)).values();
        }
    }

    static double largest(double[] values) {
        double largest = 0;
        for (double value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }
}
