package org.mmard.model;

import java.util.Arrays;
import java.util.Objects;
import java.util.SplittableRandom;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.mmard.data.RandomStreams;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * PyTorch's default weights: every convolution and dense weight and bias from U(-1/sqrt(fan in), 1/sqrt(fan in)), batch-norm scale 1,
 * shift 0, running mean 0, running variance 1. Each layer draws from its own stream, so that ND4J's shared generator has no say.
 */
final class InitialWeights {
    private InitialWeights() {}

    /** Overwrites all parameters of the graph. */
    static void fill(ComputationGraph graph, long seed) {
        INDArray flat = graph.params();
        float[] values = new float[Math.toIntExact(flat.length())];
        int offset = 0;
        int layer = 0;
        for (int index : graph.topologicalSortOrder()) {
            GraphVertex vertex = graph.getVertices()[index];
            if (!vertex.hasLayer() || vertex.numParams() == 0) {
                continue;
            }
            int length = Math.toIntExact(vertex.numParams());
            var described = graph.getConfiguration().getVertices().get(vertex.getVertexName());
            var configuration = ((LayerVertex) Objects.requireNonNull(described, "a layer has a configuration")).getLayerConf().getLayer();
            if (vertex.getVertexName().equals(Normalisation.VERTEX)) {
                // It is no layer that learns, and those behind it draw as they would without it.
                Arrays.fill(values, offset, offset + length / 2, 1f);
                offset += length;
                continue;
            }
            if (configuration instanceof BatchNormalization) {
                int width = length / 4;
                Arrays.fill(values, offset, offset + width, 1f);
                Arrays.fill(values, offset + 3 * width, offset + length, 1f);
            } else if (configuration instanceof FeedForwardLayer) {
                INDArray weight = vertex.getLayer().getParam("W");
                long outputs = configuration instanceof DepthwiseConvolution2D ? weight.size(2) * weight.size(3) : outputs(weight);
                double bound = 1 / Math.sqrt((double) weight.length() / outputs);
                uniform(values, offset, length, bound, RandomStreams.stream(RandomStreams.Purpose.INITIAL_WEIGHTS, seed, 0, layer));
            } else {
                throw new IllegalStateException("no initial weights for layer " + vertex.getVertexName());
            }
            offset += length;
            layer++;
        }
        flat.assign(Nd4j.createFromArray(values).reshape(flat.shape()));
    }

    /** Convolution weights are [out, in, height, width] (depthwise ones [height, width, in, 1]), dense weights [in, out]. */
    private static long outputs(INDArray weight) {
        return weight.rank() == 2 ? weight.size(1) : weight.size(0);
    }

    private static void uniform(float[] values, int offset, int length, double bound, SplittableRandom random) {
        for (int i = offset; i < offset + length; i++) {
            values[i] = (float) random.nextDouble(-bound, bound);
        }
    }
}
