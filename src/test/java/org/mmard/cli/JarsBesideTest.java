package org.mmard.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JarsBesideTest {
    @TempDir
    private Path folder;

    @Test
    void aServiceFileThatNamesNoServiceOfOursIsToldWithTheNearest() throws IOException {
        String jars = jar("mine.jar", "org.mmard.method.OuterLos", "org.mmard.attack.AttackFactory", "org.apache.hadoop.fs.FileSystem")
                + File.pathSeparator + jar("other.jar", "org.mmard.RateSchedule");
        assertEquals(List.of(
                "mine.jar: META-INF/services/org.mmard.method.OuterLos is passed over, for there is no org.mmard.method.OuterLos: "
                        + "did you mean org.mmard.method.OuterLoss?",
                "other.jar: META-INF/services/org.mmard.RateSchedule is passed over, for there is no org.mmard.RateSchedule: "
                        + "did you mean org.mmard.step.RateSchedule?"),
                JarsBeside.warnings(jars));
    }

    @Test
    void whatIsNoJarIsLeftToOthers() {
        assertEquals(List.of(), JarsBeside.warnings(null));
        assertEquals(List.of(), JarsBeside.warnings(""));
        assertEquals(List.of(), JarsBeside.warnings(folder + File.pathSeparator + folder.resolve("absent.jar")));
    }

    private String jar(String name, String... services) throws IOException {
        Path jar = folder.resolve(name);
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
            for (String service : services) {
                out.putNextEntry(new ZipEntry("META-INF/services/" + service));
                out.write("org.example.Mine\n".getBytes());
            }
        }
        return jar.toString();
    }
}
