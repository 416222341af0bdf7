package org.mmard.train;

/** Told of an epoch's steps as they are done, anywhere in the cluster. */
@FunctionalInterface
public interface StepListener {
    /**
     * Steps were done. News may come late, in another order than the steps, and in any thread.
     *
     * @param done steps of this epoch
     * @param total of how many
     * @param loss their running mean
     */
    void step(long done, long total, double loss);
}
