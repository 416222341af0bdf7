package org.mmard.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run on a filesystem that becomes full: a tmpfs of its own, in a process of its own, which may mount it. */
class FullDiskTest {
    private static final int EPOCHS = 6;
    private static final String SMALL = "700k";
    private static final String LARGE = "20m";

    @TempDir
    Path folder;

    @Test
    void aFullDiskEndsTheRunInOneLineAndNothingIsLost() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        assumeTrue(mounted(disk, "true").exit() == 0, "this user may not mount a filesystem in a namespace of its own: nothing was tested");
        assertEquals(0,
                Outcome.of("data", "shapes", "--out", folder.resolve("shapes").toString(), "--train", "100", "--test", "20").exit());
        List<String> java = SameJvm.command(List.of(folder.toString())).command();
        java.replaceAll(word -> word.equals(Mmard.class.getName()) ? OnSmallDisk.class.getName() : word);
        Ended ended = mounted(disk, java.toArray(String[]::new));
        assertEquals(0, ended.exit(), ended.printed());
    }

    private record Ended(int exit, String printed) {}

    /** Runs a command that sees a small filesystem in this folder. */
    private Ended mounted(Path disk, String... command) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("unshare", "--map-root-user", "--mount", "sh", "-c",
                "mount -t tmpfs -o size=" + SMALL + " none \"$0\" && exec \"$@\"", disk.toString()));
        line.addAll(List.of(command));
        Path printed = Files.createTempFile(folder, "printed", ".txt");
        Process process = new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(printed.toFile()).start();
        boolean inTime = process.waitFor(5, TimeUnit.MINUTES);
        process.destroyForcibly();
        return new Ended(inTime ? process.waitFor() : -1, Files.readString(printed, StandardCharsets.UTF_8));
    }

    /** What happens on that filesystem. */
    static final class OnSmallDisk {
        private final Path folder;
        private final Path run;

        private OnSmallDisk(Path folder) {
            this.folder = folder;
            this.run = folder.resolve("disk/run");
        }

        public static void main(String[] args) throws Exception {
            new OnSmallDisk(Path.of(args[0])).trainUntilItIsFullThenMakeRoomAndGoOn();
            System.exit(0);
        }

        private void trainUntilItIsFullThenMakeRoomAndGoOn() throws Exception {
            Outcome full = train();
            assertEquals(1, full.exit(), full.out() + full.err());
            List<String> lines = full.err().lines().filter(line -> line.startsWith("mmard: ")).toList();
            assertEquals(1, lines.size(), full.err());
            assertTrue(
                    lines.get(0)
                            .matches("mmard: file:" + run
                                    + "/\\S+: cannot be written: .*No space left on device \\([\\d,]+ of 700 KiB free\\); make room, .*"),
                    lines.get(0));
            try (Stream<Path> files = Files.walk(run)) {
                assertEquals(List.of(), files.filter(file -> file.getFileName().toString().startsWith(".")).toList());
            }
            Outcome verified = Outcome.of("checkpoints", "verify", run.toString());
            assertEquals(0, verified.exit(), verified.out());
            // What cannot be written is said of the disk, not of the run.
            Path copy = folder.resolve("disk/copy.zip");
            Outcome got = Outcome.of("checkpoints", "get", run.toString(), "--last", "--to", copy.toString());
            assertEquals("mmard: " + copy + ": cannot be written (No space left on device)", got.err().strip());
            assertEquals(2, got.exit());

            Process mount =
                    new ProcessBuilder("mount", "-o", "remount,size=" + LARGE, folder.resolve("disk").toString()).inheritIO().start();
            assertEquals(0, mount.waitFor());
            Outcome resumed = train("--resume");
            assertEquals(0, resumed.exit(), resumed.err());
            assertTrue(resumed.out().contains("resumed after epoch "), resumed.out());
            assertEquals(IntStream.rangeClosed(1, EPOCHS).mapToObj(epoch -> "{\"epoch\":" + epoch).toList(),
                    Files.readAllLines(run.resolve("metrics.jsonl")).stream().map(line -> line.substring(0, line.indexOf(','))).toList());
        }

        private Outcome train(String... options) throws IOException {
            Path conf = folder.resolve("run.conf");
            Files.writeString(conf, """
                    run.directory = "%s"
                    data.uri = "%s"
                    student.architecture = cnn-16-32-48
                    method.name = natural
                    training { epochs = %d, batch = 32, milestones = [] }
                    validation { examples = 20, steps = 1 }
                    """.formatted(run, folder.resolve("shapes"), EPOCHS));
            return Outcome.of(Stream.concat(Stream.of("train", "--conf", conf.toString()), Stream.of(options)).toArray(String[]::new));
        }
    }
}
