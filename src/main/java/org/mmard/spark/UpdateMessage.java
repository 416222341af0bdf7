package org.mmard.spark;

import java.io.IOException;
import java.io.ObjectInputStream;
import java.util.UUID;
import org.nd4j.parameterserver.distributed.v2.messages.impl.base.BaseVoidMessage;

/** A piece of one executor's encoded update, on its way over DL4J's parameter-server transport. */
final class UpdateMessage extends BaseVoidMessage {
    private static final long serialVersionUID = 1L;

    /** Which update: its batch index in its epoch says whose it is, too. Below 0 are the greetings at the start of an epoch. */
    record Address(int epoch, int batch) {}

    /** Whose: a late message must not pass for one of the next run. */
    final UUID run;
    final int epoch;
    final int batch;
    final int offset;
    final int total;
    final byte[] bytes;

    /** @param run {@link Plan#id()}; @param offset where {@code bytes} belong among the {@code total} bytes of the update */
    UpdateMessage(UUID run, Address address, int offset, int total, byte[] bytes) {
        this.run = run;
        this.epoch = address.epoch;
        this.batch = address.batch;
        this.offset = offset;
        this.total = total;
        this.bytes = bytes;
        setMessageId(run + "/" + epoch + "/" + batch + "/" + offset);
    }

    /** Messages are read in the thread that polls for them, the only place from which its sleep can be set. */
    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
        in.defaultReadObject();
        TimerSlack.raiseForThisThread();
    }

    Address address() {
        return new Address(epoch, batch);
    }
}
