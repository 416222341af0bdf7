package org.mmard.spark;

import io.aeron.CommonContext;
import java.io.File;
import java.util.concurrent.TimeUnit;
import org.agrona.IoUtil;

/** The folders in shared memory through which Aeron sends. A process that ends well removes its own; one that is killed leaves it behind. */
final class SharedMemory {
    private static final long DEAD_MILLISECONDS = TimeUnit.MINUTES.toMillis(10);

    private SharedMemory() {}

    /** Removes what this user's processes on this machine have left behind, once their last sign of life is ten minutes old. */
    static void removeRemains() {
        File own = new File(CommonContext.AERON_DIR_PROP_DEFAULT);
        removeRemains(own.getParentFile(), own.getName() + "-", DEAD_MILLISECONDS);
    }

    static void removeRemains(File parent, String prefix, long deadMilliseconds) {
        File[] folders = parent.listFiles((folder, name) -> name.startsWith(prefix));
        if (folders == null) {
            return;
        }
        for (File folder : folders) {
            boolean fresh = System.currentTimeMillis() - folder.lastModified() < deadMilliseconds;
            if (!fresh && !CommonContext.isDriverActive(folder, deadMilliseconds, message -> {})) {
                IoUtil.delete(folder, true);
            }
        }
    }
}
