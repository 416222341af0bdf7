package org.mmard.files;

import java.io.IOException;
import org.apache.hadoop.fs.ClusterStorageCapacityExceededException;
import org.mmard.failure.RunStopped;

/** There is no room for a file of a run. What was there before is as it was. */
public final class DiskFull extends RunStopped {
    private static final long serialVersionUID = 1L;

    public DiskFull(String uri, String why, IOException cause) {
        super(uri + ": cannot be written: " + why + "; make room, then go on (mmard train: with --resume); finished epochs are kept",
                cause);
    }

    /** Whether a disk, or somebody's share of it, is full. */
    public static boolean is(IOException e) {
        String message = String.valueOf(e.getMessage());
        return e instanceof ClusterStorageCapacityExceededException || message.contains("No space left on device")
                || message.contains("Disk quota exceeded");
    }
}
