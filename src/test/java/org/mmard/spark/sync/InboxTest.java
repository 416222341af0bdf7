package org.mmard.spark.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mmard.spark.sync.Address.Phase;

class InboxTest {
    private final Inbox inbox = new Inbox(new Inbox.Limits(3, 4, 100));

    @BeforeEach
    void begin() {
        inbox.begin(5, 0);
    }

    private static Address update(int epoch, int round, int source, int piece) {
        return new Address(epoch, round, Phase.SCATTER, source, piece);
    }

    private void put(Address address, int first) {
        byte[] bytes = inbox.array();
        bytes[0] = (byte) first;
        inbox.put(address, bytes, 1);
    }

    private int take(Address address) {
        int[] taken = new int[1];
        inbox.take(address, () -> false, 60_000, (bytes, length) -> taken[0] = length == 1 ? bytes[0] : -1);
        return taken[0];
    }

    @Test
    void handsOutEachMessageByItsAddressInWhateverOrderTheyCame() throws Exception {
        put(update(5, 0, 2, 0), 20);
        CompletableFuture<Integer> waiting = CompletableFuture.supplyAsync(() -> take(update(5, 0, 1, 1)));
        put(update(5, 0, 1, 0), 10);
        put(update(5, 0, 1, 1), 11);
        assertEquals(11, waiting.get(60, TimeUnit.SECONDS));
        assertEquals(10, take(update(5, 0, 1, 0)));
        assertEquals(20, take(update(5, 0, 2, 0)));
    }

    @Test
    void aMessageThatComesTwiceCountsOnce() {
        put(update(5, 0, 1, 0), 1);
        put(update(5, 0, 1, 0), 2);
        assertEquals(1, take(update(5, 0, 1, 0)));
        put(update(5, 0, 1, 0), 3);
        assertThrows(IllegalStateException.class, () -> inbox.take(update(5, 0, 1, 0), () -> false, 0, (bytes, length) -> {}));
    }

    @Test
    void admitsNothingThatNoExecutorCanHaveSentByNow() {
        inbox.advance(3);
        assertTrue(inbox.admits(update(5, 3, 1, 0), 100));
        assertTrue(inbox.admits(update(5, 4, 1, 3), 0));
        assertTrue(inbox.admits(update(6, 0, 1, 0), 1));
        assertFalse(inbox.admits(update(5, 2, 1, 0), 1), "an earlier round");
        assertFalse(inbox.admits(update(5, 5, 1, 0), 1), "two rounds ahead");
        assertFalse(inbox.admits(update(4, 3, 1, 0), 1), "an earlier epoch");
        assertFalse(inbox.admits(update(7, 0, 1, 0), 1), "two epochs ahead");
        assertFalse(inbox.admits(update(5, 3, 3, 0), 1), "a shard that there is not");
        assertFalse(inbox.admits(update(5, 3, -1, 0), 1), "a shard below the first");
        assertFalse(inbox.admits(update(5, 3, 1, 4), 1), "a piece too many");
        assertFalse(inbox.admits(update(5, 3, 1, 0), 101), "too long");
        assertFalse(inbox.admits(update(5, 3, 0, 0), 1), "from this very shard");
        assertFalse(inbox.admits(new Address(5, 3, Phase.GREETING, 1, 0), 1), "a greeting in the middle of an epoch");
        assertFalse(inbox.admits(new Address(6, 0, Phase.GREETING, 1, 1), 1), "a second piece of a greeting");
    }

    @Test
    void whatNobodyTookInItsRoundIsDroppedWithIt() {
        byte[] array = inbox.array();
        inbox.put(update(5, 0, 1, 3), array, 1);
        inbox.advance(1);
        assertSame(array, inbox.array());
    }

    @Test
    void aMessageThatIsComingInIsNotLetInTwice() {
        Address address = update(5, 0, 1, 0);
        assertTrue(inbox.expect(address));
        assertFalse(inbox.expect(address));
        inbox.cancel(address, null);
        assertTrue(inbox.expect(address));
        put(address, 7);
        assertEquals(7, take(address));
        assertFalse(inbox.expect(address));
    }

    @Test
    void whatTheNextEpochSentEarlyIsKeptAndTheRestIsForgotten() {
        put(update(5, 0, 1, 0), 1);
        put(update(6, 0, 1, 0), 2);
        inbox.begin(6, 0);
        assertEquals(2, take(update(6, 0, 1, 0)));
        assertThrows(IllegalStateException.class, () -> inbox.take(update(5, 0, 1, 0), () -> false, 0, (bytes, length) -> {}));
    }

    @Test
    void arraysAreUsedAgain() {
        byte[] array = inbox.array();
        inbox.put(update(5, 0, 1, 0), array, 1);
        take(update(5, 0, 1, 0));
        assertSame(array, inbox.array());
        inbox.put(update(4, 0, 1, 0), array, 1); // Not admitted.
        assertSame(array, inbox.array());
    }

    @Test
    void waitingEndsWithItsReason() {
        Address missing = update(5, 0, 1, 0);
        assertEquals("the update of shard 1 in round 1 of epoch 6 did not arrive within 0 s", thrown(missing, false));
        assertEquals("the task was killed while it waited for the update of shard 1 in round 1 of epoch 6", thrown(missing, true));
        inbox.fail("the wire is cut");
        inbox.fail("later");
        assertEquals("the wire is cut", thrown(missing, false));
    }

    private String thrown(Address address, boolean killed) {
        return assertThrows(IllegalStateException.class, () -> inbox.take(address, () -> killed, 0, (bytes, length) -> {})).getMessage();
    }
}
