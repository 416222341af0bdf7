package org.mmard.spark;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.spark.SparkEnv;
import org.deeplearning4j.spark.api.worker.NetBroadcastTuple;
import org.jspecify.annotations.Nullable;
import org.mmard.files.HostName;
import org.mmard.model.FlatVector;
import org.mmard.step.FlatRange;
import org.mmard.step.Tally;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The student on this executor, kept from epoch to epoch because its step may hold a loaded teacher. One per JVM, as DL4J's training
 * wrapper is.
 */
final class Replica {
    /** How failures begin that are the step's own, and such as are not, whoever reads them. */
    static final String STEP_FAILED = "a training step failed: ";
    static final String UNSHARED = "the updates of an epoch were not shared: ";

    private static final int COLLECTION_MILLISECONDS = 10_000;

    private static @Nullable Replica current;

    private final Plan plan;
    private final ReplicaGraph graph;

    private Replica(Plan plan, NetBroadcastTuple state, EpochStart start) {
        this.plan = plan;
        // The state of each epoch comes in arrays off the heap, which only the garbage collector frees; the heap alone would give it little
        // to do.
        Nd4j.getMemoryManager().togglePeriodicGc(true);
        Nd4j.getMemoryManager().setAutoGcWindow(COLLECTION_MILLISECONDS);
        graph = new ReplicaGraph(state.getGraphConfiguration(), state.getParameters(), plan, start);
    }

    /** The replica of a run, made at the first call, with the parameters and velocity of the driver. */
    static synchronized Replica of(Plan plan, NetBroadcastTuple state, EpochStart start) {
        if (current == null || !current.plan.id().equals(plan.id())) {
            if (current != null) {
                current.graph.close();
            }
            current = new Replica(plan, state, start);
        }
        current.begin(state, start);
        return current;
    }

    /** The replica that the latest call of {@link #of} returned. */
    static synchronized Replica current() {
        return Objects.requireNonNull(current, "no student was brought here");
    }

    ReplicaGraph graph() {
        return graph;
    }

    private void begin(NetBroadcastTuple state, EpochStart start) {
        graph.params().assign(state.getParameters());
        graph.getUpdater().setStateViewArray(state.getUpdaterState());
        graph.start(start);
        graph.follow(start.average() == null ? null : start.average().value(), plan.settings().training().averaging().decay());
        EpochTally tally = start.tally();
        String executor = SparkEnv.get().executorId();
        String host = host();
        graph.begin(plan.images().value(), plan.schedule(),
                (result, skipped, seconds) -> tally.add(Map.entry(executor, Tally.of(host, result, skipped, seconds))));
    }

    private static String host() {
        return HostName.own().orElseGet(() -> SparkEnv.get().blockManager().blockManagerId().host());
    }

    /** Throws what a step, or the sharing of its update, threw in this epoch, if one did. */
    void rethrowFailure() {
        if (graph.failure() != null) {
            throw new IllegalStateException(STEP_FAILED + graph.failure().getMessage(), graph.failure());
        }
        if (graph.interruption() != null) {
            throw new IllegalStateException(UNSHARED + graph.interruption().getMessage(), graph.interruption());
        }
    }

    /**
     * The state after an epoch.
     *
     * @param whole whether the parameters travel, or only their checksum
     */
    ReplicaState state(int shard, boolean whole) {
        List<FlatRange> trainable = FlatRange.trainable(graph.getUpdater());
        List<FlatRange> statistics = FlatRange.runningStatistics(graph.getUpdater());
        INDArray average = graph.average();
        return new ReplicaState(shard, FlatRange.checksum(graph.params(), trainable),
                whole ? FlatRange.values(graph.params(), trainable) : null,
                FlatRange.values(graph.params(), statistics), FlatVector.values(graph.getUpdater().getStateViewArray()),
                average == null ? null : new ReplicaState.Average(whole ? FlatRange.values(average, trainable) : null,
                        FlatRange.values(average, statistics)));
    }
}
