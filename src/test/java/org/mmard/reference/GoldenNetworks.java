package org.mmard.reference;

import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.data.Npy;
import org.mmard.model.Architectures;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The two small networks of the reference vectors as DL4J graphs of the zoo. */
public final class GoldenNetworks {
    private static final Map<String, String> NAMES = Map.of("W", "weight", "b", "bias", "gamma", "weight", "beta", "bias", "mean", "running_mean", "var", "running_var");

    private GoldenNetworks() {}

    /** @param which student (widths 16, 32) or teacher (48, 96) */
    public static ComputationGraph load(String which) {
        ComputationGraph graph = Architectures.network(which.equals("student") ? "cnn-16-32" : "cnn-48-96", 10, 0);
        graph.paramTable().forEach((name, view) -> view.assign(array(view, Reference.golden(which + "." + torchName(name)))));
        return graph;
    }

    /** PyTorch's name of one of DL4J's parameters: conv1_W is conv1.weight, logits_b is fc.bias. */
    public static String torchName(String parameter) {
        int at = parameter.lastIndexOf('_');
        String layer = parameter.substring(0, at);
        return (layer.equals("logits") ? "fc" : layer) + "." + NAMES.get(parameter.substring(at + 1));
    }

    /** A reference array in the shape of a DL4J parameter: dense weights are stored the other way round. */
    public static INDArray array(INDArray like, Npy npy) {
        INDArray flat = Nd4j.createFromArray(npy.floats());
        boolean dense = npy.shape().length == 2;
        return dense ? flat.reshape('c', npy.shape()[0], npy.shape()[1]).transpose() : flat.reshape('c', like.shape());
    }
}
