package org.mmard.export;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.StringStringEntryProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorShapeProto;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;
import org.mmard.data.ImageShape;
import org.mmard.engine.Op;
import org.mmard.failure.InputError;
import org.nd4j.shade.protobuf.UnsafeByteOperations;

/**
 * Writes a network as an ONNX model of operator set {@value #OPSET}: input {@code images}, float32 in [0, 1], [batch, channels, height,
 * width]; output {@code logits}, [batch, classes]; the batch is of any size. Weights have the names of the state dictionary, and so have
 * the nodes that read them. A convolution that a batch norm was folded into has a bias, under the name that PyTorch would give it.
 *
 * <p>One case of {@link #write(Op)} per operation of the engine's.
 */
final class OnnxFile {
    /** Of 2020: old enough for every runtime in use, and the first whose models ONNX Runtime's tools quantise per channel. */
    static final int OPSET = 13;
    /** The version of the format that came with it. */
    private static final int FORMAT = 7;
    private static final String IMAGES = "images";
    private static final String LOGITS = "logits";
    private static final String BATCH = "batch";
    /** A protobuf message has at most 2 GiB; so much is left to all but the weights. */
    private static final long MOST_BYTES = Integer.MAX_VALUE - (16L << 20);

    private final Exported network;
    private final GraphProto.Builder graph = GraphProto.newBuilder();
    /** What the registers are called. */
    private final Map<Integer, String> values = new HashMap<>(Map.of(0, IMAGES));
    private final Set<String> weights = new LinkedHashSet<>();

    private OnnxFile(Exported network) {
        this.network = network;
    }

    /** @throws InputError where an operation has no form in ONNX yet, or the weights are too large for a file of it */
    static void write(OutputStream out, Exported network) throws IOException {
        new OnnxFile(network).model().writeTo(out);
    }

    private ModelProto model() {
        long bytes = network.listing().weights().values().stream().mapToLong(weight -> Float.BYTES * weight.numel()).sum();
        if (bytes > MOST_BYTES) {
            throw new InputError(network.metadata().architecture() + ": " + bytes
                    + " bytes of weights, where an ONNX file holds less than 2 GiB; write safetensors");
        }
        network.listing().ops().forEach(this::write);
        weights.forEach(this::initializer);
        ImageShape shape = network.metadata().shape();
        int classes = network.metadata().classNames().size();
        graph.setName(network.metadata().architecture()).addInput(value(IMAGES, shape.channels(), shape.height(), shape.width()))
                .addOutput(value(LOGITS, classes));
        ModelProto.Builder model = ModelProto.newBuilder().setIrVersion(FORMAT).setProducerName("mmard").setGraph(graph)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPSET))
                .setDocString(network.metadata().architecture() + ": logits of " + classes + " classes for images of " + shape
                        + " in [0, 1]");
        network.description()
                .forEach((name, text) -> model.addMetadataProps(StringStringEntryProto.newBuilder().setKey(name).setValue(text)));
        return model.build();
    }

    private void write(Op op) {
        if (op instanceof Op.Convolution c) {
            List<String> inputs = new ArrayList<>(List.of(values.get(c.input()), weight(c.weight())));
            if (c.bias() != null) {
                inputs.add(weight(c.bias()));
            }
            long[] shape = network.listing().weight(c.weight()).shape();
            long[] padding = c.padding();
            node("Conv", inputs, result(c, layer(c.weight())), integers("kernel_shape", shape[2], shape[3]),
                    integers("strides", c.stride()), integers("pads", padding[0], padding[1], padding[0], padding[1]),
                    integers("dilations", c.dilation()), integer("group", c.groups()));
        } else if (op instanceof Op.BatchNorm n) {
            List<String> inputs = new ArrayList<>(List.of(values.get(n.input())));
            n.weights().forEach(parameter -> inputs.add(weight(parameter)));
            // ONNX's momentum is the share of the old value.
            node("BatchNormalization", inputs, result(n, layer(n.weights().get(0))), number("epsilon", n.epsilon()),
                    number("momentum", 1 - n.momentum()));
        } else if (op instanceof Op.Relu r) {
            node("Relu", List.of(values.get(r.input())), result(r, "relu"));
        } else if (op instanceof Op.Swish s) {
            String swish = result(s, "swish");
            node("Sigmoid", List.of(values.get(s.input())), swish + ".gate");
            node("Mul", List.of(values.get(s.input()), swish + ".gate"), swish);
        } else if (op instanceof Op.Pad p) {
            String padded = result(p, "pad");
            long[] zeros = p.zeros();
            // Before and after each dimension: examples, channels, height, width.
            sizes(padded + ".zeros", 0, 0, zeros[2], zeros[0], 0, 0, zeros[3], zeros[1]);
            node("Pad", List.of(values.get(p.input()), padded + ".zeros"), padded);
        } else if (op instanceof Op.Add a) {
            node("Add", List.of(values.get(a.left()), values.get(a.right())), result(a, "add"));
        } else if (op instanceof Op.GlobalMean m) {
            String mean = result(m, "mean");
            node("GlobalAveragePool", List.of(values.get(m.input())), mean + ".map");
            node("Flatten", List.of(mean + ".map"), mean, integer("axis", 1));
        } else if (op instanceof Op.Dense d) {
            node("Gemm", List.of(values.get(d.input()), weight(d.weight()), weight(d.bias())), result(d, layer(d.weight())),
                    integer("transB", 1));
        } else {
            throw new InputError(network.metadata().architecture() + ": ONNX files are not written yet of networks with "
                    + op.getClass().getSimpleName());
        }
    }

    /**
     * Names the register that an operation writes.
     *
     * @param name of the layer, or of the kind, which the register's number tells from others; no layer's name begins with a slash
     */
    private String result(Op op, String name) {
        List<Op> ops = network.listing().ops();
        boolean last = op.output() == ops.get(ops.size() - 1).output();
        String value = last ? LOGITS : op.weights().isEmpty() ? "/" + name + "_" + op.output() : name;
        values.put(op.output(), value);
        return value;
    }

    /** The name of a parameter, which becomes part of the file. */
    private String weight(String parameter) {
        weights.add(parameter);
        return network.name(parameter);
    }

    /** The name of the layer that has a parameter. */
    private String layer(String parameter) {
        String name = network.name(parameter);
        return name.substring(0, name.lastIndexOf('.'));
    }

    private void node(String kind, List<String> inputs, String output, AttributeProto... attributes) {
        graph.addNode(NodeProto.newBuilder().setOpType(kind).setName(output).addAllInput(inputs).addOutput(output)
                .addAllAttribute(Arrays.asList(attributes)));
    }

    private void sizes(String name, long... numbers) {
        graph.addInitializer(TensorProto.newBuilder().setName(name).setDataType(TensorProto.DataType.INT64_VALUE).addDims(numbers.length)
                .addAllInt64Data(Arrays.stream(numbers).boxed().toList()));
    }

    private void initializer(String parameter) {
        NamedTensor tensor = NamedTensor.of(network.name(parameter), network.listing().weight(parameter));
        graph.addInitializer(TensorProto.newBuilder().setName(tensor.name()).setDataType(TensorProto.DataType.FLOAT_VALUE)
                .addAllDims(Arrays.stream(tensor.shape()).boxed().toList()).setRawData(UnsafeByteOperations.unsafeWrap(tensor.bytes())));
    }

    /** Float32 numbers, so many for each of a batch. */
    private static ValueInfoProto value(String name, int... sizes) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder().addDim(TensorShapeProto.Dimension.newBuilder().setDimParam(BATCH));
        Arrays.stream(sizes).forEach(size -> shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(size)));
        TypeProto.Tensor tensor = TypeProto.Tensor.newBuilder().setElemType(TensorProto.DataType.FLOAT_VALUE).setShape(shape).build();
        return ValueInfoProto.newBuilder().setName(name).setType(TypeProto.newBuilder().setTensorType(tensor)).build();
    }

    private static AttributeProto integer(String name, long value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INT).setI(value).build();
    }

    private static AttributeProto integers(String name, long... values) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS)
                .addAllInts(Arrays.stream(values).boxed().toList()).build();
    }

    private static AttributeProto number(String name, double value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.FLOAT).setF((float) value).build();
    }
}
