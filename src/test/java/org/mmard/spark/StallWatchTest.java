package org.mmard.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class StallWatchTest {
    private static final Duration SHORT = Duration.ofMillis(20);
    private static final Duration LONG = Duration.ofHours(1);

    private final AtomicInteger alarms = new AtomicInteger();
    private final CountDownLatch alarmed = new CountDownLatch(1);

    private void alarm() {
        alarms.incrementAndGet();
        alarmed.countDown();
    }

    @Test
    void raisesTheAlarmOnceWhereNoStepComes() throws InterruptedException {
        try (StallWatch watch = new StallWatch(SHORT, LONG, this::alarm)) {
            assertTrue(alarmed.await(1, TimeUnit.MINUTES));
            Thread.sleep(100);
            assertEquals(1, alarms.get());
        }
    }

    @Test
    void theFirstStepEndsTheTimeForTheFirstStep() throws InterruptedException {
        try (StallWatch watch = new StallWatch(LONG, SHORT, this::alarm)) {
            assertFalse(alarmed.await(100, TimeUnit.MILLISECONDS));
            watch.stepped(1);
            assertTrue(alarmed.await(1, TimeUnit.MINUTES));
        }
    }

    @Test
    void theSameNumberOfStepsAgainIsNoStep() throws InterruptedException {
        try (StallWatch watch = new StallWatch(LONG, SHORT, this::alarm)) {
            watch.stepped(1);
            while (alarmed.getCount() > 0) {
                watch.stepped(1);
                Thread.sleep(1);
            }
            assertEquals(1, alarms.get());
        }
    }

    @Test
    void isSilentOnceItIsClosed() throws InterruptedException {
        try (StallWatch watch = new StallWatch(Duration.ofMillis(200), LONG, this::alarm)) {
            watch.close();
        }
        assertFalse(alarmed.await(400, TimeUnit.MILLISECONDS));
    }
}
