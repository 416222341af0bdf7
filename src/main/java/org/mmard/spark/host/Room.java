package org.mmard.spark.host;

import java.io.File;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Comparator;
import org.apache.spark.SparkEnv;

/**
 * How much room a process has on its host for Spark's temporary files.
 *
 * @param host whose; @param folder the fullest where there are several; @param disk free bytes there
 */
record Room(String host, String folder, long disk) implements Serializable {
    /** Of this process, the driver or an executor. */
    static Room here() {
        SparkEnv spark = SparkEnv.get();
        File folder = Arrays.stream(spark.blockManager().diskBlockManager().localDirs()).min(Comparator.comparingLong(File::getUsableSpace))
                .orElseThrow();
        return new Room(spark.blockManager().blockManagerId().host(), folder.getPath(), folder.getUsableSpace());
    }
}
