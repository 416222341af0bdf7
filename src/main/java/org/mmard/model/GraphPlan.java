package org.mmard.model;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.weights.WeightInit;
import org.mmard.data.ImageShape;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.NoOp;

/**
 * A network under construction: each call adds a vertex behind the last one, the head, which is the images at first. Maps have the shape
 * [examples, channels, height, width]. Vertices have names of their own; {@code images}, {@code pool} and {@code logits} are taken.
 *
 * <p>A block with a shortcut, whose input has the same shape as its output:
 *
 * <pre>{@code
 * String input = plan.head();
 * plan.convolution("conv2", 32, 3, 1).batchNorm("bn2");
 * plan.add("add2", plan.head(), input).relu("relu2");
 * }</pre>
 */
public final class GraphPlan {
    private final ComputationGraphConfiguration.GraphBuilder graph;
    private String head = "images";

    /** @param shape of the images that the network is for */
    GraphPlan(ImageShape shape, long seed) {
        // The updater is there for plain DL4J, which cannot load a trained graph without one; training brings its own rule on the same
        // state.
        graph = new NeuralNetConfiguration.Builder()
                .seed(seed)
                .updater(new Nesterovs(0.1, 0.9))
                .miniBatch(false)
                .weightInit(WeightInit.RELU)
                .convolutionMode(ConvolutionMode.Truncate)
                .trainingWorkspaceMode(WorkspaceMode.NONE)
                .inferenceWorkspaceMode(WorkspaceMode.NONE)
                .graphBuilder()
                .addInputs(head)
                .setInputTypes(input(shape));
    }

    /** One image as DL4J describes it. */
    static InputType input(ImageShape shape) {
        return InputType.convolutional(shape.height(), shape.width(), shape.channels(), CNN2DFormat.NCHW);
    }

    /** The name of the vertex that the next one reads. */
    public String head() {
        return head;
    }

    /** Goes on from an earlier vertex, or from {@code images}. */
    public GraphPlan from(String vertex) {
        head = vertex;
        return this;
    }

    /**
     * A convolution without bias, since a batch norm follows, padded by half the kernel: stride s makes ceil(size / s) of a size.
     *
     * @param width channels of its output
     * @param kernel its height and width, odd
     */
    public GraphPlan convolution(String name, int width, int kernel, int stride) {
        return convolution(name, width, kernel, stride, kernel / 2);
    }

    private GraphPlan convolution(String name, int width, int kernel, int stride, int padding) {
        return layer(name, new ConvolutionLayer.Builder(kernel, kernel).stride(stride, stride).padding(padding, padding)
                .nOut(width).hasBias(false).activation(Activation.IDENTITY).dataFormat(CNN2DFormat.NCHW).build());
    }

    /**
     * As {@link #convolution(String, int, int, int)}, padded as TensorFlow's {@code SAME} is for maps of even size: at stride 2, a 3x3
     * kernel has a row of zeros below and a column to the right, and none above and to the left.
     */
    public GraphPlan sameConvolution(String name, int width, int kernel, int stride) {
        if (stride == 1) {
            return convolution(name, width, kernel, stride);
        }
        int zeros = kernel - stride;
        if (zeros > 0) {
            layer(name + "_pad", new ZeroPaddingLayer.Builder(zeros / 2, zeros - zeros / 2, zeros / 2, zeros - zeros / 2).build());
        }
        return convolution(name, width, kernel, stride, 0);
    }

    /**
     * As {@link #convolution}, each channel by itself.
     *
     * @param width channels of its input and output
     */
    public GraphPlan depthwise(String name, int width, int kernel, int stride) {
        return layer(name, new DepthwiseConvolution2D.Builder(kernel, kernel).stride(stride, stride).padding(kernel / 2, kernel / 2)
                .nOut(width).hasBias(false).activation(Activation.IDENTITY).dataFormat(CNN2DFormat.NCHW).build());
    }

    /** Batch norm over examples and map as PyTorch has it: epsilon 1e-5, momentum 0.1, scale and shift of its own per channel. */
    public GraphPlan batchNorm(String name) {
        // Keeps the variance itself, as PyTorch does; by default DL4J would keep the logarithm of its root.
        return layer(name, new BatchNormalization.Builder().useLogStd(false).eps(1e-5).decay(0.9).dataFormat(CNN2DFormat.NCHW).build());
    }

    /** x / (1 + exp(-x)), also called SiLU. */
    public GraphPlan swish(String name) {
        return layer(name, new ActivationLayer.Builder().activation(Activation.SWISH).build());
    }

    /**
     * (x - mean) / deviation of each channel of the images, as a depthwise 1x1 convolution with bias that no training changes. Weight 1 and
     * bias 0 until {@link Normalisation#install}.
     */
    GraphPlan normalise(int channels) {
        return layer(Normalisation.VERTEX, new DepthwiseConvolution2D.Builder(1, 1).stride(1, 1).padding(0, 0).nOut(channels).hasBias(true)
                .activation(Activation.IDENTITY).dataFormat(CNN2DFormat.NCHW).updater(new NoOp()).build());
    }

    /** max(0, x). */
    public GraphPlan relu(String name) {
        return layer(name, new ActivationLayer.Builder().activation(Activation.RELU).build());
    }

    /** The sum of two earlier vertices of one shape. */
    public GraphPlan add(String name, String first, String second) {
        graph.addVertex(name, new ElementWiseVertex(ElementWiseVertex.Op.Add), first, second);
        head = name;
        return this;
    }

    /** Ends in the mean over the map and a dense layer, {@code logits}. */
    ComputationGraphConfiguration end(int classes) {
        layer("pool", new GlobalPoolingLayer.Builder(PoolingType.AVG).build());
        layer("logits", new DenseLayer.Builder().nOut(classes).activation(Activation.IDENTITY).build());
        return graph.setOutputs(head).build();
    }

    /**
     * Any other layer of DL4J's. The engine runs plain and depthwise convolution, zero padding, batch norm, ReLU, Swish, global average pooling and dense layers
     * with whatever settings they have; it refuses all else by name when the network is opened.
     */
    public GraphPlan layer(String name, Layer layer) {
        graph.addLayer(name, layer, head);
        head = name;
        return this;
    }
}
