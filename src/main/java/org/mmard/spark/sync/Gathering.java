package org.mmard.spark.sync;

import org.apache.spark.BarrierTaskContext;

/** The tasks of an epoch, as one of them sees them. */
interface Gathering {
    /** The number of this task's shard. */
    int shard();

    /** Tells all others a word, and waits for theirs. @return them in the order of the shards, its own among them */
    String[] all(String own);

    /** Whether this task is to end. */
    boolean isInterrupted();

    /** That of the barrier task which this thread runs. */
    static Gathering ofTask() {
        BarrierTaskContext task = BarrierTaskContext.get();
        return new Gathering() {
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
