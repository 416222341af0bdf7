package org.mmard.verify;

import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.files.Npy;
import org.mmard.model.Architectures;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The state of a fixture's student or teacher, from which any number of fresh DL4J graphs of the zoo's {@code cnn-w-2w} are made. */
final class FixtureNetwork {
    /** PyTorch's name of each kind of parameter. */
    private static final Map<String, String> KINDS = Map.of(
            "W", "weight", "b", "bias", "gamma", "weight", "beta", "bias", "mean", "running_mean", "var", "running_var");

    private final String architecture;
    private final int classes;
    private final Map<String, INDArray> state = new LinkedHashMap<>();

    /** @param which student or teacher: what its arrays' names begin with */
    FixtureNetwork(Fixture fixture, String which, int width) {
        architecture = "cnn-" + width + "-" + 2 * width;
        classes = fixture.manifest().classes();
        Architectures.network(architecture, classes, 0).paramTable()
                .forEach((parameter, view) -> state.put(parameter, array(fixture, which + "." + torchName(parameter), view)));
    }

    /** A new graph in the fixture's state. */
    ComputationGraph graph() {
        ComputationGraph graph = Architectures.network(architecture, classes, 0);
        graph.paramTable().forEach((parameter, view) -> view.assign(state.get(parameter)));
        return graph;
    }

    /** PyTorch's name of one of DL4J's parameters: conv1_W is conv1.weight, logits_b is fc.bias. */
    static String torchName(String parameter) {
        int at = parameter.lastIndexOf('_');
        String layer = parameter.substring(0, at);
        return (layer.equals("logits") ? "fc" : layer) + "." + KINDS.get(parameter.substring(at + 1));
    }

    /**
     * An array of the fixture in the shape of a DL4J parameter.
     *
     * @param like the parameter; DL4J keeps vectors as [1, n] and dense weights as [in, out]
     */
    static INDArray array(Fixture fixture, String name, INDArray like) {
        long[] shape = like.shape();
        boolean vector = shape.length == 2 && shape[0] == 1;
        boolean dense = shape.length == 2 && !vector;
        int[] torchShape = new int[vector ? 1 : shape.length];
        for (int i = 0; i < torchShape.length; i++) {
            torchShape[i] = (int) shape[vector ? 1 : dense ? 1 - i : i];
        }
        Npy array = fixture.array(name, torchShape);
        INDArray flat = Nd4j.createFromArray(array.floats());
        return dense ? flat.reshape('c', torchShape[0], torchShape[1]).transpose() : flat.reshape('c', shape);
    }
}
