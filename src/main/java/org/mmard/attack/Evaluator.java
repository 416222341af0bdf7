package org.mmard.attack;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.mmard.data.ImageSet;
import org.mmard.engine.Classifier;

/** Who can find out what a model makes of a set of examples under an attack: this process, or a cluster. */
public interface Evaluator {
    /**
     * @param attack null for the natural images
     * @return the outcome of every example, in the order of the data
     */
    Outcome outcome(Attack attack, Progress progress);

    /** The clean accuracy and every attack, one after the other. */
    default Evaluation evaluate(Map<String, Object> about, List<Attack> attacks, Progress progress) {
        Outcome clean = outcome(null, progress);
        Map<String, Outcome> outcomes = new LinkedHashMap<>();
        for (Attack attack : attacks) {
            outcomes.put(attack.name(), outcome(attack, progress));
        }
        return new Evaluation(about, clean, outcomes);
    }

    /** Evaluates in this thread, batch by batch. */
    static Evaluator local(Classifier model, ImageSet images, int batch, long seed) {
        return (attack, progress) -> {
            Outcome all = null;
            for (int[] records : batches(images.size(), batch)) {
                Outcome part = Outcome.of(model, images, records, attack, seed);
                all = all == null ? part : all.with(part);
                progress.examples(attack == null ? Attacks.CLEAN : attack.name(), all.records().length, images.size(), all.accuracy());
            }
            return all;
        };
    }

    /** Record ids 0 .. examples - 1 in batches; the last may be short. */
    static List<int[]> batches(int examples, int batch) {
        return IntStream.iterate(0, from -> from < examples, from -> from + batch)
                .mapToObj(from -> IntStream.range(from, Math.min(examples, from + batch)).toArray()).toList();
    }

    /** Told after each part. */
    interface Progress {
        /** @param accuracy share of the examples done so far that the model got right */
        void examples(String attack, int done, int total, double accuracy);
    }
}
