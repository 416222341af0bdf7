package org.mmard.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.protocol.DSQuotaExceededException;
import org.apache.hadoop.ipc.RemoteException;
import org.apache.hadoop.security.AccessControlException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RetriesTest {
    private static final Path PATH = new Path("hdfs://host/run/epoch-0003.zip");

    private final List<String> told = new ArrayList<>();

    private Retries retries(Duration patience) {
        return new Retries(patience, Duration.ofMillis(1), told::add);
    }

    @Test
    void triesAgainUntilItWorksAndSaysSoInTwoLines() throws IOException {
        Iterator<IOException> failures =
                List.of(new ConnectException("Connection refused\nand more"), new SocketTimeoutException("timed out"),
                        new IOException("safe mode")).iterator();
        assertEquals("done", retries(Duration.ofMinutes(1)).of(PATH, "written", () -> {
            if (failures.hasNext()) {
                throw failures.next();
            }
            return "done";
        }));
        assertEquals(2, told.size(), told.toString());
        assertEquals(PATH + ": cannot be written for now (Connection refused); trying again for 60 s", told.get(0));
        assertTrue(told.get(1).matches(PATH + ": written after \\d+ s"), told.get(1));
    }

    @Test
    void saysNothingOfWhatWorksAtOnce() throws IOException {
        assertEquals(1, retries(Duration.ofMinutes(1)).of(PATH, "read", () -> 1));
        assertEquals(List.of(), told);
    }

    @Test
    void givesUpWithTheLastFailureWhenPatienceIsAtItsEnd() {
        List<IOException> failures = new ArrayList<>();
        IOException thrown = assertThrows(IOException.class, () -> retries(Duration.ofMillis(30)).of(PATH, "read", () -> {
            failures.add(new IOException("away"));
            throw failures.get(failures.size() - 1);
        }));
        assertSame(failures.get(failures.size() - 1), thrown);
        assertTrue(failures.size() > 1);
    }

    @ParameterizedTest
    @MethodSource("failuresThatStay")
    void doesNotTryAgainWhatAnotherTryCannotChange(IOException failure) {
        assertSame(failure, assertThrows(IOException.class, () -> retries(Duration.ofDays(1)).of(PATH, "read", () -> {
            throw failure;
        })));
        assertEquals(List.of(), told);
    }

    static List<IOException> failuresThatStay() {
        return List.of(new FileNotFoundException("gone"), new AccessControlException("permission denied"),
                new DSQuotaExceededException(1, 2),
                new ChecksumException("bad block", 0), new RemoteException(AccessControlException.class.getName(), "permission denied"),
                new IOException("Filesystem closed"));
    }

    @Test
    void withoutPatienceThereIsOneTry() {
        assertThrows(ConnectException.class, () -> Retries.NONE.of(PATH, "read", () -> {
            throw new ConnectException("refused");
        }));
    }
}
