package org.mmard.files;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HadoopConfigurationTest {
    private static final String RETRIES = "ipc.client.connect.max.retries";

    @TempDir
    Path folder;

    @Test
    void readsTheSiteFilesOfTheFolder() throws IOException {
        Files.writeString(folder.resolve("core-site.xml"), """
                <configuration>
                  <property><name>fs.defaultFS</name><value>hdfs://names:8020</value></property>
                  <property><name>ipc.client.connect.max.retries</name><value>7</value></property>
                </configuration>
                """);
        Configuration hadoop = HadoopConfiguration.load(folder.toString());
        assertEquals("hdfs://names:8020", hadoop.get("fs.defaultFS"));
        assertEquals(7, hadoop.getInt(RETRIES, 0));
    }

    @Test
    void givesUpSoonWhereNobodySaysOtherwise() {
        Configuration hadoop = HadoopConfiguration.load(folder.toString());
        assertEquals(2, hadoop.getInt(RETRIES, 0));
        assertEquals(2, hadoop.getInt(RETRIES + ".on.timeouts", 0));
        assertEquals("file:///", hadoop.get("fs.defaultFS"));
    }
}
