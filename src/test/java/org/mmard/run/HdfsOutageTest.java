package org.mmard.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mmard.files.HadoopConfiguration;

/** A Hadoop filesystem of real processes, of which one is stopped for half a minute in the middle of a checkpoint. */
@Tag("cluster")
class HdfsOutageTest {
    private static final Duration OUTAGE = Duration.ofSeconds(30);
    private static final int SIZE = 8 << 20;

    @TempDir
    static Path folder;

    private static String uri;

    @BeforeAll
    static void start() throws Exception {
        hdfs("start");
        uri = hdfs("uri").strip();
    }

    @AfterAll
    static void stop() throws Exception {
        hdfs("stop");
    }

    @ParameterizedTest
    @ValueSource(strings = {"namenode", "datanode"})
    void aCheckpointOutlivesAnOutageInItsMiddle(String server) {
        List<String> told = new ArrayList<>();
        RunDirectory directory = RunDirectory.at(uri + "/runs/" + server, HadoopConfiguration.load());
        directory.prepare();
        directory.writeChecked(RunDirectory.checkpoint(1), out -> out.write(1));
        RunDirectory patient = directory.patient(Duration.ofMinutes(5), told::add);
        byte[] bytes = new byte[SIZE];
        new Random(1).nextBytes(bytes);
        List<CompletableFuture<Void>> repairs = new ArrayList<>();

        patient.writeChecked(RunDirectory.checkpoint(2), out -> {
            out.write(bytes, 0, SIZE / 2);
            if (repairs.isEmpty()) {
                hdfs("stop", server);
                repairs.add(CompletableFuture.runAsync(HdfsOutageTest::startAgain,
                        CompletableFuture.delayedExecutor(OUTAGE.toSeconds(), TimeUnit.SECONDS)));
            }
            out.write(bytes, SIZE / 2, SIZE / 2);
        });

        repairs.forEach(CompletableFuture::join);
        assertEquals(2, told.size(), told.toString());
        assertTrue(told.get(0).startsWith(directory.uri(RunDirectory.checkpoint(2)) + ": cannot be written for now ("), told.get(0));
        assertTrue(Arrays.equals(bytes, patient.readChecked(RunDirectory.checkpoint(2), (in, length) -> in.readAllBytes())));
        assertEquals(List.of(1, 2), List.copyOf(directory.checkpoints()));
        directory.prepare();
        assertEquals(List.of("epoch-0001.zip", "epoch-0001.zip.sha256", "epoch-0002.zip", "epoch-0002.zip.sha256"),
                directory.names("checkpoints"));
    }

    private static void startAgain() {
        try {
            hdfs("start");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String hdfs(String... arguments) throws IOException {
        Path printed = Files.createTempFile(folder, "hdfs", ".txt");
        List<String> command = new ArrayList<>(List.of(Path.of("deploy/local/hdfs.sh").toAbsolutePath().toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(printed.toFile());
        builder.environment().put("MMARD_HDFS_DIR", folder.resolve("hdfs").toString());
        try {
            assertEquals(0, builder.start().waitFor(), () -> command + ": " + printed);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        return Files.readString(printed);
    }
}
