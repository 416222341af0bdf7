package org.mmard.spark;

import java.io.Serializable;
import java.util.UUID;
import org.apache.spark.broadcast.Broadcast;
import org.mmard.config.Settings;
import org.mmard.data.EpochOrder;
import org.mmard.data.ImageSet;
import org.mmard.step.Schedule;
import org.mmard.step.StepFactory;

/**
 * All that an executor must know of a run, the same in every epoch.
 *
 * @param id tells the runs of one JVM apart
 */
public record Plan(UUID id, Settings settings, EpochOrder order, Schedule schedule, StepFactory steps, Broadcast<ImageSet> images)
        implements Serializable {
    int executors() {
        return settings.cluster().executors();
    }

    int batchesPerEpoch() {
        return order.batchesPerEpoch();
    }

    /** How many of an epoch's steps may be skipped. */
    long skippable() {
        return settings.training().skippable(batchesPerEpoch());
    }
}
