package org.mmard.spark.sync;

import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;

/** An exchange among the threads of one process, each an executor of its own. */
final class MemoryExchange implements Exchange {
    private final int shard;
    private final List<Inbox> inboxes;
    private final CyclicBarrier barrier;
    private final long patience;
    private long sent;
    private long received;

    private MemoryExchange(int shard, List<Inbox> inboxes, CyclicBarrier barrier, long patience) {
        this.shard = shard;
        this.inboxes = inboxes;
        this.barrier = barrier;
        this.patience = patience;
    }

    /**
     * One for each of the executors, in the order of their shards.
     *
     * @param patience how long one waits for a message, milliseconds
     */
    static List<MemoryExchange> among(int executors, Inbox.Limits limits, long patience) {
        List<Inbox> inboxes = IntStream.range(0, executors).mapToObj(shard -> new Inbox(limits)).toList();
        CyclicBarrier barrier = new CyclicBarrier(executors);
        return IntStream.range(0, executors).mapToObj(shard -> new MemoryExchange(shard, inboxes, barrier, patience)).toList();
    }

    @Override
    public int shard() {
        return shard;
    }

    @Override
    public int executors() {
        return inboxes.size();
    }

    @Override
    public void meet(int epoch, boolean introduce) {
        inboxes.get(shard).begin(epoch, shard);
        try {
            barrier.await(patience, TimeUnit.MILLISECONDS);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
            throw new IllegalStateException("not all executors came to epoch " + (epoch + 1), e);
        }
    }

    @Override
    public void send(Address address, byte[] bytes, int length, int to) {
        inboxes.get(shard).advance(address.round());
        Inbox inbox = inboxes.get(to);
        byte[] array = inbox.array();
        System.arraycopy(bytes, 0, array, 0, length);
        inbox.put(address, array, length);
        sent += length;
    }

    @Override
    public void receive(Address address, Reader reader) {
        inboxes.get(shard).take(address, () -> false, patience, (bytes, length) -> {
            received += length;
            reader.read(bytes, length);
        });
    }

    @Override
    public long sent() {
        return sent;
    }

    @Override
    public long received() {
        return received;
    }

    @Override
    public void close() {
        inboxes.get(shard).fail("shard " + shard + " has left");
    }
}
