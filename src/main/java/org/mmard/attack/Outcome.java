package org.mmard.attack;

import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What a model made of some examples, with or without an attack.
 *
 * @param records ids of the examples
 * @param predictions the class that the model gave, example by example
 * @param correct whether that was the label
 * @param seconds time spent, summed over whoever worked at it
 */
public record Outcome(int[] records, int[] predictions, boolean[] correct, double seconds) implements Serializable {
    public Outcome {
        if (records.length != correct.length || records.length != predictions.length) {
            throw new IllegalArgumentException(
                    records.length + " records, " + predictions.length + " predictions, " + correct.length + " outcomes");
        }
    }

    /** The outcome on no examples. */
    static Outcome none() {
        return new Outcome(new int[0], new int[0], new boolean[0], 0);
    }

    /** The outcome of this and another part, ordered by record id. */
    public Outcome with(Outcome other) {
        int mine = records.length;
        int[] order = IntStream.range(0, mine + other.records.length).boxed()
                .sorted((a, b) -> Integer.compare(record(a, other), record(b, other))).mapToInt(Integer::intValue).toArray();
        int[] ids = new int[order.length];
        int[] given = new int[order.length];
        boolean[] outcomes = new boolean[order.length];
        for (int i = 0; i < order.length; i++) {
            boolean own = order[i] < mine;
            ids[i] = record(order[i], other);
            given[i] = own ? predictions[order[i]] : other.predictions[order[i] - mine];
            outcomes[i] = own ? correct[order[i]] : other.correct[order[i] - mine];
        }
        return new Outcome(ids, given, outcomes, seconds + other.seconds);
    }

    private int record(int i, Outcome other) {
        return i < records.length ? records[i] : other.records[i - records.length];
    }

    /** The part that is about these records, in their order, with its share of the time. */
    Outcome at(int[] some) {
        Map<Integer, Integer> places = new HashMap<>();
        for (int i = 0; i < records.length; i++) {
            places.put(records[i], i);
        }
        int[] given = new int[some.length];
        boolean[] outcomes = new boolean[some.length];
        for (int i = 0; i < some.length; i++) {
            Integer place = places.get(some[i]);
            if (place == null) {
                throw new IllegalArgumentException("nothing is known of record " + some[i]);
            }
            given[i] = predictions[place];
            outcomes[i] = correct[place];
        }
        return new Outcome(some.clone(), given, outcomes, records.length == 0 ? 0 : seconds * some.length / records.length);
    }

    /** How many examples the model got right. */
    public int right() {
        int right = 0;
        for (boolean one : correct) {
            right += one ? 1 : 0;
        }
        return right;
    }

    /** Share of examples the model got right, in [0, 1]. */
    public double accuracy() {
        return (double) right() / correct.length;
    }
}
