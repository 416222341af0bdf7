package org.mmard.files;

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;

/** The Hadoop settings of a command that runs outside Spark. */
public final class HadoopConfiguration {
    private HadoopConfiguration() {}

    /**
     * Hadoop's own defaults, then {@code core-site.xml} and {@code hdfs-site.xml} from the classpath, then those in the folder that the
     * environment variable {@code HADOOP_CONF_DIR} names. A name node that does not answer is given up after two tries, and a call that it
     * does not answer after a minute, unless one of those files says otherwise: Hadoop's defaults would leave a user with a mistyped
     * address waiting for up to a quarter of an hour, and one whose name node hangs for ever.
     */
    public static Configuration load() {
        return load(System.getenv("HADOOP_CONF_DIR"));
    }

    public static Configuration load(@Nullable String folder) {
        Configuration hadoop = new Configuration();
        if (folder != null && !folder.isBlank()) {
            for (String name : new String[] {"core-site.xml", "hdfs-site.xml"}) {
                Path file = Path.of(folder, name);
                if (Files.isReadable(file)) {
                    hadoop.addResource(new org.apache.hadoop.fs.Path(file.toUri()));
                }
            }
        }
        unlessSet(hadoop, "ipc.client.connect.max.retries", 2);
        unlessSet(hadoop, "ipc.client.connect.max.retries.on.timeouts", 2);
        unlessSet(hadoop, "ipc.client.rpc-timeout.ms", 60_000);
        sayWhatIsMissing(hadoop);
        return hadoop;
    }

    /**
     * Hadoop's defaults name classes for filesystems, such as s3a, whose jars are not everywhere: of a missing one it would only say the
     * class's name.
     */
    private static void sayWhatIsMissing(Configuration hadoop) {
        hadoop.getValByRegex("^fs\\.[^.]+\\.impl$").forEach((key, name) -> {
            if (hadoop.getClassByNameOrNull(name) == null) {
                hadoop.set(key, MissingFileSystem.class.getName());
            }
        });
    }

    private static void unlessSet(Configuration hadoop, String key, int value) {
        String[] sources = hadoop.getPropertySources(key);
        if (sources == null || sources[sources.length - 1].endsWith("core-default.xml")) {
            hadoop.setInt(key, value);
        }
    }
}
