package org.mmard.spark;

import io.aeron.driver.Configuration;
import java.io.File;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Comparator;
import org.apache.spark.SparkEnv;

/**
 * How much room a process has on its host.
 *
 * @param host whose; @param memory free bytes of shared memory; @param buffer length of one of Aeron's buffers there
 * @param folder of temporary files, the fullest where there are several; @param disk free bytes there
 */
record Room(String host, long memory, long buffer, String folder, long disk) implements Serializable {
    /** Of this process, the driver or an executor, after dead ones' leftovers have been removed. */
    static Room here() {
        SharedMemory.removeRemains();
        SparkEnv spark = SparkEnv.get();
        File folder = Arrays.stream(spark.blockManager().diskBlockManager().localDirs()).min(Comparator.comparingLong(File::getUsableSpace)).orElseThrow();
        return new Room(spark.blockManager().blockManagerId().host(), SharedMemory.parent().getUsableSpace(), Configuration.termBufferLength(),
                folder.getPath(), folder.getUsableSpace());
    }
}
