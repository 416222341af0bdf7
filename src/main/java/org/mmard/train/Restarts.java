package org.mmard.train;

import org.mmard.failure.RunStopped;
import org.mmard.run.CheckpointState;
import org.mmard.run.RunDirectory;
import org.mmard.run.StartingPoint;

/** Carries a run on over failures of its cluster, each time from its newest checkpoint, and so many times at most. */
public final class Restarts {
    private final int most;
    private final TrainingListener listener;
    private int done;

    /**
     * @param last the state after the last epoch
     * @param seconds of this call, failed attempts and all
     */
    public record Outcome(CheckpointState last, double seconds) {}

    /** Trains from there to the end. */
    public interface Attempt {
        CheckpointState train(StartingPoint from);
    }

    /** Makes ready for the next attempt. */
    public interface Recovery {
        /** Where the run stands now; {@code reason} goes into its provenance. */
        StartingPoint find(String reason);

        /**
         * Gets rid of what is left of the failed attempt on the cluster, and waits for executors.
         *
         * @throws RunStopped where none come
         */
        void renew();
    }

    /** @param most restarts, 0 or above */
    public Restarts(int most, TrainingListener listener) {
        this.most = most;
        this.listener = listener;
    }

    /**
     * Trains the run to its end.
     *
     * @throws ClusterFailure when the cluster has failed it once more than it may restart
     */
    public Outcome carry(StartingPoint first, RunDirectory directory, Attempt attempt, Recovery recovery) {
        long start = System.nanoTime();
        StartingPoint from = first;
        while (true) {
            try {
                CheckpointState last = attempt.train(from);
                return new Outcome(last, (System.nanoTime() - start) / 1e9);
            } catch (ClusterFailure e) {
                listener.stepsEnd();
                if (done == most) {
                    throw new ClusterFailure(
                            e.getMessage() + (most == 0 ? "" : ", after " + most + (most == 1 ? " restart" : " restarts")) + "; go on from "
                                    + newest(directory, from) + " with --resume",
                            e);
                }
                done++;
                from = recovery.find(e.getMessage());
                listener.restarting(e.getMessage() + "; restart " + done + " of " + most + " from " + from.where());
                recovery.renew();
            }
        }
    }

    private static String newest(RunDirectory directory, StartingPoint from) {
        boolean within = from.checkpoint().map(found -> found.state().begun() != null).orElse(false);
        // It is there until its epoch is finished.
        if (within && directory.exists(RunDirectory.INTERRUPTED)) {
            return directory.uri(RunDirectory.INTERRUPTED);
        }
        return directory.checkpoints().isEmpty() ? "the beginning" : directory.uri(RunDirectory.checkpoint(directory.checkpoints().last()));
    }
}
