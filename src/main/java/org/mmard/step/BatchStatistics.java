package org.mmard.step;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Precision;
import org.mmard.engine.TorchNetwork;

/**
 * The mean and the variance (unbiased) of single batches at each batch norm of a network, from train-mode forwards. Their mean over all
 * batches, weighed by images, is what running statistics are re-estimated to, as PyTorch's {@code swa_utils.update_bn} does.
 */
public final class BatchStatistics implements AutoCloseable {
    private final ComputationGraph graph;
    private final List<FlatRange> ranges;
    private final double share;
    private final TorchNetwork network;
    private final Classifier forward;

    /** @param graph its running statistics are overwritten */
    public BatchStatistics(ComputationGraph graph) {
        this.graph = graph;
        ranges = FlatRange.runningStatistics(graph.getUpdater());
        // A forward moves the running statistics r to decay r + (1 - decay) b: from r = 0, b is what it leaves over 1 - decay.
        share = Arrays.stream(graph.getLayers()).map(layer -> layer.conf().getLayer()).filter(BatchNormalization.class::isInstance)
                .mapToDouble(layer -> 1 - ((BatchNormalization) layer).getDecay()).findFirst().orElse(1);
        network = new TorchNetwork(graph);
        forward = network.onBatchStatistics(Precision.FLOAT32);
    }

    /** @return the statistics of a batch in the order of {@link FlatRange#runningStatistics} */
    public float[] of(Step.Batch batch) {
        FlatRange.assign(graph.params(), ranges, new float[ranges.stream().mapToInt(FlatRange::length).sum()]);
        network.upload();
        try (PointerScope scope = new PointerScope()) {
            forward.output(LibTorch.images(batch.shape(), batch.images()));
        }
        network.downloadStatistics();
        float[] statistics = FlatRange.values(graph.params(), ranges);
        for (int i = 0; i < statistics.length; i++) {
            statistics[i] /= (float) share;
        }
        return statistics;
    }

    @Override
    public void close() {
        forward.close();
        network.close();
    }
}
