package org.mmard.export;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.mmard.data.ImageShape;
import org.mmard.engine.Listing;
import org.mmard.failure.InputError;
import org.mmard.model.ModelFile;
import org.mmard.model.Normalisation;
import org.mmard.model.StateDictNames;

/**
 * A network on its way out.
 *
 * @param vertices in the order in which PyTorch's users list them
 */
record Exported(ModelFile.Metadata metadata, List<String> vertices, Listing listing) {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** Of a vertex, in PyTorch's order. */
    private static final List<String> PARAMETERS = List.of("_W", "_b", "_gamma", "_beta", "_mean", "_var");
    private static final String VARIANCE = ".running_var";
    private static final String COUNTER = ".num_batches_tracked";

    /** What PyTorch's users call a parameter. */
    String name(String parameter) {
        return StateDictNames.of(metadata.architecture(), parameter).get(0);
    }

    /**
     * Mean and deviation, as RobustBench's networks keep them: {@code mean} and {@code std} in DeepMind's, {@code mu} and {@code sigma} in
     * the others.
     */
    private List<NamedTensor> normalisation() {
        Tensor deviation = listing.weight(Normalisation.VERTEX + "_W").flatten().reciprocal();
        Tensor mean = listing.weight(Normalisation.VERTEX + "_b").neg().mul(deviation);
        boolean deepMind = StateDictNames.isDeepMind(metadata.architecture());
        long[] shape = deepMind ? new long[] {-1, 1, 1} : new long[] {1, -1, 1, 1};
        return List.of(NamedTensor.of(deepMind ? "mean" : "mu", mean.view(shape)),
                NamedTensor.of(deepMind ? "std" : "sigma", deviation.view(shape)));
    }

    /**
     * The state dictionary, in the order in which PyTorch's networks list it.
     *
     * @throws InputError where two parameters would have one name, as they may in a network of somebody's own
     */
    List<NamedTensor> stateDict() {
        List<NamedTensor> tensors = new ArrayList<>();
        Map<String, String> named = new HashMap<>();
        for (String vertex : vertices) {
            if (vertex.equals(Normalisation.VERTEX)) {
                tensors.addAll(normalisation());
                continue;
            }
            for (String suffix : PARAMETERS) {
                Tensor values = listing.weights().get(vertex + suffix);
                if (values == null) {
                    continue;
                }
                String name = name(vertex + suffix);
                String other = named.put(name, vertex);
                if (other != null) {
                    throw new InputError(metadata.architecture() + ": vertices " + other + " and " + vertex + " would both be called "
                            + name.substring(0, name.lastIndexOf('.')) + " in a state dictionary; rename one of them");
                }
                tensors.add(NamedTensor.of(name, values));
                if (name.endsWith(VARIANCE)) {
                    tensors.add(NamedTensor.counter(name.replace(VARIANCE, COUNTER)));
                }
            }
        }
        long layers = listing.weights().keySet().stream().filter(name -> !name.startsWith(Normalisation.VERTEX + "_")).count();
        if (named.size() != layers) {
            throw new IllegalStateException(named.size() + " of " + layers + " parameters have a vertex");
        }
        return tensors;
    }

    /** What the file is told about the model, by name, in words. */
    Map<String, String> description() {
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put("architecture", metadata.architecture());
        properties.put("classes", json(metadata.classNames()));
        properties.put("images", json(images()));
        properties.put("pixels", "float32 in [0, 1], [batch, channels, height, width]");
        properties.put("data", metadata.data());
        metadata.provenance().forEach((name, value) -> properties.put("provenance." + name, value));
        return properties;
    }

    private int[] images() {
        ImageShape shape = metadata.shape();
        return new int[] {shape.channels(), shape.height(), shape.width()};
    }

    private static String json(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("texts and numbers can always be written", e);
        }
    }
}
