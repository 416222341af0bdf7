package org.mmard.step;

import java.io.Serializable;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
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
 * @param natural, adversarial images the student got right; null where a step's loss did not look at the one or the other
 */
public record Tally(
        String host, @Nullable String device, long minibatches, long skipped, long images, double seconds, long counted, BigDecimal loss,
        Map<String, BigDecimal> terms,
        @Nullable Long natural, @Nullable Long adversarial) implements Serializable {
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
            return new Tally(host, device, 1, 1, result.examples(), seconds, 0, BigDecimal.ZERO, Map.of(), 0L, 0L);
        }
        Map<String, BigDecimal> terms = new TreeMap<>();
        result.terms().forEach((name, value) -> terms.put(name, exact(value * result.examples())));
        return new Tally(host, device, 1, 0, result.examples(), seconds, result.examples(), exact(result.loss() * result.examples()), terms,
                whole(result.natural()), whole(result.adversarial()));
    }

    public Tally plus(Tally other) {
        Map<String, BigDecimal> sums = new TreeMap<>(terms);
        other.terms.forEach((name, value) -> sums.merge(name, value, BigDecimal::add));
        return new Tally(host, device, minibatches + other.minibatches, skipped + other.skipped, images + other.images,
                seconds + other.seconds,
                counted + other.counted, loss.add(other.loss), sums, sum(natural, other.natural), sum(adversarial, other.adversarial));
    }

    /** A sum's mean over the images that count; not a number where there are none. */
    public double mean(BigDecimal sum) {
        return sum.doubleValue() / counted;
    }

    /** A number of images as a share of those that count; not a number where it was not measured, or none count. */
    public double share(@Nullable Long right) {
        return right == null ? Double.NaN : (double) right / counted;
    }

    private static @Nullable Long whole(@Nullable Integer number) {
        return number == null ? null : (Long) number.longValue();
    }

    private static @Nullable Long sum(@Nullable Long one, @Nullable Long other) {
        return one == null || other == null ? null : (Long) (one + other);
    }

    private static BigDecimal exact(double value) {
        return new BigDecimal(value).setScale(DECIMALS, RoundingMode.HALF_EVEN);
    }
}
