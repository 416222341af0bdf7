package org.mmard.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.util.GraphIndices;
import org.mmard.data.ImageShape;

/** What a network is made of, vertex by vertex, in the order in which it computes. */
public record Outline(List<Row> rows) {

    /**
     * @param kind in words, with kernel and stride
     * @param shape of the output for one image, such as [64, 8, 8]
     * @param trainable parameters that the optimiser moves
     * @param statistics running means and variances, and what normalises the images: no optimiser moves them
     */
    public record Row(String vertex, String kind, List<Long> shape, long trainable, long statistics) {}

    /** The outline of a network for images of this shape. */
    public static Outline of(ComputationGraphConfiguration configuration, ImageShape shape) {
        Map<String, InputType> outputs = configuration.getLayerActivationTypes(GraphPlan.input(shape));
        List<Row> rows = new ArrayList<>();
        GraphIndices order = new ComputationGraph(configuration).calculateIndices();
        for (int index : order.getTopologicalSortOrder()) {
            String vertex = Objects.requireNonNull(order.getIdxToName().get(index), "an index has a name");
            if (!configuration.getNetworkInputs().contains(vertex)) {
                rows.add(row(vertex, Objects.requireNonNull(configuration.getVertices().get(vertex), vertex),
                        Objects.requireNonNull(outputs.get(vertex), vertex)));
            }
        }
        return new Outline(List.copyOf(rows));
    }

    /** Whether the network normalises its images first. */
    public boolean normalises() {
        return rows.get(0).vertex().equals(Normalisation.VERTEX);
    }

    public long trainable() {
        return rows.stream().mapToLong(Row::trainable).sum();
    }

    public long statistics() {
        return rows.stream().mapToLong(Row::statistics).sum();
    }

    private static Row row(String name, GraphVertex vertex, InputType output) {
        Layer layer = vertex instanceof LayerVertex inner ? inner.getLayerConf().getLayer() : null;
        long parameters = vertex.numParams(true);
        long statistics = layer instanceof BatchNormalization ? parameters / 2 : name.equals(Normalisation.VERTEX) ? parameters : 0;
        String kind = layer == null ? kind(vertex) : kind(layer);
        return new Row(name, kind, Arrays.stream(output.getShape(false)).boxed().toList(), parameters - statistics, statistics);
    }

    private static String kind(GraphVertex vertex) {
        return vertex instanceof ElementWiseVertex elementWise ? words(elementWise.getOp()) : vertex.getClass().getSimpleName();
    }

    private static String kind(Layer layer) {
        if (layer instanceof ConvolutionLayer convolution) {
            return (layer instanceof DepthwiseConvolution2D ? "depthwise " : "") + "convolution " + convolution.getKernelSize()[0] + "x"
                    + convolution.getKernelSize()[1]
                    + (convolution.getStride()[0] == 1 ? "" : ", stride " + convolution.getStride()[0]);
        }
        if (layer instanceof BatchNormalization) {
            return "batch norm";
        }
        if (layer instanceof ActivationLayer activation) {
            return words(activation.getActivationFn());
        }
        if (layer instanceof GlobalPoolingLayer pooling) {
            return "global " + words(pooling.getPoolingType());
        }
        if (layer instanceof ZeroPaddingLayer) {
            return "zero padding";
        }
        return layer instanceof DenseLayer ? "dense" : layer.getClass().getSimpleName();
    }

    private static String words(Object named) {
        return named.toString().toLowerCase(Locale.ROOT);
    }
}
