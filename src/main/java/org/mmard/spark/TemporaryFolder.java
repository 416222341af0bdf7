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
import org.mmard.train.ProcessIdentity;

/**
 * A folder for Spark's temporary files whose name says which process it belongs to, so that a later one can tell what a killed one has left:
 * {@code mmard-USER/HOST-SPACE-PROCESS-START}, as {@link ProcessIdentity} has them.
 */
final class TemporaryFolder {
    private static final Pattern NAME = Pattern.compile("(.+)-(\\d+)-(\\d+)");

    private TemporaryFolder() {}

    /**
     * This process's own folder; those of processes that have ended are removed.
     *
     * @throws InputError where it cannot be made
     */
    static Path ofThisProcess() {
        Path shared = Path.of(System.getProperty("java.io.tmpdir"), "mmard-" + System.getProperty("user.name"));
        return claim(shared, host(), ProcessIdentity.self());
    }

    /** @param host within which process numbers mean something */
    static Path claim(Path shared, String host, ProcessIdentity process) {
        Path own = shared.resolve(host + "-" + process.pid() + "-" + process.start());
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
                // On a disk that several hosts or containers share, a process's number means something only on its own.
                if (name.matches() && name.group(1).equals(host)
                        && !new ProcessIdentity(Long.parseLong(name.group(2)), Long.parseLong(name.group(3))).isAlive()) {
                    IoUtil.delete(folder.toFile(), true);
                }
            }
        }
    }

    /** The host's name and its space of process numbers, each with a stand-in where the system does not say. */
    private static String host() {
        return name() + "-" + space();
    }

    private static String name() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }

    private static String space() {
        try {
            return ProcessIdentity.space().replaceAll("\\D", "");
        } catch (IOException e) {
            return "0";
        }
    }
}
