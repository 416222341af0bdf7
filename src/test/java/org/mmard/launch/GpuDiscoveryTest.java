package org.mmard.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.apache.spark.resource.ResourceInformation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code deploy/gpus.sh} with an nvidia-smi of the test's own. */
class GpuDiscoveryTest {
    @TempDir
    private Path folder;

    @Test
    void tellsSparkTheIndexOfEachGpu() throws Exception {
        Shell.Outcome outcome = discover("[[ $* == '--query-gpu=index --format=csv,noheader' ]] && printf '0\\n1\\n10\\n'");

        assertEquals(0, outcome.exit(), outcome.error());
        // Spark's own reader of what a discovery script prints.
        ResourceInformation gpus = ResourceInformation.parseJson(outcome.out());
        assertEquals("gpu", gpus.name());
        assertEquals(java.util.List.of("0", "1", "10"), java.util.List.of(gpus.addresses()));
    }

    @Test
    void saysInOneLineWhyThereAreNone() throws Exception {
        refuses(discover("echo 'NVIDIA-SMI has failed because it couldn'\"'\"'t communicate with the NVIDIA driver.'; echo more; exit 9"),
                "nvidia-smi failed: NVIDIA-SMI has failed");
        refuses(discover("echo 'No devices were found'"), "nvidia-smi named no GPU: No devices were found");
        Files.delete(folder.resolve("nvidia-smi"));
        refuses(run(), "nvidia-smi is not on the PATH");
    }

    private static void refuses(Shell.Outcome outcome, String words) {
        assertEquals(1, outcome.exit());
        assertEquals("", outcome.out());
        assertEquals(1, outcome.error().lines().count(), outcome.error());
        assertTrue(outcome.error().startsWith("gpus.sh: " + words), outcome.error());
    }

    private Shell.Outcome discover(String body) throws Exception {
        Path tool = Files.writeString(folder.resolve("nvidia-smi"), "#!/bin/bash\n" + body + "\n");
        Files.setPosixFilePermissions(tool, PosixFilePermissions.fromString("rwxr-xr-x"));
        return run();
    }

    private Shell.Outcome run() throws Exception {
        Path bash = folder.resolve("bash");
        if (Files.notExists(bash)) {
            Files.createSymbolicLink(bash, Path.of("/bin/bash"));
        }
        return new Shell(folder).with("PATH", folder).run("/bin/bash", Shell.CHECKOUT.resolve("deploy/gpus.sh").toString());
    }
}
