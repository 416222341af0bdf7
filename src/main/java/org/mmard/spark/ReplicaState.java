package org.mmard.spark;

import java.io.Serializable;
import java.util.List;
import java.util.Objects;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.mmard.model.FlatVector;
import org.mmard.step.FlatRange;
import org.mmard.train.ClusterFailure;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What an executor brings back from an epoch.
 *
 * @param checksum CRC-32 of the trainable parameters
 * @param parameters the trainable parameters, or null where another shard brings them
 * @param statistics running means and variances
 * @param velocity the updater state
 * @param average the moving average of the weights, or null where there is none
 */
record ReplicaState(int shard, long checksum, float @Nullable [] parameters, float[] statistics, float[] velocity,
        @Nullable Average average)
        implements Serializable {
    private static final String WHOLE = "shard 0 brings the parameters";

    /**
     * @param parameters as above: all replicas follow the same weights
     * @param statistics of this replica's own running statistics
     */
    record Average(float @Nullable [] parameters, float[] statistics) implements Serializable {}

    /**
     * Puts the outcome of an epoch into the driver's student: the parameters, which all replicas of the last round share, the mean of the
     * running statistics, and the mean velocity. The executors' updates are summed, and the rule of the velocity is linear: N executors
     * that start from the mean go on as they would have from their own.
     *
     * @param states of all shards, in their order
     * @param lastRound how many executors took part in the epoch's last round
     * @throws ClusterFailure where their parameters differ
     */
    static void putInto(ComputationGraph student, List<ReplicaState> states, int lastRound) {
        for (ReplicaState state : states.subList(0, lastRound)) {
            if (state.checksum != states.get(0).checksum) {
                throw new ClusterFailure("an update was lost (the replicas of shards 0 and " + state.shard + " differ)", null);
            }
        }
        FlatRange.assign(student.params(), FlatRange.trainable(student.getUpdater()),
                Objects.requireNonNull(states.get(0).parameters, WHOLE));
        FlatRange.assign(student.params(), FlatRange.runningStatistics(student.getUpdater()),
                mean(states.stream().map(ReplicaState::statistics).toList()));
        FlatVector.assign(student.getUpdater().getStateViewArray(), mean(states.stream().map(ReplicaState::velocity).toList()));
    }

    /** The moving average of an epoch as a flat parameter vector; null where there is none. */
    static float @Nullable [] average(ComputationGraph student, List<ReplicaState> states) {
        Average first = states.get(0).average;
        if (first == null) {
            return null;
        }
        INDArray flat = Nd4j.create(1, student.numParams());
        FlatRange.assign(flat, FlatRange.trainable(student.getUpdater()), Objects.requireNonNull(first.parameters, WHOLE));
        FlatRange.assign(flat, FlatRange.runningStatistics(student.getUpdater()),
                mean(states.stream()
                        .map(state -> Objects.requireNonNull(state.average, "all shards follow the average, or none").statistics)
                        .toList()));
        return FlatVector.values(flat);
    }

    private static float[] mean(List<float[]> all) {
        // An array: a list would be walked through anew for each of millions of values.
        float[][] vectors = all.toArray(float[][]::new);
        float[] mean = new float[vectors[0].length];
        for (int i = 0; i < mean.length; i++) {
            double sum = 0;
            for (float[] vector : vectors) {
                sum += vector[i];
            }
            mean[i] = (float) (sum / vectors.length);
        }
        return mean;
    }
}
