package org.mmard.model;

import java.util.List;
import java.util.Map;
import org.mmard.registry.Named;

/**
 * A network, or a family of networks, that configurations and commands name. One of your own is a class with a public constructor without
 * parameters, named in {@code META-INF/services/org.mmard.model.Architecture} of a jar beside this one:
 *
 * <pre>{@code
 * public final class TwoConvolutions implements Architecture {
 *     public String name() {
 *         return "two-convolutions";
 *     }
 *
 *     public void describe(String name, GraphPlan plan) {
 *         plan.convolution("conv1", 16, 3, 1).batchNorm("bn1").relu("relu1")
 *                 .convolution("conv2", 32, 3, 2).batchNorm("bn2").relu("relu2");
 *     }
 * }
 * }</pre>
 *
 * <p>A model file holds the name, and reading it describes the network anew and compares the two. So a name always has to describe the same
 * network, and whoever reads the file needs the jar. Weights from PyTorch are found under the names that {@link StateDictNames} makes of
 * the vertices: a network of your own can be imported where its vertices are called as the built-in ones are.
 */
public interface Architecture extends Named {
    /** Whether that is a name of this network or family; the family of one name by default. */
    default boolean has(String name) {
        return name().equals(name);
    }

    /** What messages list for it, such as {@code cnn-<widths> such as cnn-16-32-64}; its name by default. */
    default String usage() {
        return name();
    }

    /**
     * The names of this network or family that weights may be of, the likeliest first, judged by the entries' names and shapes: whether
     * they are is tried then. Its name alone by default.
     *
     * @param entries shapes of a state dictionary's entries, by PyTorch's names with whatever prefix
     */
    default List<String> guesses(Map<String, List<Long>> entries) {
        return List.of(name());
    }

    /**
     * Adds the vertices between the images and the classes; the mean over the map and the dense layer that gives the logits come after
     * them.
     *
     * @param name one that it {@linkplain #has has}
     * @param plan empty: its head is the images
     */
    void describe(String name, GraphPlan plan);
}
