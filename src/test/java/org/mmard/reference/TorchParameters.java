package org.mmard.reference;

import java.util.Map;
import org.mmard.files.Npy;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** How PyTorch names and stores the parameters of a network of the zoo. */
public final class TorchParameters {
    private static final Map<String, String> NAMES = Map.of(
            "W", "weight", "b", "bias", "gamma", "weight", "beta", "bias", "mean", "running_mean", "var", "running_var");

    private TorchParameters() {}

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
