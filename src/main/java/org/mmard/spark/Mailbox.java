package org.mmard.spark;

import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.mmard.spark.UpdateMessage.Address;

/** Updates of other executors that have arrived, in whatever order their pieces came. */
final class Mailbox {
    private static final long CHECK_MILLISECONDS = 200;

    private final Map<Address, Parcel> parcels = new HashMap<>();

    private static final class Parcel {
        private final byte[] bytes;
        private int missing;

        Parcel(int total) {
            bytes = new byte[total];
            missing = total;
        }
    }

    synchronized void put(UpdateMessage message) {
        Parcel parcel = parcels.computeIfAbsent(message.address(), address -> new Parcel(message.total));
        System.arraycopy(message.bytes, 0, parcel.bytes, message.offset, message.bytes.length);
        parcel.missing -= message.bytes.length;
        if (parcel.missing == 0) {
            notifyAll();
        }
    }

    /**
     * Waits for an update, and takes it out.
     *
     * @param stop asked while waiting
     * @throws InterruptedException when {@code stop} says so
     * @throws IllegalStateException after {@code patience} milliseconds
     */
    synchronized byte[] take(Address address, BooleanSupplier stop, long patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience * 1_000_000;
        while (!parcels.containsKey(address) || parcels.get(address).missing > 0) {
            if (stop.getAsBoolean()) {
                throw new InterruptedException("the task was killed while it waited for " + address);
            }
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("the update of batch " + address.batch() + " of epoch " + address.epoch() + " did not arrive within "
                        + patience / 1000 + " s");
            }
            wait(CHECK_MILLISECONDS);
        }
        return parcels.remove(address).bytes;
    }

    /** Drops what was left over from earlier epochs: a short last round's updates, which an executor without a batch does not take. */
    synchronized void forgetBefore(int epoch) {
        parcels.keySet().removeIf(address -> address.epoch() < epoch);
    }
}
