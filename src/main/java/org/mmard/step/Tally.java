package org.mmard.step;

import java.io.Serializable;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.TreeMap;
import org.mmard.engine.Device;

/**
 * What one executor did in an epoch so far. Immutable. Its sums are exact, so that a mean is the same wherever an epoch was interrupted and
 * whichever executor's news came first.
 *
 * @param device where this executor computes, such as cuda:0 (NVIDIA A100); null in what older versions wrote
 * @param minibatches steps, skipped ones included
 * @param images of all of them
 * @param seconds time spent in them
 * @param counted images of the steps that were not skipped, which the following are about
 * @param loss, terms summed over images
 * @param natural, adversarial images the student got right
 */
public record Tally(
        String host, String device, long minibatches, long skipped, long images, double seconds, long counted, BigDecimal loss,
        Map<String, BigDecimal> terms,
        long natural, long adversarial) implements Serializable {
    /** Far below what a mean's rounding shows; without a bound, a loss of 1e-300 would have hundreds of digits. */
    private static final int DECIMALS = 60;

    /**
     * A single step of this process.
     *
     * @param skipped whether it changed nothing, its loss or gradient not being finite
     */
    public static Tally of(String host, Step.Result result, boolean skipped, double seconds) {
        String device = Device.current().description();
        if (skipped) {
            return new Tally(host, device, 1, 1, result.examples(), seconds, 0, BigDecimal.ZERO, Map.of(), 0, 0);
        }
        Map<String, BigDecimal> terms = new TreeMap<>();
        result.terms().forEach((name, value) -> terms.put(name, exact(value * result.examples())));
        return new Tally(host, device, 1, 0, result.examples(), seconds, result.examples(), exact(result.loss() * result.examples()), terms,
                result.natural(), result.adversarial());
    }

    public Tally plus(Tally other) {
        Map<String, BigDecimal> sums = new TreeMap<>(terms);
        other.terms.forEach((name, value) -> sums.merge(name, value, BigDecimal::add));
        return new Tally(host, device, minibatches + other.minibatches, skipped + other.skipped, images + other.images,
                seconds + other.seconds,
                counted + other.counted, loss.add(other.loss), sums, natural + other.natural, adversarial + other.adversarial);
    }

    /** A sum's mean over the images that count; not a number where there are none. */
    public double mean(BigDecimal sum) {
        return sum.doubleValue() / counted;
    }

    private static BigDecimal exact(double value) {
        return new BigDecimal(value).setScale(DECIMALS, RoundingMode.HALF_EVEN);
    }
}
