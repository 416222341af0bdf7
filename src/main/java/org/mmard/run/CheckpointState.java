package org.mmard.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigDecimal;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.InputError;
import org.mmard.files.JsonFields;
import org.mmard.step.Tally;

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
        String settings, int epoch, long step, @Nullable ValidationAccuracy accuracy, @Nullable Best best,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable EpochSums begun) {
    /** The name of the entry. */
    public static final String ENTRY = "state.json";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long MOST = 1L << 53;
    private static final double LONGEST = 1e12;
    private static final int MOST_DIGITS = 400;

    /** The epoch (from 1) with the highest robust accuracy; among equals the higher clean accuracy, then the earlier epoch. */
    public record Best(int epoch, double clean, double robust) {
        /** The better of two epochs, the first where they are equal. */
        public static @Nullable Best of(@Nullable Best first, @Nullable Best second) {
            if (first == null || second == null) {
                return first == null ? second : first;
            }
            int order = Double.compare(second.robust, first.robust);
            return order > 0 || (order == 0 && second.clean > first.clean) ? second : first;
        }

        public static @Nullable Best of(int epoch, @Nullable ValidationAccuracy accuracy) {
            return accuracy == null ? null : new Best(epoch, accuracy.clean(), accuracy.robust());
        }
    }

    /** This state with so much done of the next epoch. */
    public CheckpointState within(EpochSums sums) {
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
    static CheckpointState parse(byte @Nullable [] content, String uri) {
        if (content == null) {
            throw new InputError(uri + ": entry " + ENTRY + " is missing: a model, but no checkpoint of a run");
        }
        JsonFields fields = JsonFields.exactly(uri + ": entry " + ENTRY, content);
        CheckpointState state =
                new CheckpointState(fields.text("settings"), fields.count("epoch", 0, Integer.MAX_VALUE - 1), fields.whole("step", 0, MOST),
                        fields.has("accuracy") ? accuracy(fields.section("accuracy")) : null,
                        fields.has("best") ? best(fields.section("best")) : null,
                        fields.has("begun") ? sums(fields.section("begun")) : null);
        if (state.best != null && state.best.epoch > state.epoch) {
            throw fields.refusal("best", "an epoch up to " + state.epoch);
        }
        return state;
    }

    private static ValidationAccuracy accuracy(JsonFields fields) {
        return new ValidationAccuracy(fields.number("clean", 0, 1), fields.number("robust", 0, 1),
                fields.count("examples", 0, Integer.MAX_VALUE));
    }

    private static Best best(JsonFields fields) {
        return new Best(fields.count("epoch", 1, Integer.MAX_VALUE), fields.number("clean", 0, 1), fields.number("robust", 0, 1));
    }

    private static EpochSums sums(JsonFields fields) {
        JsonFields executors = fields.section("executors");
        Map<String, Tally> tallies = new TreeMap<>();
        executors.names().forEach(id -> tallies.put(id, tally(executors.section(id))));
        return new EpochSums(tallies, fields.number("seconds", 0, LONGEST));
    }

    private static Tally tally(JsonFields fields) {
        JsonFields sums = fields.section("terms");
        Map<String, BigDecimal> terms = new TreeMap<>();
        sums.names().forEach(name -> terms.put(name, sum(sums, name)));
        return new Tally(fields.text("host"), fields.textOrNull("device"), fields.whole("minibatches", 0, MOST),
                fields.whole("skipped", 0, MOST), fields.whole("images", 0, MOST),
                fields.number("seconds", 0, LONGEST), fields.whole("counted", 0, MOST), sum(fields, "loss"), terms,
                right(fields, "natural"), right(fields, "adversarial"));
    }

    private static @Nullable Long right(JsonFields fields, String key) {
        return fields.has(key) ? (Long) fields.whole(key, 0, MOST) : null;
    }

    /** Exact, as it was written; of a sum that no loss has, the digits alone would fill the memory. */
    private static BigDecimal sum(JsonFields fields, String key) {
        BigDecimal sum = fields.exact(key);
        if (sum.signum() != 0 && (sum.precision() - sum.scale() > MOST_DIGITS || sum.scale() > MOST_DIGITS)) {
            throw fields.refusal(key, "a finite number");
        }
        return sum;
    }
}
