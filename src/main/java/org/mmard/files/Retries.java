package org.mmard.files;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.FileSystemException;
import java.time.Duration;
import java.util.function.Consumer;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.ClusterStorageCapacityExceededException;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.ParentNotDirectoryException;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.ipc.RemoteException;
import org.apache.hadoop.security.AccessControlException;
import org.mmard.failure.Reason;

/**
 * Tries what a filesystem refuses again, with pauses that double, until it has refused for too long. What another try cannot change is not
 * tried again: permissions, quotas, files that are missing or damaged.
 *
 * @param patience from the first failure to the last try
 * @param pause after the first failure
 * @param tell told in one line when something is tried again, and when it has worked
 */
public record Retries(Duration patience, Duration pause, Consumer<String> tell) {
    public static final Retries NONE = new Retries(Duration.ZERO, Duration.ZERO, line -> {});

    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    @FunctionalInterface
    interface Call<T> {
        T run() throws IOException;
    }

    public static Retries upTo(Duration patience, Consumer<String> tell) {
        return new Retries(patience, FIRST_PAUSE, tell);
    }

    /**
     * @param path of what, for the lines
     * @param verb such as {@code written}
     * @throws IOException the last try's
     */
    <T> T of(Path path, String verb, Call<T> call) throws IOException {
        long first = 0;
        Duration wait = pause;
        for (int failures = 0;; failures++) {
            try {
                T result = call.run();
                if (failures > 0) {
                    tell.accept(path + ": " + verb + " after " + Duration.ofNanos(System.nanoTime() - first).toSeconds() + " s");
                }
                return result;
            } catch (IOException e) {
                long now = System.nanoTime();
                first = failures == 0 ? now : first;
                Duration left = patience.minusNanos(now - first);
                if (isFinal(e) || left.isNegative() || left.isZero()) {
                    throw e;
                }
                if (failures == 0) {
                    tell.accept(path + ": cannot be " + verb + " for now (" + Reason.of(e) + "); trying again for "
                            + patience.toSeconds() + " s");
                }
                sleep(wait.compareTo(left) < 0 ? wait : left, e);
                wait = wait.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? wait.multipliedBy(2) : LONGEST_PAUSE;
            }
        }
    }

    public static boolean isFinal(IOException failure) {
        if (failure instanceof ReadFailure reading) {
            return isFinal(reading.failure());
        }
        IOException e = failure instanceof RemoteException remote ? remote.unwrapRemoteException() : failure;
        return e instanceof FileNotFoundException || e instanceof FileAlreadyExistsException || e instanceof ParentNotDirectoryException
                || e instanceof AccessControlException || e instanceof ClusterStorageCapacityExceededException
                || e instanceof ChecksumException
                || e instanceof FileSystemException || e instanceof ClosedByInterruptException
                // The process is being ended.
                || "Filesystem closed".equals(e.getMessage());
    }

    private static void sleep(Duration time, IOException failure) throws IOException {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failure;
        }
    }
}
