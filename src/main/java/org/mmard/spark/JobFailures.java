package org.mmard.spark;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Tells Spark jobs that failed because of the cluster from those whose failure would only happen again. Spark gives what happened on an
 * executor as text.
 */
final class JobFailures {
    private static final int LONGEST = 160;
    private static final Pattern CLUSTER = Pattern.compile(String.join("|", List.of(
            "ExecutorLostFailure", "FetchFailed", "MetadataFetchFailed", "Failed to get broadcast_", "Failed to fetch", "BlockNotFound",
            "SparkContext (was|has been) shut ?down", "Master removed our application",
            "org\\.apache\\.spark\\.rpc\\.", "org\\.apache\\.spark\\.network\\.", "TimeoutException",
            "java\\.net\\.\\w*Exception", "ClosedChannelException", "Failed to connect to", "Connection (reset|refused)",
            "Connection from .* closed",
            // The executors among themselves: Spark's barrier, our updates.
            "barrier sync request", "Barrier execution mode does not allow run a barrier stage that requires more slots",
            Replica.UNSHARED)));

    private JobFailures() {}

    /** The line that points at the cluster, where there is one; nothing where a step of ours says that it failed. */
    static Optional<String> ofCluster(Throwable failure) {
        StringBuilder text = new StringBuilder();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            text.append(cause).append('\n');
        }
        if (text.indexOf(Replica.STEP_FAILED) >= 0) {
            return Optional.empty();
        }
        return text.toString().lines().filter(line -> CLUSTER.matcher(line).find()).findFirst().map(String::strip)
                .map(line -> line.length() > LONGEST ? line.substring(0, LONGEST) + "…" : line);
    }
}
