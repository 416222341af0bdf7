package org.mmard.spark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.agrona.IoUtil;
import org.mmard.config.InputError;

/**
 * A folder for Spark's temporary files whose name says which process it belongs to, so that a later one can tell what a killed one has left:
 * {@code mmard-USER/HOST-PROCESS-START}, the start in seconds since 1970.
 */
final class TemporaryFolder {
    private static final Pattern NAME = Pattern.compile("(.+)-(\\d+)-(\\d+)");
    /** The system derives a process's start from a boot time that follows the clock when it is set right. */
    private static final long TOLERANCE_SECONDS = 60;

    private TemporaryFolder() {}

    /**
     * This process's own folder; those of processes that have ended are removed.
     *
     * @throws InputError where it cannot be made
     */
    static Path ofThisProcess() {
        Path shared = Path.of(System.getProperty("java.io.tmpdir"), "mmard-" + System.getProperty("user.name"));
        ProcessHandle process = ProcessHandle.current();
        return claim(shared, host(), process.pid(), start(process));
    }

    static Path claim(Path shared, String host, long process, long start) {
        Path own = shared.resolve(host + "-" + process + "-" + start);
        try {
            Files.createDirectories(shared, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            removeRemains(shared, host);
            Files.createDirectories(own);
        } catch (IOException e) {
            throw new InputError(own + ": cannot be made for temporary files: " + e + "; set spark.local.dir to a folder on a disk with room", e);
        }
        // Spark empties it before.
        own.toFile().deleteOnExit();
        return own;
    }

    private static void removeRemains(Path shared, String host) throws IOException {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(shared)) {
            for (Path folder : folders) {
                Matcher name = NAME.matcher(folder.getFileName().toString());
                // On a disk that several hosts share, a process's number means something only on its own.
                if (name.matches() && name.group(1).equals(host) && !lives(Long.parseLong(name.group(2)), Long.parseLong(name.group(3)))) {
                    IoUtil.delete(folder.toFile(), true);
                }
            }
        }
    }

    private static boolean lives(long process, long start) {
        return ProcessHandle.of(process).filter(found -> Math.abs(start(found) - start) <= TOLERANCE_SECONDS).isPresent();
    }

    /** In seconds since 1970; 0 where the system does not say. */
    static long start(ProcessHandle process) {
        return process.info().startInstant().map(time -> time.getEpochSecond()).orElse(0L);
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }
}
