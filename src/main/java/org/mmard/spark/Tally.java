package org.mmard.spark;

import java.io.Serializable;
import java.util.Map;
import java.util.TreeMap;
import org.mmard.train.Step;

/**
 * What one executor did in an epoch so far. Immutable.
 *
 * @param seconds time spent in steps; @param loss, terms summed over images; @param natural, adversarial images the student got right
 */
record Tally(String host, long minibatches, long images, double seconds, double loss, Map<String, Double> terms, long natural, long adversarial)
        implements Serializable {

    static Tally of(String host, Step.Result result, double seconds) {
        Map<String, Double> terms = new TreeMap<>();
        result.terms().forEach((name, value) -> terms.put(name, value * result.examples()));
        return new Tally(host, 1, result.examples(), seconds, result.loss() * result.examples(), terms, result.natural(), result.adversarial());
    }

    Tally plus(Tally other) {
        Map<String, Double> sums = new TreeMap<>(terms);
        other.terms.forEach((name, value) -> sums.merge(name, value, Double::sum));
        return new Tally(host, minibatches + other.minibatches, images + other.images, seconds + other.seconds, loss + other.loss, sums,
                natural + other.natural, adversarial + other.adversarial);
    }
}
