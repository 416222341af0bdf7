package org.mmard.spark.sync;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * The sum of one vector per executor, the same bits for all of them, by reduce-scatter and all-gather: shard k owns the k-th
 * {@link Slices slice}, is sent it by all others, adds it up in the order of the shards, and sends the sum to all. Both ways go in an
 * {@link Encoding}, and what that leaves out stays where it was encoded: at the executor whose update it is, or at the owner of the sum,
 * for the next round. Of N executors each sends 2 (N-1)/N of a vector's encoded bytes, and codes about two vectors, however many there are.
 */
final class AllReduce {
    private static final int HAS_VALUES = 1;
    /** A host name has 253 bytes at most. */
    private static final int GREETING = 320;
    private static final Round NONE = new Round(-1, -1, 0, true);
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /**
     * One round.
     *
     * @param number within the epoch, from 0
     * @param members that take part: the shards below this number
     * @param exact whether everything is sent in float32, and nothing stays behind
     */
    record Round(int epoch, int number, int members, boolean exact) {}

    /**
     * What the members have told each other in a round: a few bits each, in the order of the shards.
     *
     * @param givers those that gave a vector
     */
    record Outcome(int[] notes, BitSet givers) {}

    private final Exchange exchange;
    private final Encoding encoding;
    private final int length;
    /** Of this executor's vectors; zero in its own slice, which is not encoded. */
    private final float @Nullable [] unsent;
    /** Of the sums of its slice, where all executors take part. */
    private float @Nullable [] unsentOfSum;
    private final float[] values;
    private final float[] sum;
    private final byte[] message;
    private long coding;

    private Round round = NONE;
    private Slices slices;
    private int ownNote;
    private @Nullable FloatBuffer own;

    /**
     * @param executors at most
     * @param length of the vectors
     */
    AllReduce(Exchange exchange, Encoding encoding, int executors, int length) {
        this.exchange = exchange;
        this.encoding = encoding;
        this.length = length;
        boolean lossy = encoding != Encoding.EXACT;
        unsent = lossy ? new float[length] : null;
        values = new float[Math.min(Slices.PIECE, length)];
        sum = new float[values.length];
        message = new byte[limits(executors, length).length()];
        slices = new Slices(length, executors);
    }

    /** What a message between so many executors about vectors of this length may be. */
    static Inbox.Limits limits(int executors, int length) {
        // Two members at least have the longest slices. A float32 is the longest code of a value. A greeting has an executor's address.
        return new Inbox.Limits(executors, new Slices(length, 2).pieces(),
                Math.max(GREETING, 1 + Encoding.EXACT.bytes(Math.min(Slices.PIECE, length))));
    }

    /**
     * Sends this executor's part.
     *
     * @param note a few bits for all others, 0 to 127
     * @param vector from its position on, to be left as it is until {@link #gather}; null where there is none to give
     */
    void scatter(Round now, int note, @Nullable FloatBuffer vector) {
        round = now;
        slices = new Slices(length, now.members());
        ownNote = note;
        own = vector;
        for (int piece = 0; piece < slices.pieces(); piece++) {
            for (int step = 1; step < now.members(); step++) {
                int to = (exchange.shard() + step) % now.members();
                int count = slices.values(to, piece);
                int at = 0;
                if (piece == 0) {
                    message[at++] = (byte) (note << 1 | (vector == null ? 0 : HAS_VALUES));
                }
                if (vector != null && count > 0) {
                    at = encode(vector, slices.from(to, piece), count, at);
                }
                if (at > 0) {
                    exchange.send(address(Address.Phase.SCATTER, exchange.shard(), piece), message, at, to);
                }
            }
        }
    }

    private int encode(FloatBuffer vector, int from, int count, int at) {
        long start = THREADS.getCurrentThreadCpuTime();
        vector.get(vector.position() + from, values, 0, count);
        encoding().encode(values, unsent, from, count, message, at);
        coding += THREADS.getCurrentThreadCpuTime() - start;
        return at + encoding().bytes(count);
    }

    /** @param result gets the sum, from its position on; zeros where nobody has given anything */
    Outcome gather(FloatBuffer result) {
        Outcome outcome = new Outcome(new int[round.members()], new BitSet());
        for (int piece = 0; piece < slices.pieces(); piece++) {
            addUp(piece, outcome, result);
        }
        if (outcome.givers.isEmpty()) {
            zero(result);
        } else {
            for (int piece = 0; piece < slices.pieces(); piece++) {
                fetch(piece, result);
            }
        }
        own = null;
        return outcome;
    }

    /** Adds up a piece of this executor's own slice and sends it to all. With the first piece come the others' notes. */
    private void addUp(int piece, Outcome outcome, FloatBuffer result) {
        int shard = exchange.shard();
        int from = slices.from(shard, piece);
        int count = slices.values(shard, piece);
        Arrays.fill(sum, 0, count, 0);
        for (int source = 0; source < round.members(); source++) {
            if (source == shard) {
                addOwn(from, count, piece, outcome);
            } else if (piece == 0 || (count > 0 && outcome.givers.get(source))) {
                addOf(source, count, piece, outcome);
            }
        }
        // What is left of earlier sums waits with them: where nobody gives anything, nobody has to wait for a sum.
        if (count == 0 || outcome.givers.isEmpty()) {
            return;
        }
        long start = THREADS.getCurrentThreadCpuTime();
        encoding().encode(sum, round.members() == exchange.executors() ? unsentOfSum : null, from - slices.from(shard), count, message, 0);
        coding += THREADS.getCurrentThreadCpuTime() - start;
        for (int step = 1; step < round.members(); step++) {
            exchange.send(address(Address.Phase.GATHER, shard, piece), message, encoding().bytes(count), (shard + step) % round.members());
        }
        put(message, count, result, from);
    }

    private void addOwn(int from, int count, int piece, Outcome outcome) {
        if (piece == 0) {
            note(outcome, exchange.shard(), ownNote, own != null);
        }
        if (own != null) {
            own.get(own.position() + from, values, 0, count);
            for (int i = 0; i < count; i++) {
                sum[i] += values[i];
            }
        }
    }

    private void addOf(int source, int count, int piece, Outcome outcome) {
        Address address = address(Address.Phase.SCATTER, source, piece);
        exchange.receive(address, (bytes, size) -> {
            int at = 0;
            if (piece == 0) {
                requireLength(address, Math.min(size, 1), 1);
                note(outcome, source, bytes[at] >>> 1, (bytes[at] & HAS_VALUES) != 0);
                at++;
            }
            int coded = outcome.givers.get(source) ? encoding().bytes(count) : 0;
            requireLength(address, size, at + coded);
            if (coded > 0) {
                long start = THREADS.getCurrentThreadCpuTime();
                encoding().add(bytes, at, count, sum);
                coding += THREADS.getCurrentThreadCpuTime() - start;
            }
        });
    }

    private static void note(Outcome outcome, int source, int note, boolean gives) {
        outcome.notes[source] = note;
        outcome.givers.set(source, gives);
    }

    /** Takes in a piece of the others' sums. */
    private void fetch(int piece, FloatBuffer result) {
        for (int step = 1; step < round.members(); step++) {
            int owner = (exchange.shard() + step) % round.members();
            int count = slices.values(owner, piece);
            if (count > 0) {
                Address address = address(Address.Phase.GATHER, owner, piece);
                int from = slices.from(owner, piece);
                exchange.receive(address, (bytes, size) -> {
                    requireLength(address, size, encoding().bytes(count));
                    put(bytes, count, result, from);
                });
            }
        }
    }

    private void put(byte[] bytes, int count, FloatBuffer result, int from) {
        long start = THREADS.getCurrentThreadCpuTime();
        encoding().decode(bytes, 0, count, values);
        result.put(result.position() + from, values, 0, count);
        coding += THREADS.getCurrentThreadCpuTime() - start;
    }

    private void zero(FloatBuffer result) {
        Arrays.fill(values, 0);
        for (int from = 0; from < length; from += values.length) {
            result.put(result.position() + from, values, 0, Math.min(values.length, length - from));
        }
    }

    private static void requireLength(Address address, int size, int expected) {
        if (size != expected) {
            throw new IllegalStateException(address + " has " + size + " bytes, not " + expected + ": executors of different versions?");
        }
    }

    private Address address(Address.Phase phase, int source, int piece) {
        return new Address(round.epoch(), round.number(), phase, source, piece);
    }

    private Encoding encoding() {
        return round.exact() ? Encoding.EXACT : encoding;
    }

    /** Begins an epoch, when the executors have met: forgets what has not been sent. */
    void begin() {
        if (unsent != null) {
            int longest = new Slices(length, exchange.executors()).longest();
            Arrays.fill(unsent, 0);
            unsentOfSum = new float[longest];
        }
    }

    /** Adds to a vector what this executor still has to send: of its own, and of the sums of its slice. */
    void addUnsent(float[] to) {
        if (unsent != null && unsentOfSum != null) {
            int from = new Slices(length, exchange.executors()).from(exchange.shard());
            for (int i = 0; i < length; i++) {
                to[i] += unsent[i];
            }
            for (int i = 0; i < unsentOfSum.length && from + i < length; i++) {
                to[from + i] += unsentOfSum[i];
            }
        }
    }

    /** CPU time that this executor's thread has spent encoding, decoding and adding since the beginning, nanoseconds. */
    long coding() {
        return coding;
    }
}
