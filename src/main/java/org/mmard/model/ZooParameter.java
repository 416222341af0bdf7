package org.mmard.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.mmard.data.ImageShape;

/**
 * A parameter of a network of the zoo, as a file of PyTorch's would have it.
 *
 * @param name DL4J's, such as {@code stage1_block2_conv1_W}
 * @param entries the names under which it may stand, the likeliest first, without prefix
 * @param shape PyTorch's; {@link #ANY} where the number of classes stands
 */
record ZooParameter(String name, List<String> entries, List<Long> shape) {
    static final long ANY = -1;
    static final String LAST_WEIGHT = "logits_W";
    private static final String LAST_BIAS = "logits_b";

    /** All of a network's, in the order of its vertices, but for what normalises its images. */
    static List<ZooParameter> of(String architecture, ImageShape shape) {
        ComputationGraphConfiguration network = Architectures.of(architecture, shape, 2, 0);
        List<ZooParameter> all = new ArrayList<>();
        for (Map.Entry<String, GraphVertex> vertex : network.getVertices().entrySet()) {
            if (vertex.getValue() instanceof LayerVertex inner) {
                parameters(inner.getLayerConf().getLayer(), vertex.getKey().equals("logits")).forEach((suffix, sizes) -> {
                    String name = vertex.getKey() + "_" + suffix;
                    all.add(new ZooParameter(name, StateDictNames.of(architecture, name), sizes));
                });
            }
        }
        return all;
    }

    /** A last layer without bias has one of zeros here. */
    boolean mayBeMissing() {
        return name.equals(LAST_BIAS);
    }

    boolean fits(List<Long> found) {
        if (found.size() != shape.size()) {
            return false;
        }
        for (int i = 0; i < found.size(); i++) {
            if (shape.get(i) == ANY ? found.get(i) < 2 || found.get(i) > Short.MAX_VALUE : !shape.get(i).equals(found.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static Map<String, List<Long>> parameters(Layer layer, boolean last) {
        Map<String, List<Long>> shapes = new LinkedHashMap<>();
        if (layer instanceof ConvolutionLayer convolution) {
            boolean depthwise = layer instanceof DepthwiseConvolution2D;
            shapes.put("W", List.of(depthwise ? convolution.getNIn() : convolution.getNOut(), depthwise ? 1L : convolution.getNIn(),
                    (long) convolution.getKernelSize()[0], (long) convolution.getKernelSize()[1]));
            if (convolution.hasBias()) {
                shapes.put("b", List.of(convolution.getNOut()));
            }
        } else if (layer instanceof BatchNormalization norm) {
            for (String each : List.of("gamma", "beta", "mean", "var")) {
                shapes.put(each, List.of(norm.getNOut()));
            }
        } else if (layer instanceof DenseLayer dense) {
            long out = last ? ANY : dense.getNOut();
            shapes.put("W", List.of(out, dense.getNIn()));
            shapes.put("b", List.of(out));
        }
        return shapes;
    }
}
