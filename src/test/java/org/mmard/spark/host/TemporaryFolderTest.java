package org.mmard.spark.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.failure.InputError;
import org.mmard.files.ProcessIdentity;

class TemporaryFolderTest {
    @TempDir
    private Path folder;

    private static final String BLOCKS = "blockmgr-00000000-1111-2222-3333-444444444444";

    private static Set<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return new TreeSet<>(files.map(file -> file.getFileName().toString()).toList());
        }
    }

    @Test
    void removesWhatEndedProcessesOfThisHostLeftAndNothingElse() throws Exception {
        Path shared = folder.resolve("mmard-me");
        Process child = new ProcessBuilder("sleep", "600").start();
        long start = ProcessIdentity.of(child.pid()).start();
        TemporaryFolder.claim(shared, "here", ProcessIdentity.of(child.pid()));
        Files.createDirectories(shared.resolve("here-" + child.pid() + "-" + start).resolve(BLOCKS));
        Files.writeString(shared.resolve("here-" + child.pid() + "-" + start).resolve(BLOCKS).resolve("block"), "of the child");
        Files.createDirectory(shared.resolve("there-" + child.pid() + "-" + start));
        Files.createDirectory(shared.resolve("notes"));
        // The same number, another process.
        Files.createDirectory(shared.resolve("here-" + child.pid() + "-" + (start - 1)));
        ProcessIdentity own = ProcessIdentity.self();
        String mine = "here-" + own.pid() + "-" + own.start();
        String alive = "here-" + child.pid() + "-" + start;
        String elsewhere = "there-" + child.pid() + "-" + start;
        assertEquals(shared.resolve(mine), TemporaryFolder.claim(shared, "here", own));
        assertEquals(new TreeSet<>(Set.of(mine, alive, elsewhere, "notes")), names(shared));
        child.destroyForcibly().waitFor();
        TemporaryFolder.claim(shared, "here", own);
        assertEquals(new TreeSet<>(Set.of(mine, elsewhere, "notes")), names(shared));
    }

    @Test
    void whatSparkHasNotMadeStaysAndNoLinkIsFollowed() throws Exception {
        Path shared = folder.resolve("mmard-me");
        Path others = Files.createDirectories(folder.resolve("others/blocks"));
        Files.writeString(others.resolve("precious"), "");
        Path dead = Files.createDirectories(shared.resolve("here-1-1"));
        Path blocks = Files.createDirectories(dead.resolve(BLOCKS));
        Files.createSymbolicLink(blocks.resolve("link"), others);
        Files.createSymbolicLink(shared.resolve("here-1-2"), others.getParent());
        Path notes = Files.writeString(dead.resolve("notes"), "");
        TemporaryFolder.claim(shared, "here", ProcessIdentity.self());
        assertTrue(Files.notExists(blocks));
        assertTrue(Files.exists(notes));
        assertTrue(Files.exists(others.resolve("precious")));

        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), elsewhere);
        assertThrows(InputError.class, () -> TemporaryFolder.claim(link, "here", ProcessIdentity.self()));
    }

    @Test
    void refusesAPlaceWhereNothingCanBeWritten() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        InputError error =
                assertThrows(InputError.class, () -> TemporaryFolder.claim(file.resolve("mmard-me"), "here", new ProcessIdentity(1, 1)));
        assertTrue(error.getMessage().contains("spark.local.dir"), error.getMessage());
        assertEquals(1, error.getMessage().lines().count());
    }
}
