package org.mmard.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FilterFileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.failure.InputError;

public class RunDirectoryTest {
    @TempDir
    Path folder;

    private RunDirectory directory() {
        return RunDirectory.at(folder.resolve("run").toUri().toString(), new Configuration());
    }

    @Test
    void keepsTheOldFileWhenTheWriterDiesHalfWay() {
        RunDirectory directory = directory();
        directory.prepare();
        directory.write(RunDirectory.LAST, bytes("old"));
        assertThrows(UncheckedIOException.class, () -> directory.write(RunDirectory.LAST, out -> {
            out.write(bytes("half of the ne"));
            throw new IOException("disk full");
        }));
        assertArrayEquals(bytes("old"), directory.read(RunDirectory.LAST).orElseThrow());
    }

    @Test
    void aCrashBetweenWritingAndRenamingLeavesNoFileUnderTheRealName() throws IOException {
        RunDirectory crashing = crashing("epoch-0003.zip");
        crashing.prepare();
        assertThrows(UncheckedIOException.class, () -> crashing.write(RunDirectory.checkpoint(3), bytes("whole")));

        RunDirectory after = directory();
        assertTrue(after.checkpoints().isEmpty());
        assertFalse(after.holdsRun());
        assertEquals(1, entries("run/checkpoints").size());
        after.prepare();
        assertEquals(List.of(), entries("run/checkpoints"));
        assertEquals(List.of("checkpoints"), entries("run"));
    }

    @Test
    void writesNoChecksumFilesBesideItsOwn() throws IOException {
        RunDirectory directory = directory();
        directory.prepare();
        directory.write(RunDirectory.METRICS, bytes("{}"));
        directory.write(RunDirectory.METRICS, bytes("{}\n{}"));
        assertEquals(List.of("checkpoints", "metrics.jsonl"), entries("run"));
    }

    @Test
    void aCheckedFileHasAChecksumBesideItThatSha256sumAccepts() throws Exception {
        RunDirectory directory = directory();
        directory.prepare();
        directory.writeChecked(RunDirectory.checkpoint(1), out -> out.write(bytes("zip")));
        directory.copyChecked(RunDirectory.checkpoint(1), RunDirectory.BEST);
        assertEquals(List.of("best.zip", "best.zip.sha256", "checkpoints"), entries("run"));
        assertEquals(List.of("epoch-0001.zip", "epoch-0001.zip.sha256"), entries("run/checkpoints"));
        assertEquals("zip", Files.readString(folder.resolve("run/best.zip")));
        Process check =
                new ProcessBuilder("sha256sum", "--check", "--strict", "best.zip.sha256").directory(folder.resolve("run").toFile()).start();
        assertEquals("best.zip: OK", new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip());
        assertEquals(0, check.waitFor());
    }

    @Test
    void deletesTheChecksumWithItsFile() throws IOException {
        RunDirectory directory = directory();
        directory.prepare();
        directory.writeChecked(RunDirectory.checkpoint(1), out -> out.write(bytes("zip")));
        directory.delete(RunDirectory.checkpoint(1));
        assertEquals(List.of(), entries("run/checkpoints"));
    }

    @Test
    void neitherReadsNorCopiesAFileThatItsChecksumDoesNotMatch() throws IOException {
        RunDirectory directory = directory();
        directory.prepare();
        directory.writeChecked(RunDirectory.checkpoint(1), out -> out.write(bytes("zip")));
        Files.writeString(folder.resolve("run/checkpoints/epoch-0001.zip"), "zap");
        InputError error = assertThrows(InputError.class, () -> content(directory, RunDirectory.checkpoint(1)));
        assertTrue(error.getMessage().startsWith(directory.uri(RunDirectory.checkpoint(1)) + ": damaged or cut short: "),
                error.getMessage());
        assertThrows(InputError.class, () -> directory.copyChecked(RunDirectory.checkpoint(1), RunDirectory.BEST));
        assertFalse(directory.exists(RunDirectory.BEST));

        Files.writeString(folder.resolve("run/checkpoints/epoch-0001.zip.sha256"), "");
        error = assertThrows(InputError.class, () -> content(directory, RunDirectory.checkpoint(1)));
        assertTrue(error.getMessage().contains("epoch-0001.zip.sha256: not a line of sha256sum; remove it"), error.getMessage());

        Files.delete(folder.resolve("run/checkpoints/epoch-0001.zip.sha256"));
        assertEquals("zap", content(directory, RunDirectory.checkpoint(1)));
    }

    @Test
    void aCrashWhileACheckedFileIsReplacedLeavesNoPairThatMatches() throws IOException {
        directory().prepare();
        directory().writeChecked(RunDirectory.LAST, out -> out.write(bytes("old")));
        RunDirectory crashing = crashing("last.zip");
        assertThrows(UncheckedIOException.class, () -> crashing.writeChecked(RunDirectory.LAST, out -> out.write(bytes("new"))));
        assertEquals("old", Files.readString(folder.resolve("run/last.zip")));
        assertThrows(InputError.class, () -> content(directory(), RunDirectory.LAST));
    }

    private static String content(RunDirectory directory, String name) {
        return directory.readChecked(name, (in, length) -> new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }

    /** The directory of a process that dies before it gives any file this name. */
    private RunDirectory crashing(String name) throws IOException {
        FileSystem raw = ((LocalFileSystem) FileSystem.getLocal(new Configuration())).getRawFileSystem();
        return new RunDirectory(new FilterFileSystem(raw) {
            @Override
            public boolean rename(org.apache.hadoop.fs.Path from, org.apache.hadoop.fs.Path to) throws IOException {
                if (to.getName().equals(name)) {
                    throw new IOException("killed");
                }
                return super.rename(from, to);
            }

            @Override
            public boolean delete(org.apache.hadoop.fs.Path path, boolean recursive) throws IOException {
                return path.getName().contains(name) ? false : super.delete(path, recursive);
            }
        }, new org.apache.hadoop.fs.Path(folder.resolve("run").toUri()));
    }

    @Test
    void listsCheckpointsByNumberAndIgnoresStrangers() throws IOException {
        RunDirectory directory = directory();
        directory.prepare();
        for (int epoch : new int[] {2, 10, 12345, 1}) {
            directory.write(RunDirectory.checkpoint(epoch), bytes("zip"));
        }
        Files.writeString(folder.resolve("run/checkpoints/epoch-0003.zip.part"), "x");
        Files.writeString(folder.resolve("run/checkpoints/notes.txt"), "x");
        assertEquals(List.of(1, 2, 10, 12345), List.copyOf(directory.checkpoints()));
        assertTrue(directory.holdsRun());
    }

    @Test
    void anEmptyOrMissingFolderHoldsNoRun() {
        assertFalse(directory().holdsRun());
        directory().prepare();
        assertFalse(directory().holdsRun());
    }

    @Test
    void refusesAPlaceThatCannotBeWrittenNamingIt() throws IOException {
        Files.writeString(folder.resolve("run"), "a file in the way");
        InputError error = assertThrows(InputError.class, () -> directory().prepare());
        assertTrue(error.getMessage().startsWith("file:" + folder.resolve("run") + ": cannot be written: "), error.getMessage());
        assertEquals(1, error.getMessage().lines().count());
    }

    @Test
    void refusesAnUnknownFilesystemNamingIt() {
        InputError error = assertThrows(InputError.class, () -> RunDirectory.at("nosuch://host/run", new Configuration()));
        assertTrue(error.getMessage().startsWith("nosuch://host/run: "), error.getMessage());
    }

    private List<String> entries(String name) throws IOException {
        try (Stream<Path> entries = Files.list(folder.resolve(name))) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
