package org.mmard.model;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.jspecify.annotations.Nullable;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;

/** What a network takes of a machine's memory, before any is taken. */
public final class MemoryDemand {
    private MemoryDemand() {}

    /** What this machine (or container) has, in bytes. */
    public static long machine() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
    }

    /**
     * At most, as float32: the weights as they are and as oneDNN packs them, and what comes out of every vertex for a batch, there and back.
     *
     * @param shape of an image
     * @return bytes of one attack's pass
     */
    public static double ofAttack(ComputationGraphConfiguration configuration, ImageShape shape, int batch) {
        double weights = configuration.getVertices().values().stream().mapToDouble(vertex -> vertex.numParams(true)).sum();
        double outputs = configuration.getLayerActivationTypes(GraphPlan.input(shape)).values().stream().mapToDouble(MemoryDemand::elements)
                .sum();
        return Float.BYTES * (3 * weights + 2 * batch * outputs);
    }

    /**
     * @param what the network, for the complaint
     * @param shape of the image
     * @throws InputError with both numbers, where one forward pass over one image would need more memory than this machine (or container)
     *     has
     */
    static void require(String what, ComputationGraphConfiguration configuration, ImageShape shape) {
        require(what, bytes(configuration, shape), machine());
    }

    static void require(String what, double needed, long has) {
        if (needed > has) {
            throw new InputError(String.format(Locale.ROOT,
                    "%s: one forward pass over one image needs %.1f GiB of memory, and this machine has %.1f GiB; take a smaller network",
                    what, needed / (1L << 30), has / (double) (1L << 30)));
        }
    }

    /**
     * At least: the weights, and what goes into and comes out of the widest vertex, as float32. A double, since no integer need be large
     * enough.
     */
    static double bytes(ComputationGraphConfiguration configuration, ImageShape shape) {
        Map<String, InputType> outputs = configuration.getLayerActivationTypes(GraphPlan.input(shape));
        double weights = 0;
        double widest = 0;
        for (Map.Entry<String, GraphVertex> vertex : configuration.getVertices().entrySet()) {
            weights += vertex.getValue().numParams(true);
            double around = elements(outputs.get(vertex.getKey()));
            for (String input : configuration.getVertexInputs().getOrDefault(vertex.getKey(), List.of())) {
                around += elements(outputs.get(input));
            }
            widest = Math.max(widest, around);
        }
        return Float.BYTES * (weights + widest);
    }

    /** The images themselves have no entry among the outputs, and hardly count. */
    private static double elements(@Nullable InputType output) {
        return output == null ? 0 : output.arrayElementsPerExample();
    }
}
