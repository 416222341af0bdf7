package org.mmard.reference;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.files.Npy;
import org.mmard.model.Architectures;

/** What the official AutoAttack did to a small network: the network, and the arrays of {@code reference/autoattack/trace}. */
public final class AutoAttackTrace {
    /**
     * The order of the state dictionary, and so of the storages in the file; the empty name is the count of batches, which no network
     * needs.
     */
    private static final List<String> ENTRIES = Stream.of("conv1 bn1", "conv2 bn2", "conv3 bn3").flatMap(block -> {
        String[] layers = block.split(" ");
        return Stream.of(layers[0] + ".weight", layers[1] + ".weight", layers[1] + ".bias",
                layers[1] + ".running_mean", layers[1] + ".running_var", "");
    }).toList();

    private AutoAttackTrace() {}

    /** An array of the trace, by its name without {@code .npy}. */
    public static Npy array(String name) {
        return Npy.read(Reference.folder("autoattack").resolve("trace").resolve(name + ".npy"));
    }

    /** {@code smallcnn.pt} as a graph of the zoo, {@code cnn-16-32-64}. */
    public static ComputationGraph network() {
        ComputationGraph graph = Architectures.network("cnn-16-32-64", 10, 0);
        try (ZipFile zip = new ZipFile(Reference.folder("autoattack").resolve("smallcnn.pt").toFile())) {
            for (var parameter : graph.paramTable().entrySet()) {
                String name = TorchParameters.torchName(parameter.getKey());
                int storage = name.startsWith("fc.") ? ENTRIES.size() + (name.equals("fc.weight") ? 0 : 1) : ENTRIES.indexOf(name);
                var view = parameter.getValue();
                int[] shape =
                        name.equals("fc.weight") ? new int[] {(int) view.size(1), (int) view.size(0)} : new int[] {(int) view.length()};
                view.assign(TorchParameters.array(view, storage(zip, storage, shape)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return graph;
    }

    private static Npy storage(ZipFile zip, int number, int[] shape) throws IOException {
        ByteBuffer bytes =
                ByteBuffer.wrap(zip.getInputStream(zip.getEntry("smallcnn/data/" + number)).readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
        double[] values = new double[bytes.remaining() / Float.BYTES];
        for (int i = 0; i < values.length; i++) {
            values[i] = bytes.getFloat();
        }
        return new Npy(values, shape);
    }
}
