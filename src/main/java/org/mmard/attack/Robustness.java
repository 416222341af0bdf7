package org.mmard.attack;

import java.util.List;
import java.util.Map;

/**
 * What became of every example under a cascade.
 *
 * @param predictions the class that the model gave at the image that broke it, or at the last one tried
 * @param robust whether the model still gave the label
 * @param brokenBy name of the attack that broke it, {@link Attacks#CLEAN} where the model was wrong without one, null where it is robust
 * @param stages the cascade's attacks, in order
 */
public record Robustness(int[] predictions, boolean[] robust, String[] brokenBy, List<Stage> stages) {
    /**
     * @param attack name
     * @param attacked how many examples it was run on
     * @param robust how many examples of all are robust after it
     * @param seconds time spent, summed over whoever worked at it
     * @param parameters what the attack does in numbers: {@link Attack#parameters}
     */
    public record Stage(String attack, int attacked, int robust, double seconds, Map<String, Object> parameters) {
        /** Of an attack that says nothing of its parameters. */
        public Stage(String attack, int attacked, int robust, double seconds) {
            this(attack, attacked, robust, seconds, Map.of());
        }
    }

    /** Share of examples that are robust, in [0, 1]. */
    public double accuracy() {
        return (double) stages.get(stages.size() - 1).robust() / robust.length;
    }

    /** Time spent in all stages, in seconds, summed over whoever worked at it. */
    public double seconds() {
        return stages.stream().mapToDouble(Stage::seconds).sum();
    }
}
