package org.mmard.spark;

import io.aeron.CncFileDescriptor;
import io.aeron.CommonContext;
import java.io.File;
import java.nio.MappedByteBuffer;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;

/** The folders in shared memory through which Aeron sends. A process that ends well removes its own; one that is killed leaves it behind. */
final class SharedMemory {
    /** A living one says so every second. The process could be one of another container, whose number means nothing here. */
    private static final long GONE_MILLISECONDS = 5000;
    /** Where its number is another's by now, or was never written down. */
    private static final long SILENT_MILLISECONDS = TimeUnit.MINUTES.toMillis(10);

    private SharedMemory() {}

    /** Where they are: {@code /dev/shm}, or the folder of temporary files where there is none. */
    static File parent() {
        return new File(CommonContext.AERON_DIR_PROP_DEFAULT).getParentFile();
    }

    /** Removes what this user's processes on this machine have left behind. */
    static void removeRemains() {
        removeRemains(parent(), new File(CommonContext.AERON_DIR_PROP_DEFAULT).getName() + "-", GONE_MILLISECONDS, SILENT_MILLISECONDS);
    }

    /** @param gone longest silence of a process that is not there; @param silent of any other; milliseconds */
    static void removeRemains(File parent, String prefix, long gone, long silent) {
        File[] folders = parent.listFiles((folder, name) -> name.startsWith(prefix));
        if (folders == null) {
            return;
        }
        for (File folder : folders) {
            OptionalLong process = process(folder);
            long patience = process.isPresent() && ProcessHandle.of(process.getAsLong()).isEmpty() ? gone : silent;
            boolean fresh = System.currentTimeMillis() - folder.lastModified() < patience;
            if (!fresh && !CommonContext.isDriverActive(folder, patience, message -> {})) {
                IoUtil.delete(folder, true);
            }
        }
    }

    /** Whose folder it is, as Aeron's own file says. */
    private static OptionalLong process(File folder) {
        File file = new File(folder, CncFileDescriptor.CNC_FILE);
        if (file.length() < CncFileDescriptor.META_DATA_LENGTH) {
            return OptionalLong.empty();
        }
        MappedByteBuffer mapped = IoUtil.mapExistingFile(file, CncFileDescriptor.CNC_FILE);
        try {
            UnsafeBuffer content = CncFileDescriptor.createMetaDataBuffer(mapped);
            boolean known = content.getIntVolatile(CncFileDescriptor.cncVersionOffset(0)) == CncFileDescriptor.CNC_VERSION;
            return known ? OptionalLong.of(CncFileDescriptor.pid(content)) : OptionalLong.empty();
        } finally {
            IoUtil.unmap(mapped);
        }
    }
}
