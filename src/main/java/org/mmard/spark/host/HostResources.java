package org.mmard.spark.host;

import java.io.File;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Comparator;
import org.apache.spark.SparkEnv;

/**
 * What a host has left for a process: disk for Spark's temporary files.
 *
 * @param host whose
 * @param folder the fullest where there are several
 * @param disk free bytes there
 */
record HostResources(String host, String folder, long disk) implements Serializable {
    /** Of this process, the driver or an executor. */
    static HostResources here() {
        SparkEnv spark = SparkEnv.get();
        File folder = Arrays.stream(spark.blockManager().diskBlockManager().localDirs()).min(Comparator.comparingLong(File::getUsableSpace))
                .orElseThrow();
        return new HostResources(spark.blockManager().blockManagerId().host(), folder.getPath(), folder.getUsableSpace());
    }
}
