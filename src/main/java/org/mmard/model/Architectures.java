package org.mmard.model;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;

/**
 * The zoo: every network the project knows by name. Images come in as [examples, channels, height, width] in [0, 1] and logits go out as
 * [examples, classes]. The mean over the last map makes each of them fit images of any height and width, with the same parameters.
 *
 * <ul>
 *   <li>{@code cnn-16-32-64}, any list of widths: a 3x3 convolution to each width, stride 1 then 2, each with batch norm and ReLU; global
 *       mean; dense.
 *   <li>{@code resnet8} (16/32/64, one basic block per stage), {@code resnet8x2} (32/64/128), {@code resnet20}, {@code resnet20x2}
 *       (three blocks per stage), {@code resnet18} (64/128/256/512, two blocks per stage): He et al., "Deep residual learning for image
 *       recognition", CVPR 2016, with the 3x3 stem of the CIFAR codes and a 1x1 convolution with batch norm on each shortcut that changes
 *       shape.
 *   <li>{@code preactresnet18}, {@code wideresnet-28-10} (any depth 6n + 4 and widening factor), see {@link PreActivation}.
 *   <li>{@code mobilenetv2}, see {@link MobileNet}.
 * </ul>
 */
public final class Architectures {
    private static final Pattern CNN = Pattern.compile("cnn(-[1-9][0-9]{0,3})+");
    private static final int LONGEST_NAME = 200;
    private static final Map<String, Residual> RESIDUAL = new TreeMap<>(Map.of(
            "resnet8", new Residual(1, 16, 32, 64),
            "resnet8x2", new Residual(1, 32, 64, 128),
            "resnet18", new Residual(2, 64, 128, 256, 512),
            "resnet20", new Residual(3, 16, 32, 64),
            "resnet20x2", new Residual(3, 32, 64, 128)));

    private record Residual(int blocks, int... widths) {}

    private Architectures() {}

    /**
     * The configuration of a named network, ready to be initialised. A graph that DL4J initialises from it gets weights from ND4J's shared
     * generator: use {@link #network} for weights that depend on the seed alone.
     *
     * @param shape of the images; @param classes number of logits, at least 2
     * @throws InputError for a name that is not in the zoo, or so long that nobody can mean it
     */
    public static ComputationGraphConfiguration of(String name, ImageShape shape, int classes, long seed) {
        if (classes < 2) {
            throw new InputError("a classifier needs at least 2 classes, not " + classes);
        }
        Residual residual = RESIDUAL.get(name);
        if (residual != null) {
            return residual(residual, new GraphPlan(shape, seed)).end(classes);
        }
        // Java's patterns take stack for each repetition.
        if (name.length() <= LONGEST_NAME && CNN.matcher(name).matches()) {
            int[] widths = Arrays.stream(name.substring("cnn-".length()).split("-")).mapToInt(Integer::parseInt).toArray();
            return plain(widths, new GraphPlan(shape, seed)).end(classes);
        }
        PreActivation preActivation = PreActivation.named(name);
        if (preActivation != null) {
            return preActivation.plan(new GraphPlan(shape, seed)).end(classes);
        }
        if (name.equals("mobilenetv2")) {
            return MobileNet.plan(new GraphPlan(shape, seed)).end(classes);
        }
        throw new InputError("unknown architecture '" + name + "': there are " + String.join(", ", RESIDUAL.keySet())
                + ", preactresnet18 (with -raw, -bn or -raw-bn behind it), mobilenetv2, wideresnet-<depth>-<widening> such as "
                + "wideresnet-28-10, "
                + "and cnn-<widths> such as cnn-16-32-64");
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
        ComputationGraphConfiguration configuration = of(name, shape, classes, seed);
        MemoryDemand.require(name, configuration, shape);
        ComputationGraph graph = new ComputationGraph(configuration);
        graph.init();
        InitialWeights.fill(graph, seed);
        return graph;
    }

    private static GraphPlan plain(int[] widths, GraphPlan plan) {
        for (int i = 0; i < widths.length; i++) {
            String number = Integer.toString(i + 1);
            plan.convolution("conv" + number, widths[i], 3, i == 0 ? 1 : 2).batchNorm("bn" + number).relu("relu" + number);
        }
        return plan;
    }

    private static GraphPlan residual(Residual network, GraphPlan plan) {
        plan.convolution("conv1", network.widths[0], 3, 1).batchNorm("bn1").relu("relu1");
        int width = network.widths[0];
        for (int stage = 1; stage <= network.widths.length; stage++) {
            int next = network.widths[stage - 1];
            for (int block = 1; block <= network.blocks; block++) {
                int stride = stage > 1 && block == 1 ? 2 : 1;
                basicBlock(plan, "stage" + stage + "_block" + block + "_", next, stride, stride != 1 || width != next);
                width = next;
            }
        }
        return plan;
    }

    private static void basicBlock(GraphPlan plan, String prefix, int width, int stride, boolean projects) {
        String input = plan.head();
        plan.convolution(prefix + "conv1", width, 3, stride).batchNorm(prefix + "bn1").relu(prefix + "relu1")
                .convolution(prefix + "conv2", width, 3, 1).batchNorm(prefix + "bn2");
        String residual = plan.head();
        if (projects) {
            plan.from(input).convolution(prefix + "shortcut_conv", width, 1, stride).batchNorm(prefix + "shortcut_bn");
            input = plan.head();
        }
        plan.add(prefix + "add", residual, input).relu(prefix + "relu2");
    }
}
