package org.mmard.spark.sync;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.mmard.spark.sync.Address.Phase;

/**
 * The messages of others that have arrived, in whatever order, until they are taken. It admits what an executor that keeps the rules can
 * have sent by now: messages of this epoch and the next, no further than a round ahead, of a size and number that are known beforehand. So
 * whoever else may speak cannot fill the memory with messages, and one that is late or comes twice is dropped. Their bytes lie in arrays
 * that are used again.
 */
final class Inbox {
    private static final long CHECK_MILLISECONDS = 200;
    private static final int NO_EPOCH = Integer.MIN_VALUE;

    /**
     * What a message may be at most.
     *
     * @param pieces of a slice
     * @param length of one in bytes
     */
    record Limits(int executors, int pieces, int length) {}

    private record Parcel(byte[] bytes, int length) {}

    private final Limits limits;
    private final Map<Address, Parcel> parcels = new HashMap<>();
    private final Deque<byte[]> free = new ArrayDeque<>();
    private int epoch = NO_EPOCH;
    private int round;
    private int shard = -1;
    /** On their way in. */
    private final Set<Address> coming = new HashSet<>();
    /** What was taken in this round, so that it is not taken for news when it comes again. */
    private final Set<Address> taken = new HashSet<>();
    private @Nullable String failure;

    Inbox(Limits limits) {
        this.limits = limits;
    }

    /** Begins an epoch, with this shard. What was sent in earlier ones is dropped. */
    synchronized void begin(int next, int own) {
        epoch = next;
        shard = own;
        round = 0;
        taken.clear();
        drop(address -> address.epoch() != next);
    }

    private void drop(Predicate<Address> old) {
        parcels.entrySet().removeIf(entry -> {
            boolean dropped = old.test(entry.getKey());
            if (dropped) {
                free.push(entry.getValue().bytes);
            }
            return dropped;
        });
    }

    /** Whether such a message can be one that is still wanted. */
    synchronized boolean admits(Address address, int length) {
        boolean sound =
                address.source() >= 0 && address.source() < limits.executors && address.piece() >= 0 && address.piece() < limits.pieces
                        && length >= 0 && length <= limits.length
                        && (address.phase() != Phase.GREETING || (address.round() == 0 && address.piece() == 0))
                        && (address.epoch() != epoch || address.source() != shard);
        int least = address.epoch() == epoch ? round : 0;
        boolean timely = epoch != NO_EPOCH && (address.epoch() == epoch || address.epoch() == epoch + 1)
                && address.round() >= least && address.round() <= least + 1;
        return sound && timely && !parcels.containsKey(address) && !taken.contains(address);
    }

    /** Lets a message begin to come in, if it is admitted and does not come already: it ends with {@link #put} or {@link #cancel}. */
    synchronized boolean expect(Address address) {
        return admits(address, 0) && coming.add(address);
    }

    /**
     * A message that was expected does not come.
     *
     * @param array what there is of it, or null
     */
    synchronized void cancel(Address address, byte @Nullable [] array) {
        coming.remove(address);
        if (array != null) {
            free.push(array);
        }
    }

    /** An array for a message that is coming in, of {@link Limits#length} bytes. */
    synchronized byte[] array() {
        return free.isEmpty() ? new byte[limits.length] : free.pop();
    }

    private synchronized void giveBack(byte[] array) {
        free.push(array);
    }

    /**
     * Takes in a whole message, unless it is not admitted, or no longer.
     *
     * @param bytes an array of {@link #array}, which is the inbox's from
     * now on
     */
    synchronized void put(Address address, byte[] bytes, int length) {
        coming.remove(address);
        if (!admits(address, length)) {
            free.push(bytes);
            return;
        }
        parcels.put(address, new Parcel(bytes, length));
        notifyAll();
    }

    /**
     * Ends all waiting: nothing more will come.
     *
     * @param why in one line; the first counts
     */
    synchronized void fail(String why) {
        if (failure == null) {
            failure = why;
        }
        notifyAll();
    }

    /**
     * Waits for a message, takes it out and has it read.
     *
     * @param stop asked while waiting
     * @param patience in milliseconds
     * @throws IllegalStateException where it does not come: after {@code patience}, when {@code stop} says so, after {@link #fail}
     */
    void take(Address address, BooleanSupplier stop, long patience, Exchange.Reader reader) {
        Parcel parcel = await(address, stop, patience);
        reader.read(parcel.bytes, parcel.length);
        giveBack(parcel.bytes);
    }

    /** Goes on to a round: what has come, or is still to come, of earlier ones is not wanted any more. */
    synchronized void advance(int next) {
        if (next > round) {
            round = next;
            taken.clear();
            drop(address -> address.epoch() == epoch && address.round() < next);
        }
    }

    private synchronized Parcel await(Address address, BooleanSupplier stop, long patience) {
        advance(address.round());
        long deadline = System.nanoTime() + patience * 1_000_000;
        Parcel parcel = parcels.remove(address);
        while (parcel == null) {
            if (failure != null) {
                throw new IllegalStateException(failure);
            }
            if (stop.getAsBoolean()) {
                throw new IllegalStateException("the task was killed while it waited for " + address);
            }
            if (System.nanoTime() - deadline > 0) {
                throw new IllegalStateException(address + " did not arrive within " + patience / 1000 + " s");
            }
            try {
                wait(CHECK_MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while waiting for " + address, e);
            }
            parcel = parcels.remove(address);
        }
        taken.add(address);
        return parcel;
    }
}
