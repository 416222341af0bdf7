package org.mmard.spark.sync;

/**
 * The executors of a run among themselves: the seam between what is said ({@link AllReduce}) and how it travels. Messages may come in any
 * order; each is taken once, by its {@link Address}. One thread sends and receives.
 */
public interface Exchange extends AutoCloseable {
    /** This executor's shard, from 0. Known from {@link #meet} on. */
    int shard();

    /** How many executors take part in the epoch. Known from {@link #meet} on. */
    int executors();

    /**
     * Meets the others at the beginning of an epoch: after this call all of them are there and listen. What is left of earlier epochs is
     * dropped.
     *
     * @param introduce whether they may be others than in the epoch before, or there was none
     * @throws IllegalStateException where they do not come
     */
    void meet(int epoch, boolean introduce);

    /**
     * Sends the first {@code length} bytes of an array, which is the caller's again when this returns. Who sends in a round has all
     * that he needs of the rounds before it: what comes of those is not wanted any more.
     *
     * @param to a shard other than this one
     */
    void send(Address address, byte[] bytes, int length, int to);

    /**
     * Waits for a message, and has it read.
     *
     * @param reader must not keep the bytes
     * @throws IllegalStateException naming the message, where it does not come
     */
    void receive(Address address, Reader reader);

    /** Bytes of messages sent since the beginning, headers left out. */
    long sent();

    /** Bytes of messages received since the beginning, headers left out. */
    long received();

    /** Leaves the others. */
    @Override
    void close();

    /** Reads a message: the first {@code length} bytes of an array. */
    @FunctionalInterface
    interface Reader {
        void read(byte[] bytes, int length);
    }
}
