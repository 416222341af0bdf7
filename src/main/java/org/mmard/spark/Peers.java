package org.mmard.spark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.apache.spark.BarrierTaskContext;
import org.mmard.spark.UpdateMessage.Address;
import org.nd4j.parameterserver.distributed.v2.ModelParameterServer;
import org.nd4j.parameterserver.distributed.v2.transport.impl.AeronUdpTransport;

/** This executor among the others of an epoch, over the transport that DL4J's training wrapper has set up. */
final class Peers {
    /** Below Aeron's longest message, an eighth of its term buffers. */
    private static final int PIECE = 1 << 19;
    /** Longer than the driver waits, who knows better what to do. */
    private static final long PATIENCE_BEYOND_STALL_MILLISECONDS = 120_000;

    private final AeronUdpTransport transport = (AeronUdpTransport) ModelParameterServer.getInstance().getTransport();
    private final Mailbox mailbox = new Mailbox();
    private final UUID run;
    private final long patience;
    private BarrierTaskContext task;
    private List<String> others;

    /** @param run {@link Plan#id()}; @param stall seconds after which the driver takes an epoch for stalled */
    Peers(UUID run, int stall) {
        this.run = run;
        patience = stall * 1000L + PATIENCE_BEYOND_STALL_MILLISECONDS;
        transport.addInterceptor(UpdateMessage.class, this::deliver);
    }

    private void deliver(UpdateMessage message) {
        if (message.run.equals(run)) {
            mailbox.put(message);
        }
    }

    /**
     * Meets the other executors: after this call all of them are there and listen. To be called in the task's thread, once per epoch.
     *
     * @param introduce whether some may not know each other yet; Spark's barrier, which they then use, takes a second
     */
    void meet(int epoch, boolean introduce) {
        mailbox.forgetBefore(epoch);
        task = BarrierTaskContext.get();
        if (introduce) {
            others = new ArrayList<>(Arrays.asList(task.allGather(transport.id())));
            others.remove(task.partitionId());
            others.forEach(transport::ensureConnection);
        } else {
            send(ready(epoch, shard()), new byte[1]);
            for (int shard = 0; shard <= others.size(); shard++) {
                if (shard != shard()) {
                    receive(ready(epoch, shard));
                }
            }
        }
    }

    private static Address ready(int epoch, int shard) {
        return new Address(epoch, -1 - shard);
    }

    /** The number of this executor's shard. */
    int shard() {
        return task.partitionId();
    }

    void send(Address address, byte[] update) {
        for (int offset = 0; offset < update.length; offset += PIECE) {
            byte[] piece = Arrays.copyOfRange(update, offset, Math.min(update.length, offset + PIECE));
            for (String other : others) {
                transport.sendMessage(new UpdateMessage(run, address, offset, update.length, piece), other);
            }
        }
    }

    byte[] receive(Address address) {
        try {
            return mailbox.take(address, task::isInterrupted, patience);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e.getMessage(), e);
        }
    }
}
