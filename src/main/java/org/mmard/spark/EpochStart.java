package org.mmard.spark;

import java.io.Serializable;
import org.apache.spark.broadcast.Broadcast;
import org.jspecify.annotations.Nullable;

/**
 * What a task must know of its epoch.
 *
 * @param from how many of its batches are done already
 * @param skipped how many of these were skipped
 * @param shards among how many executors the others are dealt out: batch k belongs to shard (k - from) modulo shards
 * @param introduce whether executors may meet that have not met before
 * @param tally where the steps are counted
 * @param average where a moving average of the weights starts from, or null
 */
record EpochStart(int epoch, int from, int shards, long skipped, boolean introduce, EpochTally tally, @Nullable Broadcast<float[]> average)
        implements Serializable {}
