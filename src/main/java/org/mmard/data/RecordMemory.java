package org.mmard.data;

import org.mmard.failure.InputError;

/** Whether records fit into this process, before any is read: a sparse file of any size takes no room on a disk. */
final class RecordMemory {
    /** Of one array. */
    private static final int MOST_BYTES = Integer.MAX_VALUE - 8;

    private RecordMemory() {}

    /**
     * @param bytes of each record while the part is read, over all copies
     * @throws InputError with both numbers, where they do not fit, or are more than one array can have
     */
    static void require(String uri, String part, long records, ImageShape shape, long bytes) {
        long most = MOST_BYTES / shape.size();
        long room = Runtime.getRuntime().maxMemory() / 4 * 3;
        if (records > most) {
            throw new InputError(uri + ": " + records + " " + part + " records are more than the " + most + " that can be read");
        }
        if (records * bytes > room) {
            throw new InputError(uri + ": " + records + " " + part + " records need " + ((records * bytes) >> 20) + " MiB of memory, and "
                    + (room >> 20) + " MiB are there for them; ask for fewer, or raise MMARD_DRIVER_MEMORY");
        }
    }

    /** @throws InputError where a part is asked for fewer records than none, or more than it has */
    static void requireAvailable(String uri, String part, long available, int asked) {
        if (asked < 0) {
            throw new InputError(uri + ": cannot read " + asked + " records, ask for 1 or more, or for 0 to have all");
        }
        if (available < asked) {
            throw new InputError(uri + ": has " + available + " " + part + " records, fewer than the " + asked + " asked for");
        }
    }
}
