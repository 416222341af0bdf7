package org.mmard.train;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.mmard.config.InputError;

/**
 * Where a run stands after an epoch, or within one: the entry {@code state.json} of its checkpoint.
 *
 * @param settings names the run it belongs to: {@link Provenance#settings()}
 * @param epoch the latest finished epoch, counted from 1
 * @param step steps done since the beginning of the run
 * @param accuracy of that epoch on the validation part, or null where it was not validated
 * @param best the best epoch so far, or null where none was validated
 * @param begun what is done of the next epoch, or null where that has not begun
 */
public record CheckpointState(
        String settings, int epoch, long step, Epochs.Accuracy accuracy, Best best, @JsonInclude(JsonInclude.Include.NON_NULL) EpochSums begun) {
    /** The name of the entry. */
    public static final String ENTRY = "state.json";

    private static final ObjectMapper JSON = new ObjectMapper();

    /** The epoch (from 1) with the highest robust accuracy; among equals the higher clean accuracy, then the earlier epoch. */
    public record Best(int epoch, double clean, double robust) {
        /** The better of two epochs, the first where they are equal. Either may be null. */
        static Best of(Best first, Best second) {
            if (first == null || second == null) {
                return first == null ? second : first;
            }
            int order = Double.compare(second.robust, first.robust);
            return order > 0 || order == 0 && second.clean > first.clean ? second : first;
        }

        static Best of(int epoch, Epochs.Accuracy accuracy) {
            return accuracy == null ? null : new Best(epoch, accuracy.clean(), accuracy.robust());
        }
    }

    /** This state with so much done of the next epoch. */
    CheckpointState within(EpochSums sums) {
        long before = begun == null ? 0 : begun.steps();
        return new CheckpointState(settings, epoch, step + sums.steps() - before, accuracy, best, sums);
    }

    byte[] json() {
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @param content null where the zip has no such entry */
    static CheckpointState parse(byte[] content, String uri) {
        if (content == null) {
            throw new InputError(uri + ": entry " + ENTRY + " is missing: a model, but no checkpoint of a run");
        }
        try {
            return JSON.readValue(content, CheckpointState.class);
        } catch (IOException e) {
            throw new InputError(uri + ": entry " + ENTRY + ": " + e.getMessage().lines().findFirst().orElse("damaged"), e);
        }
    }
}
