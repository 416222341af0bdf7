package org.mmard.model;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;
import org.mmard.registry.Outside;
import org.mmard.registry.Registry;

/**
 * The zoo: every network the project knows by name. Images come in as [examples, channels, height, width] in [0, 1] and logits go out as
 * [examples, classes]. The mean over the last map makes each of them fit images of any height and width, with the same parameters.
 *
 * <ul>
 *   <li>{@code cnn-16-32-64}, any list of widths, see {@link PlainCnn}.
 *   <li>{@code resnet8} (16/32/64, one basic block per stage), {@code resnet8x2} (32/64/128), {@code resnet20}, {@code resnet20x2}
 *       (three blocks per stage), {@code resnet18} (64/128/256/512, two blocks per stage), {@code resnet34},
 *       {@code resnet50} (3, 4, 6 and 3 blocks), see {@link ResNet}.
 *   <li>{@code preactresnet18}, {@code wideresnet-28-10} (any depth 6n + 4 and widening factor), see {@link PreActivation}.
 *   <li>{@code mobilenetv2}, see {@link MobileNet}.
 *   <li>whatever jars beside this one bring, see {@link Architecture}.
 * </ul>
 */
public final class Architectures {
    private static final Registry<Architecture> REGISTRY = new Registry<>(Architecture.class, "architecture", List.of(
            new ResNet("resnet18", 2, 64, 128, 256, 512),
            new ResNet("resnet34", List.of(3, 4, 6, 3), List.of(64, 128, 256, 512), false),
            new ResNet("resnet50", List.of(3, 4, 6, 3), List.of(64, 128, 256, 512), true),
            new ResNet("resnet20", 3, 16, 32, 64),
            new ResNet("resnet20x2", 3, 32, 64, 128),
            new ResNet("resnet8", 1, 16, 32, 64),
            new ResNet("resnet8x2", 1, 32, 64, 128),
            new PreActivation.ResNet18(),
            new MobileNet(),
            new PreActivation.WideResNet(),
            new PlainCnn()));

    private Architectures() {}

    /**
     * The configuration of a named network, ready to be initialised. A graph that DL4J initialises from it gets weights from ND4J's shared
     * generator: use {@link #network} for weights that depend on the seed alone.
     *
     * @param shape of the images
     * @param classes number of logits, at least 2
     * @throws InputError for a name that is not in the zoo, or so long that nobody can mean it
     */
    public static ComputationGraphConfiguration of(String name, ImageShape shape, int classes, long seed) {
        return of(name, shape, classes, seed, false);
    }

    /**
     * As above.
     *
     * @param normalises whether a {@link Normalisation} comes before the network's first vertex
     */
    static ComputationGraphConfiguration of(String name, ImageShape shape, int classes, long seed, boolean normalises) {
        if (classes < 2) {
            throw new InputError("a classifier needs at least 2 classes, not " + classes);
        }
        GraphPlan plan = new GraphPlan(shape, seed);
        if (normalises) {
            plan.normalise(shape.channels());
        }
        Architecture architecture = named(name);
        Outside.tell(architecture, () -> architecture.describe(name, plan));
        return plan.end(classes);
    }

    /** The names that weights with these entries may be of, the likeliest of each family first: see {@link Architecture#guesses}. */
    static List<String> guesses(Map<String, List<Long>> entries) {
        return REGISTRY.all().stream().flatMap(family -> Outside.ask(family, () -> family.guesses(entries).stream())).distinct().toList();
    }

    private static Architecture named(String name) {
        List<Architecture> known = REGISTRY.all();
        return known.stream().filter(one -> one.has(name)).findFirst().orElseThrow(() -> {
            String all = known.stream().limit(known.size() - 1).map(Architecture::usage).collect(Collectors.joining(", "));
            return new InputError("unknown architecture '" + name + "': there are " + all + ", and "
                    + known.get(known.size() - 1).usage());
        });
    }

    /** The configuration for images of CIFAR's shape. */
    public static ComputationGraphConfiguration of(String name, int classes, long seed) {
        return of(name, ImageShape.CIFAR, classes, seed);
    }

    /** A named network for images of CIFAR's shape, with fresh weights. */
    public static ComputationGraph network(String name, int classes, long seed) {
        return network(name, ImageShape.CIFAR, classes, seed);
    }

    /**
     * A named network with fresh weights: the same name, shape, classes and seed give the same bits anywhere.
     *
     * @throws InputError as {@link #of} does, and where the network needs more memory than there is
     */
    public static ComputationGraph network(String name, ImageShape shape, int classes, long seed) {
        return network(name, of(name, shape, classes, seed), shape, seed);
    }

    /** As above, with the normalisation of another network's images before it, where that has one. */
    public static ComputationGraph networkLike(ComputationGraph other, String name, ImageShape shape, int classes, long seed) {
        Optional<Normalisation> normalisation = Normalisation.of(other);
        ComputationGraph graph = network(name, of(name, shape, classes, seed, normalisation.isPresent()), shape, seed);
        normalisation.ifPresent(each -> each.install(graph));
        return graph;
    }

    private static ComputationGraph network(String name, ComputationGraphConfiguration configuration, ImageShape shape, long seed) {
        MemoryDemand.require(name, configuration, shape);
        ComputationGraph graph = new ComputationGraph(configuration);
        graph.init();
        InitialWeights.fill(graph, seed);
        return graph;
    }
}
