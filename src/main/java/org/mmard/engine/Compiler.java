package org.mmard.engine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.failure.InputError;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationSwish;

/** Walks a DL4J graph in topological order and writes the {@link Program} it describes. What it does not know, it refuses by name. */
final class Compiler {
    private final List<Op> ops = new ArrayList<>();
    private final Map<String, Integer> registers = new HashMap<>();
    private int next = 1;

    private Compiler() {}

    /** @throws InputError naming the vertex, where the graph holds a layer or setting the engine does not run */
    static Program compile(ComputationGraph graph) {
        return new Compiler().walk(graph);
    }

    private Program walk(ComputationGraph graph) {
        var configuration = graph.getConfiguration();
        if (configuration.getNetworkInputs().size() != 1 || configuration.getNetworkOutputs().size() != 1) {
            throw new InputError("the network has " + configuration.getNetworkInputs().size() + " inputs and "
                    + configuration.getNetworkOutputs().size() + " outputs; the engine runs networks with one of each");
        }
        registers.put(configuration.getNetworkInputs().get(0), 0);
        for (int index : graph.topologicalSortOrder()) {
            String name = graph.getVertices()[index].getVertexName();
            GraphVertex vertex = configuration.getVertices().get(name);
            if (vertex != null) {
                registers.put(name, write(name, vertex, configuration.getVertexInputs().getOrDefault(name, List.of())));
            }
        }
        String output = configuration.getNetworkOutputs().get(0);
        if (ops.isEmpty() || ops.get(ops.size() - 1).output() != register(output)) {
            throw new InputError("vertex '" + output + "' is the network's output but not its last vertex; remove what comes after it");
        }
        return new Program(ops);
    }

    private int register(String vertex) {
        return Objects.requireNonNull(registers.get(vertex), vertex);
    }

    private int write(String name, GraphVertex vertex, List<String> inputs) {
        if (vertex instanceof ElementWiseVertex sum && sum.getOp() == ElementWiseVertex.Op.Add && inputs.size() == 2) {
            return emit(new Op.Add(register(inputs.get(0)), register(inputs.get(1)), next));
        }
        if (vertex instanceof LayerVertex layer && inputs.size() == 1 && layer.getPreProcessor() == null) {
            return write(name, layer.getLayerConf().getLayer(), register(inputs.get(0)));
        }
        throw unknown(name, vertex instanceof LayerVertex layer && layer.getPreProcessor() != null
                ? "preprocessor " + layer.getPreProcessor().getClass().getSimpleName() : vertex.getClass().getSimpleName());
    }

    private int write(String name, Layer layer, int input) {
        // Exact classes: a subclass (a deconvolution, a loss layer) means something else.
        if (layer.getClass() == ConvolutionLayer.class) {
            return convolution(name, (ConvolutionLayer) layer, input, 1);
        }
        if (layer.getClass() == DepthwiseConvolution2D.class && ((DepthwiseConvolution2D) layer).getDepthMultiplier() == 1) {
            return convolution(name, (ConvolutionLayer) layer, input, ((ConvolutionLayer) layer).getNIn());
        }
        if (layer.getClass() == BatchNormalization.class) {
            return batchNorm(name, (BatchNormalization) layer, input);
        }
        if (layer.getClass() == ActivationLayer.class) {
            return activation(name, ((ActivationLayer) layer).getActivationFn(), input);
        }
        if (layer.getClass() == ZeroPaddingLayer.class && ((ZeroPaddingLayer) layer).getDataFormat() == CNN2DFormat.NCHW) {
            int[] zeros = ((ZeroPaddingLayer) layer).getPadding();
            // DL4J has top, bottom, left, right; PyTorch the last dimension first.
            return emit(new Op.Pad(input, next, new long[] {zeros[2], zeros[3], zeros[0], zeros[1]}));
        }
        if (layer.getClass() == GlobalPoolingLayer.class && ((GlobalPoolingLayer) layer).getPoolingType() == PoolingType.AVG
                && ((GlobalPoolingLayer) layer).isCollapseDimensions()) {
            return emit(new Op.GlobalMean(input, next));
        }
        if (layer.getClass() == DenseLayer.class && ((DenseLayer) layer).hasBias() && !((DenseLayer) layer).hasLayerNorm()) {
            return activation(name, ((DenseLayer) layer).getActivationFn(), emit(new Op.Dense(input, next, name + "_W", name + "_b")));
        }
        throw unknown(name, layer.getClass().getSimpleName());
    }

    private int convolution(String name, ConvolutionLayer layer, int input, long groups) {
        boolean padded = layer.getConvolutionMode() == null || layer.getConvolutionMode() == ConvolutionMode.Truncate
                || layer.getConvolutionMode() == ConvolutionMode.Strict;
        if (!padded || layer.getCnn2dDataFormat() != CNN2DFormat.NCHW) {
            throw unknown(name, "convolution with mode " + layer.getConvolutionMode() + " and format " + layer.getCnn2dDataFormat());
        }
        Op.Convolution op = new Op.Convolution(input, next, name + "_W", layer.hasBias() ? name + "_b" : null,
                longs(layer.getStride()), longs(layer.getPadding()), longs(layer.getDilation()), groups);
        return activation(name, layer.getActivationFn(), emit(op));
    }

    private int batchNorm(String name, BatchNormalization layer, int input) {
        if (layer.isUseLogStd() || layer.isLockGammaBeta()) {
            throw unknown(name, "batch normalisation with useLogStd or lockGammaBeta");
        }
        // DL4J's decay is the share of the old value, PyTorch's momentum that of the new one. DL4J ignores the layer's activation: so do
        // we.
        return emit(new Op.BatchNorm(input, next, name, 1 - layer.getDecay(), layer.getEps()));
    }

    private int activation(String name, IActivation activation, int input) {
        if (activation == null || activation instanceof ActivationIdentity) {
            return input;
        }
        // A leaky or bounded ReLU is the same class with other numbers.
        if (activation.equals(new ActivationReLU())) {
            return emit(new Op.Relu(input, next));
        }
        if (activation instanceof ActivationSwish) {
            return emit(new Op.Swish(input, next));
        }
        throw unknown(name, "activation " + activation);
    }

    private int emit(Op op) {
        ops.add(op);
        return next++;
    }

    private static InputError unknown(String vertex, String what) {
        return new InputError("vertex '" + vertex + "': the engine does not run " + what
                + " (it runs plain and depthwise convolution, zero padding, batch normalisation, ReLU, Swish, addition, global average "
                + "pooling and dense layers)");
    }

    private static long[] longs(int[] values) {
        return java.util.Arrays.stream(values).asLongStream().toArray();
    }
}
