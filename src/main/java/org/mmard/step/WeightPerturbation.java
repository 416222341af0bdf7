package org.mmard.step;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.mmard.config.Settings;
import org.mmard.engine.TorchNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Adversarial weight perturbation (AWP; Wu, Xia, Wang: Adversarial Weight Perturbation Helps Robust Generalization, NeurIPS 2020, arXiv
 * 2004.05884, equations 8 and 10, one step): each weight tensor w of a convolution or dense layer moves up the loss L, w + gamma |w| g /
 * |g| with g = dL/dw, and L's gradient there is the gradient of the step. Biases and the parameters of batch norms stay.
 */
final class WeightPerturbation {
    private final Settings.WeightPerturbation settings;
    private final ComputationGraph graph;
    private final TorchNetwork network;
    private final List<FlatRange> tensors = new ArrayList<>();
    private final List<FlatRange> statistics;

    /** @param network runs the graph */
    WeightPerturbation(ComputationGraph graph, TorchNetwork network, Settings.WeightPerturbation settings) {
        this.settings = settings;
        this.graph = graph;
        this.network = network;
        statistics = FlatRange.runningStatistics(graph.getUpdater());
        graph.paramTable().forEach((name, view) -> {
            if (name.endsWith("_" + DefaultParamInitializer.WEIGHT_KEY)) {
                int start = (int) (view.offset() - graph.params().offset());
                tensors.add(new FlatRange(start, start + (int) view.length(), -1));
            }
        });
    }

    /** Whether it has a part in epoch {@code epoch}, from 0. */
    boolean active(int epoch) {
        return settings.gamma() > 0 && epoch >= settings.fromEpoch();
    }

    /**
     * Takes a gradient at the perturbed weights. Afterwards the weights are what they were, to the bit.
     *
     * @param gradient writes dL/dparameters into the graph's gradient vector, and may move the network's running statistics; called twice,
     *     and only its second call's forwards leave their mark on these
     */
    <T> T around(Supplier<T> gradient) {
        float[] before = FlatRange.values(graph.params(), statistics);
        // Its value is that of the second call.
        var unused = gradient.get();
        FlatRange.assign(graph.params(), statistics, before);
        float[] weights = FlatRange.values(graph.params(), tensors);
        tensors.forEach(this::climb);
        network.upload();
        try {
            return gradient.get();
        } finally {
            FlatRange.assign(graph.params(), tensors, weights);
        }
    }

    private void climb(FlatRange tensor) {
        var interval = NDArrayIndex.interval(tensor.start(), tensor.end());
        INDArray weights = graph.params().reshape(graph.numParams()).get(interval);
        INDArray direction = graph.getFlattenedGradients().reshape(graph.numParams()).get(interval);
        double length = direction.norm2Number().doubleValue();
        if (length > 0) {
            try (INDArray move = direction.mul(settings.gamma() * weights.norm2Number().doubleValue() / length)) {
                weights.addi(move);
            }
        }
    }
}
