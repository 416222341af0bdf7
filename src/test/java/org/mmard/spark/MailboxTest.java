package org.mmard.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.mmard.spark.UpdateMessage.Address;

class MailboxTest {
    private static final UUID RUN = UUID.randomUUID();
    private static final Address ADDRESS = new Address(3, 17);

    @Test
    void joinsPiecesThatComeInAnyOrder() throws Exception {
        Mailbox mailbox = new Mailbox();
        mailbox.put(new UpdateMessage(RUN, ADDRESS, 2, 5, new byte[] {3, 4, 5}));
        CompletableFuture<byte[]> taken = CompletableFuture.supplyAsync(() -> {
            try {
                return mailbox.take(ADDRESS, () -> false, 60_000);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        mailbox.put(new UpdateMessage(RUN, new Address(3, 18), 0, 1, new byte[1]));
        mailbox.put(new UpdateMessage(RUN, ADDRESS, 0, 5, new byte[] {1, 2}));
        assertArrayEquals(new byte[] {1, 2, 3, 4, 5}, taken.get(60, TimeUnit.SECONDS));
    }

    @Test
    void givesUpWhenTheTaskIsKilled() {
        assertThrows(InterruptedException.class, () -> new Mailbox().take(ADDRESS, () -> true, 60_000));
    }

    @Test
    void saysWhichUpdateDidNotArrive() {
        var thrown = assertThrows(IllegalStateException.class, () -> new Mailbox().take(ADDRESS, () -> false, 0));
        org.junit.jupiter.api.Assertions.assertTrue(thrown.getMessage().contains("batch 17 of epoch 3"), thrown.getMessage());
    }

    @Test
    void forgetsEarlierEpochsOnly() throws Exception {
        Mailbox mailbox = new Mailbox();
        mailbox.put(new UpdateMessage(RUN, ADDRESS, 0, 1, new byte[1]));
        mailbox.put(new UpdateMessage(RUN, new Address(4, 0), 0, 1, new byte[1]));
        mailbox.forgetBefore(4);
        mailbox.take(new Address(4, 0), () -> false, 0);
        assertThrows(IllegalStateException.class, () -> mailbox.take(ADDRESS, () -> false, 0));
    }
}
