package org.mmard.attack;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.data.ImageSet;
import org.mmard.engine.Classifier;
import org.mmard.engine.Logits;
import org.mmard.engine.TorchNetwork;
import org.mmard.model.Architectures;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Networks without training that take images for all kinds of classes, as they do not by themselves. */
public final class BalancedNetwork {
    private BalancedNetwork() {}

    /** One whose mean logit over these images is 0 for each class. */
    public static ComputationGraph of(String architecture, ImageSet images, long seed) {
        ComputationGraph network = Architectures.network(architecture, images.classes(), seed);
        String biases =
                network.paramTable().keySet().stream().filter(key -> key.endsWith("_b")).reduce((first, last) -> last).orElseThrow();
        INDArray bias = network.getParam(biases);
        try (Classifier classifier = TorchNetwork.frozen(network)) {
            Logits logits = classifier.logits(images.shape(), images.floats());
            for (int c = 0; c < images.classes(); c++) {
                double sum = 0;
                for (int n = 0; n < images.size(); n++) {
                    sum += logits.get(n, c);
                }
                bias.putScalar(c, bias.getDouble(c) - sum / images.size());
            }
        }
        return network;
    }
}
