package org.mmard.model;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A network of the zoo with the weights of a PyTorch state dictionary. */
final class TorchImport {
    private static final String OUTPUT = "logits_W";
    /** DL4J keeps depthwise weights [height, width, channels, 1], PyTorch [channels, 1, height, width]; the way back is the same. */
    private static final int[] DEPTHWISE_FROM_DL4J = {2, 3, 0, 1};

    private final String uri;
    private final String architecture;
    private final ImageShape shape;
    private final StateDict weights;

    private TorchImport(String uri, String architecture, ImageShape shape, StateDict weights) {
        this.uri = uri;
        this.architecture = architecture;
        this.shape = shape;
        this.weights = weights;
    }

    /**
     * @param architecture name in the zoo
     * @param shape of the images it is for; the number of classes is that of the file's last layer
     * @throws InputError in one line that names the entry, where the file is damaged, holds anything but tensors, or is of another network
     */
    static ModelFile.Model read(String uri, String architecture, ImageShape shape, Configuration hadoop) {
        Architectures.of(architecture, shape, 2, 0);
        try (StateDict weights = StateDict.open(uri, hadoop)) {
            return new TorchImport(uri, architecture, shape, weights).model(ModelFile.checksum(uri, hadoop));
        }
    }

    private ModelFile.Model model(String checksum) {
        int classes = classes();
        ComputationGraphConfiguration configuration = Architectures.of(architecture, shape, classes, 0);
        MemoryDemand.require(architecture, configuration, shape);
        ComputationGraph graph = new ComputationGraph(configuration);
        graph.init();
        Set<String> surplus = new HashSet<>(weights.names());
        surplus.removeIf(name -> StateDictNames.isIdle(architecture, name));
        for (String parameter : graph.paramTable().keySet()) {
            String name = entry(parameter);
            fill(graph, parameter, name);
            surplus.remove(name);
        }
        weights.names().stream().filter(surplus::contains).findFirst().ifPresent(name -> {
            throw weights.refusal(name,
                    architecture + " has no such part" + (surplus.size() == 1 ? "" : ", nor " + (surplus.size() - 1) + " others"), null);
        });
        List<String> names = IntStream.range(0, classes).mapToObj(Integer::toString).toList();
        return new ModelFile.Model(graph, new ModelFile.Metadata(architecture, shape, names, "not known: the weights are from PyTorch",
                Map.of("imported-from", uri, "imported-sha256", checksum)), null, Map.of());
    }

    private int classes() {
        String name = entry(OUTPUT);
        List<Long> shape = weights.shape(name);
        if (shape.size() != 2 || shape.get(0) < 2 || shape.get(0) > Short.MAX_VALUE) {
            throw weights.refusal(name, "shape " + shape + ", where the last layer of a classifier has [classes, features]", null);
        }
        return Math.toIntExact(shape.get(0));
    }

    private String entry(String parameter) {
        List<String> names = StateDictNames.of(architecture, parameter);
        return names.stream().filter(weights::has).findFirst()
                .orElseThrow(() -> new InputError(uri + ": entry " + String.join(" or ", names)
                        + " is missing, which " + architecture + " has; it has "
                        + String.join(", ", weights.names().stream().limit(5).toList()) + ", ..."));
    }

    private void fill(ComputationGraph graph, String parameter, String name) {
        INDArray view = graph.paramTable().get(parameter);
        String vertex = parameter.substring(0, parameter.lastIndexOf('_'));
        boolean depthwise = graph.getLayer(vertex).conf().getLayer() instanceof DepthwiseConvolution2D;
        long[] wanted = depthwise ? view.permute(DEPTHWISE_FROM_DL4J).shape() : torchShape(view);
        if (!weights.shape(name).equals(Arrays.stream(wanted).boxed().toList())) {
            throw weights.refusal(name, "shape " + weights.shape(name) + ", where " + architecture + " has " + Arrays.toString(wanted),
                    null);
        }
        float[] values = weights.values(name);
        for (float value : values) {
            if (parameter.endsWith("_var") && value < 0) {
                throw weights.refusal(name, "has a variance of " + value, null);
            }
        }
        view.assign(depthwise ? Nd4j.create(values, wanted, 'c').permute(DEPTHWISE_FROM_DL4J)
                : Nd4j.create(values, view.shape(), view.ordering()));
    }

    /**
     * DL4J's views lie in memory as PyTorch's tensors do: convolutions [out, in, height, width], dense weights [in, out] column by column.
     */
    private static long[] torchShape(INDArray view) {
        long[] shape = view.shape();
        if (view.rank() == 2) {
            return shape[0] == 1 ? new long[] {shape[1]} : new long[] {shape[1], shape[0]};
        }
        return shape;
    }
}
