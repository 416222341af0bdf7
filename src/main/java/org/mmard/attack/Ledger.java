package org.mmard.attack;

import java.util.LinkedHashMap;
import java.util.Map;

/** Keeps what is known of each example under each attack, part by part, so that nothing is done twice. */
public interface Ledger {
    /** What is known under an attack (or {@link Attacks#CLEAN}), ordered by record id; empty where nothing is. */
    Outcome known(String attack);

    /**
     * Adds a finished part.
     *
     * @param images x' of the part's records, [examples, 3, 32, 32], or null where they are not wanted
     */
    void add(String attack, Outcome part, float[] images);

    /** Whether {@link #add} wants the adversarial images. */
    boolean wantsImages();

    /** For this call only. */
    class InMemory implements Ledger {
        private final Map<String, Outcome> outcomes = new LinkedHashMap<>();

        @Override
        public Outcome known(String attack) {
            return outcomes.getOrDefault(attack, Outcome.none());
        }

        @Override
        public void add(String attack, Outcome part, float[] images) {
            outcomes.merge(attack, part, Outcome::with);
        }

        @Override
        public boolean wantsImages() {
            return false;
        }
    }
}
