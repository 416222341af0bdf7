package org.mmard.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.failure.InputError;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a network does to its images before its first layer: (x - mean) / deviation, channel by channel. It is part of the network, a vertex
 * that training leaves alone, so that images stay in [0, 1] outside, and epsilon means what it means everywhere.
 *
 * @param mean one per channel, of images in [0, 1]
 * @param deviation one per channel, above 0
 */
public record Normalisation(List<Double> mean, List<Double> deviation) {
    /** The vertex that does it. */
    public static final String VERTEX = "normalise";
    /** Of images in [0, 255] both are far above that, of images in [0, 1] below. */
    private static final double MOST = 2;

    /** @throws InputError where the numbers are not as many, not finite, or not those of images in [0, 1] */
    public Normalisation {
        mean = List.copyOf(mean);
        deviation = List.copyOf(deviation);
        if (mean.isEmpty() || mean.size() != deviation.size()) {
            throw new InputError(
                    "there are " + mean.size() + " means and " + deviation.size() + " deviations, where each channel has one of both");
        }
        for (int i = 0; i < mean.size(); i++) {
            double middle = mean.get(i);
            double width = deviation.get(i);
            if (!(Math.abs(middle) <= MOST && width > 0 && width <= MOST)) {
                throw new InputError("a mean of " + middle + " with a deviation of " + width + " is not of images in [0, 1]"
                        + (middle > MOST || width > MOST ? "; of images in [0, 255], divide both by 255" : ""));
            }
        }
    }

    /** Whether a network normalises its images. */
    public static boolean isIn(ComputationGraphConfiguration network) {
        return network.getVertices().containsKey(VERTEX);
    }

    /** Sets the vertex of a network that has it. */
    void install(ComputationGraph network) {
        INDArray weight = network.getParam(VERTEX + "_W");
        INDArray bias = network.getParam(VERTEX + "_b");
        for (int i = 0; i < mean.size(); i++) {
            weight.putScalar(new long[] {0, 0, i, 0}, 1 / deviation.get(i));
            bias.putScalar(i, -mean.get(i) / deviation.get(i));
        }
    }

    /** What a network does; nothing where it does nothing. As its weights have it, so that the last digits may differ. */
    public static Optional<Normalisation> of(ComputationGraph network) {
        if (!isIn(network.getConfiguration())) {
            return Optional.empty();
        }
        INDArray weight = network.getParam(VERTEX + "_W");
        INDArray bias = network.getParam(VERTEX + "_b");
        List<Double> mean = new ArrayList<>();
        List<Double> deviation = new ArrayList<>();
        for (int i = 0; i < bias.length(); i++) {
            deviation.add(1 / weight.getDouble(0, 0, i, 0));
            mean.add(-bias.getDouble(i) * deviation.get(i));
        }
        return Optional.of(new Normalisation(mean, deviation));
    }

    /** As {@code mean 0.4914 0.4822 0.4465, deviation 0.2471 0.2435 0.2616}. */
    @Override
    public String toString() {
        return "mean " + words(mean) + ", deviation " + words(deviation);
    }

    private static String words(List<Double> numbers) {
        return numbers.stream().map(each -> String.format(Locale.ROOT, "%.4f", each)).collect(Collectors.joining(" "));
    }
}
