package org.mmard.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

class LoggingTest {
    @TempDir
    private Path folder;

    /** Logs as libraries do. */
    static final class Talker {
        public static void main(String[] arguments) {
            Logger logger = LoggerFactory.getLogger("org.apache.parquet.Talker");
            logger.info("all is well");
            logger.warn("look out\n\u001b[31mred");
            logger.error("it broke", new IllegalStateException("no way"));
            LoggerFactory.getLogger("org.apache.hadoop.util.NativeCodeLoader").warn("Unable to load native-hadoop library");
            Logger spark = LoggerFactory.getLogger("org.apache.spark.SparkEnv");
            spark.warn("already stopped");
            spark.error("broken", new IllegalStateException("by what"));
            LoggerFactory.getLogger("org.apache.spark.rpc.netty.Inbox").error("Ignoring error", new IllegalStateException("stopped"));
        }
    }

    @Test
    void showsWarningsInOneLineEachAndKeepsEverythingInTheFile() throws Exception {
        Path file = folder.resolve("run.log");

        assertEquals("warn: Talker: look out [31mred\nerror: Talker: it broke: no way\nerror: SparkEnv: broken: by what\n",
                talk(new Shell(folder), "-Dmmard.log=" + file));

        String log = Files.readString(file);
        assertTrue(log.contains("org.apache.parquet.Talker: all is well"), log);
        assertTrue(log.contains("SparkEnv: already stopped") && log.contains("Inbox: Ignoring error"), log);
        assertTrue(log.contains("IllegalStateException: no way\n\tat "), "the file has the stack trace");
    }

    @Test
    void showsEverythingWhereStandardErrorIsALogAlready() throws Exception {
        String error = talk(new Shell(folder).with("MMARD_CONSOLE", "everything"), "-Dno=file");

        assertTrue(error.contains("org.apache.parquet.Talker: all is well"), error);
        assertTrue(error.contains("\tat "), error);
        assertFalse(error.contains("native-hadoop"), error);
    }

    private static String talk(Shell shell, String option) throws Exception {
        return shell.run(Path.of(System.getProperty("java.home"), "bin", "java"), "-Dlog4j2.configurationFile=org/mmard/log4j2.properties",
                option,
                "-cp", System.getProperty("java.class.path"), Talker.class.getName()).error();
    }
}
