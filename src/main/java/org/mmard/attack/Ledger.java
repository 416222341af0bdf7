package org.mmard.attack;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Keeps what is known of each example under each attack, part by part, so that nothing is done twice. */
public interface Ledger {
    /** What is known under an attack (or {@link Attacks#CLEAN}), ordered by record id; empty where nothing is. */
    Outcome known(String attack);

    /**
     * Adds a finished part.
     *
     * @param images x' of the part's records, [examples, channels, height, width], or null where they are not wanted
     */
    void add(String attack, Outcome part, float @Nullable [] images);

    /** Whether {@link #add} wants the adversarial images. */
    boolean wantsImages();

    /** For this call only. */
    class InMemory implements Ledger {
        private final Map<String, Outcome> outcomes = new LinkedHashMap<>();
        private final Map<String, Map<Integer, float[]>> images = new HashMap<>();
        private final boolean keepImages;

        public InMemory() {
            this(false);
        }

        /** @param keepImages whether {@link #image} is going to be asked */
        public InMemory(boolean keepImages) {
            this.keepImages = keepImages;
        }

        @Override
        public Outcome known(String attack) {
            return outcomes.getOrDefault(attack, Outcome.none());
        }

        @Override
        public void add(String attack, Outcome part, float @Nullable [] adversarial) {
            outcomes.merge(attack, part, Outcome::with);
            if (keepImages && adversarial != null) {
                int size = adversarial.length / part.records().length;
                for (int i = 0; i < part.records().length; i++) {
                    images.computeIfAbsent(attack, name -> new HashMap<>())
                            .put(part.records()[i], Arrays.copyOfRange(adversarial, i * size, (i + 1) * size));
                }
            }
        }

        @Override
        public boolean wantsImages() {
            return keepImages;
        }

        /** What an attack made of a record, shape [channels, height, width]; nothing where it was not run on it. */
        public Optional<float[]> image(String attack, int record) {
            return Optional.ofNullable(images.getOrDefault(attack, Map.of()).get(record));
        }
    }
}
