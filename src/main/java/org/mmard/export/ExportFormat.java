package org.mmard.export;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.PointerScope;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.engine.TorchNetwork;
import org.mmard.failure.InputError;
import org.mmard.model.ModelFile;

/**
 * The files in which a model leaves: whoever has one runs the network without this product. Its images are float32 in [0, 1] of shape
 * [batch, channels, height, width], its logits [batch, classes]. The same model and metadata give the same bytes.
 */
public enum ExportFormat {
    /** Weights and computation in one, for ONNX Runtime and whatever else reads it: see {@link OnnxFile}. */
    ONNX("onnx", "model.onnx", OnnxFile::write),
    /** Weights alone under PyTorch's names, in a file that anybody can read: see {@link SafetensorsFile}. */
    SAFETENSORS("safetensors", "model.safetensors", SafetensorsFile::write),
    /** Weights alone under PyTorch's names, for {@code load_state_dict}: see {@link StateDictFile}. */
    STATE_DICT("state-dict", "model.pt", StateDictFile::write);

    private final String name;
    private final String example;
    private final Writer writer;

    ExportFormat(String name, String example, Writer writer) {
        this.name = name;
        this.example = example;
        this.writer = writer;
    }

    /** Writes a network and leaves the stream open. */
    @FunctionalInterface
    private interface Writer {
        void write(OutputStream out, Exported network) throws IOException;
    }

    /**
     * The format of that name.
     *
     * @throws InputError with the names that there are, where it is none of them
     */
    public static ExportFormat of(String name) {
        return Arrays.stream(values()).filter(format -> format.name.equals(name)).findFirst()
                .orElseThrow(() -> new InputError("unknown format '" + name + "': there are "
                        + Arrays.stream(values()).map(ExportFormat::toString).collect(Collectors.joining(", "))));
    }

    /** A name for a file of this kind. */
    public String example() {
        return example;
    }

    /** Name and version for people. */
    public String words() {
        return this == ONNX ? "ONNX, opset " + OnnxFile.OPSET : name;
    }

    /** Whether batch norms can be folded in it: a file of weights alone is loaded into a network that has them. */
    public boolean folds() {
        return this == ONNX;
    }

    /**
     * Writes a network as it is in eval mode and leaves the stream open.
     *
     * @param metadata what a reader of the file is told, where the format has a place for it
     * @param folded whether each batch norm becomes part of the convolution before it, where there is one
     * @throws InputError where the network has a part that cannot be written, or is too large for the format
     * @throws IllegalArgumentException where batch norms cannot be folded in this format
     */
    public void write(OutputStream out, ComputationGraph graph, ModelFile.Metadata metadata, boolean folded) throws IOException {
        if (folded && !folds()) {
            throw new IllegalArgumentException("batch norms folded in " + name);
        }
        // In the order in which the network was described, which is that of PyTorch's modules; DL4J's own may have a shortcut first.
        List<String> vertices = List.copyOf(graph.getConfiguration().getVertices().keySet());
        try (PointerScope scope = new PointerScope(); TorchNetwork network = new TorchNetwork(graph)) {
            writer.write(out, new Exported(metadata, vertices, network.listing(folded)));
        }
    }

    /** As configurations and commands name it. */
    @Override
    public String toString() {
        return name;
    }
}
