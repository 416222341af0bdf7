package org.mmard.spark.host;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mmard.failure.InputError;
import org.mmard.files.HostName;
import org.mmard.files.ProcessIdentity;

/**
 * A folder for Spark's temporary files whose name says which process it belongs to, so that a later one can tell what a killed one has
 * left: {@code mmard-USER/HOST-SPACE-PROCESS-START}, as {@link ProcessIdentity} has them.
 */
public final class TemporaryFolder {
    private static final Pattern NAME = Pattern.compile("(.+)-(\\d{1,18})-(\\d{1,18})");
    /** As Spark names its folders, and nobody else. */
    private static final Pattern SPARKS = Pattern.compile("(spark|blockmgr|artifacts)-\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}");

    private TemporaryFolder() {}

    /**
     * This process's own folder; those of processes that have ended are removed.
     *
     * @throws InputError where it cannot be made
     */
    public static Path ofThisProcess() {
        Path shared = Path.of(System.getProperty("java.io.tmpdir"), "mmard-" + System.getProperty("user.name"));
        return claim(shared, host(), ProcessIdentity.self());
    }

    /** @param host within which process numbers mean something */
    static Path claim(Path shared, String host, ProcessIdentity process) {
        Path own = shared.resolve(host + "-" + process.pid() + "-" + process.start());
        try {
            Files.createDirectories(shared, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Files.createDirectories(own);
            requireOwn(shared, own);
            removeRemains(shared, host);
        } catch (IOException e) {
            throw new InputError(own + ": cannot be made for temporary files (" + e.getClass().getSimpleName() + ": " + e.getMessage()
                    + "); set spark.local.dir to a folder that can be written, on a disk with room", e);
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
                if (name.matches() && name.group(1).equals(host) && isFolder(folder)
                        && !new ProcessIdentity(Long.parseLong(name.group(2)), Long.parseLong(name.group(3))).isAlive()) {
                    removeSparks(folder);
                }
            }
        }
    }

    /** Removes what Spark has made in a folder, and the folder where nothing else is in it. */
    private static void removeSparks(Path folder) throws IOException {
        boolean empty = true;
        try (DirectoryStream<Path> contents = Files.newDirectoryStream(folder)) {
            for (Path content : contents) {
                boolean sparks = SPARKS.matcher(content.getFileName().toString()).matches() && isFolder(content);
                empty &= sparks;
                if (sparks) {
                    removeTree(content);
                }
            }
        }
        if (empty) {
            Files.delete(folder);
        }
    }

    /** Follows no link. */
    private static void removeTree(Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path emptied, IOException failure) throws IOException {
                Files.delete(emptied);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static boolean isFolder(Path path) {
        return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
    }

    /** In a folder that everybody can write to, somebody may have been there first. */
    private static void requireOwn(Path shared, Path own) throws IOException {
        if (!isFolder(shared) || !Files.getOwner(shared, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(own))) {
            throw new IOException(shared + " is not a folder of this user");
        }
    }

    /** The host's name and its space of process numbers, each with a stand-in where the system does not say. */
    private static String host() {
        return name() + "-" + space();
    }

    private static String name() {
        return HostName.own().orElse("localhost");
    }

    private static String space() {
        try {
            return ProcessIdentity.space().replaceAll("\\D", "");
        } catch (IOException e) {
            return "0";
        }
    }
}
