package org.mmard.spark.sync;

import org.apache.spark.BarrierTaskContext;

/** One of the tasks of an epoch, a barrier stage: its number, and its way to tell the others something. */
interface BarrierTask {
    /** The number of this task's shard. */
    int shard();

    /**
     * Tells all others a word, and waits for theirs.
     *
     * @return them in the order of the shards, its own among them
     */
    String[] all(String own);

    /** Whether this task is to end. */
    boolean isInterrupted();

    /** That of the barrier task which this thread runs. */
    static BarrierTask current() {
        BarrierTaskContext task = BarrierTaskContext.get();
        return new BarrierTask() {
            @Override
            public int shard() {
                return task.partitionId();
            }

            @Override
            public String[] all(String own) {
                return task.allGather(own);
            }

            @Override
            public boolean isInterrupted() {
                return task.isInterrupted();
            }
        };
    }
}
