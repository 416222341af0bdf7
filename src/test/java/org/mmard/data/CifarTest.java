package org.mmard.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.failure.InputError;
import org.mmard.files.HadoopConfiguration;

class CifarTest {
    private static final int RECORD = 3073;

    @TempDir
    Path folder;

    private final Configuration hadoop = HadoopConfiguration.load(null);
    private Map<String, byte[]> files;

    @BeforeEach
    void makesFiles() throws IOException {
        files = CifarFixture.cifar10(4);
    }

    private String uri() {
        return folder.toUri().toString();
    }

    private void write() throws IOException {
        CifarFixture.writeFolder(folder, files);
    }

    private static void refuses(Executable reading, String... parts) {
        String message = assertThrows(InputError.class, reading).getMessage();
        assertEquals(1, message.lines().count(), message);
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }

    @Test
    void readsCifar10InFileOrder() throws IOException {
        write();
        ImageSet train = DataSources.open(uri(), hadoop).train(DataSource.ALL);
        assertEquals(20, train.size());
        assertEquals(CifarFixture.names(10), train.classNames());
        for (int record = 0; record < 20; record++) {
            assertEquals(record % 10, train.label(record));
            assertEquals(record, train.value(record, 0));
            assertEquals(record, train.value(record, ImageShape.CIFAR.size() - 1));
        }
        ImageSet test = DataSources.open(uri(), hadoop).test(DataSource.ALL);
        assertEquals(4, test.size());
        assertEquals(100, test.value(0, 0));
    }

    @Test
    void readsCifar100ByItsFineLabels() throws IOException {
        CifarFixture.writeFolder(folder, CifarFixture.cifar100(45));
        ImageSet train = DataSources.open(uri(), hadoop).train(DataSource.ALL);
        assertEquals(100, train.classes());
        assertEquals("class-44", train.classNames().get(44));
        assertEquals(44, train.label(44));
        assertEquals(44, train.value(44, 0));
        assertEquals("CIFAR-100 binary", DataSources.open(uri(), hadoop).title());
    }

    @Test
    void readsABarePathAndTheOfficialFolderBelowIt() throws IOException {
        CifarFixture.writeFolder(folder.resolve("cifar-10-batches-bin"), files);
        assertEquals(20, DataSources.open(folder.toString(), hadoop).train(DataSource.ALL).size());
    }

    @Test
    void readsTheOfficialArchives() throws IOException {
        write();
        Path ten = Files.write(folder.resolve("cifar-10-binary.tar.gz"), CifarFixture.archive("cifar-10-batches-bin", files));
        assertEquals(DataSources.open(uri(), hadoop).train(DataSource.ALL).checksum(),
                DataSources.open(ten.toUri().toString(), hadoop).train(DataSource.ALL).checksum());
        assertEquals(DataSources.open(uri(), hadoop).test(DataSource.ALL).checksum(),
                DataSources.open(ten.toString(), hadoop).test(DataSource.ALL).checksum());
        assertEquals(CifarFixture.names(10), DataSources.open(ten.toString(), hadoop).test(DataSource.ALL).classNames());

        Path hundred =
                Files.write(folder.resolve("cifar-100-binary.tar.gz"), CifarFixture.archive("cifar-100-binary", CifarFixture.cifar100(7)));
        assertEquals(7, DataSources.open(hundred.toString(), hadoop).train(DataSource.ALL).size());
    }

    @Test
    void readsTheFirstRecordsOnly() throws IOException {
        write();
        Path archive = Files.write(folder.resolve("a.tar.gz"), CifarFixture.archive("cifar-10-batches-bin", files));
        for (String uri : new String[] {uri(), archive.toString()}) {
            DataSource cifar = DataSources.open(uri, hadoop);
            assertEquals(DataSources.open(uri(), hadoop).train(DataSource.ALL).first(6).checksum(), cifar.train(6).checksum());
            assertEquals(2, cifar.test(2).size());
            refuses(() -> cifar.train(21), uri, "20 training records", "21");
        }
    }

    @Test
    void numbersClassesThatHaveNoNames() throws IOException {
        files.remove("batches.meta.txt");
        write();
        assertEquals("9", DataSources.open(uri(), hadoop).train(DataSource.ALL).classNames().get(9));
    }

    @Test
    void refusesAListOfNamesOfAnotherLength() throws IOException {
        files.put("batches.meta.txt", "cat\ndog\n".getBytes());
        write();
        refuses(() -> DataSources.open(uri(), hadoop).train(DataSource.ALL), "batches.meta.txt", "2 class names");
    }

    @Test
    void refusesTruncatedFileNamingItsOffset() throws IOException {
        files.computeIfPresent("data_batch_3.bin", (name, bytes) -> Arrays.copyOf(bytes, 2 * RECORD + 10));
        write();
        Path archive = Files.write(folder.resolve("a.tar.gz"), CifarFixture.archive("cifar-10-batches-bin", files));
        for (String uri : new String[] {uri(), archive.toString()}) {
            refuses(() -> DataSources.open(uri, hadoop).train(DataSource.ALL), "data_batch_3.bin", "offset " + (2 * RECORD + 10),
                    "begins at offset " + 2 * RECORD);
            refuses(() -> DataSources.open(uri, hadoop).train(3), "data_batch_3.bin");
            assertEquals(4, DataSources.open(uri, hadoop).test(DataSource.ALL).size());
        }
    }

    @Test
    void refusesAnEmptyFile() throws IOException {
        files.put("test_batch.bin", new byte[0]);
        write();
        refuses(() -> DataSources.open(uri(), hadoop).test(DataSource.ALL), "test_batch.bin", "offset 0");
    }

    @Test
    void refusesRecordsOfAnotherLayout() throws IOException {
        files.put("data_batch_1.bin", CifarFixture.records(CifarLayout.CIFAR_100, 0, 5));
        write();
        refuses(() -> DataSources.open(uri(), hadoop).train(DataSource.ALL), "data_batch_1.bin", "another layout");
    }

    @Test
    void refusesLabelOutOfRangeNamingItsOffset() throws IOException {
        files.get("data_batch_2.bin")[3 * RECORD] = (byte) 200;
        write();
        refuses(() -> DataSources.open(uri(), hadoop).train(DataSource.ALL), "data_batch_2.bin", "label 200", "offset " + 3 * RECORD);
        Map<String, byte[]> hundred = CifarFixture.cifar100(3);
        hundred.get("train.bin")[3074] = 20;
        CifarFixture.writeFolder(folder.resolve("c100"), hundred);
        refuses(() -> DataSources.open(uri() + "/c100", hadoop).train(DataSource.ALL), "train.bin", "label 20 ", "offset 3074", "below 20");
        hundred = CifarFixture.cifar100(3);
        hundred.get("train.bin")[2 * 3074 + 1] = 100;
        CifarFixture.writeFolder(folder.resolve("c100"), hundred);
        refuses(() -> DataSources.open(uri() + "/c100", hadoop).train(DataSource.ALL), "label 100 ", "offset " + (2 * 3074 + 1),
                "below 100");
    }

    @Test
    void refusesMissingFileByName() throws IOException {
        files.remove("data_batch_5.bin");
        files.remove("test_batch.bin");
        write();
        refuses(() -> DataSources.open(uri(), hadoop).train(DataSource.ALL), "data_batch_5.bin: missing");
        refuses(() -> DataSources.open(uri(), hadoop).test(DataSource.ALL), "test_batch.bin: missing");
        Path archive = Files.write(folder.resolve("a.tar.gz"), CifarFixture.archive("cifar-10-batches-bin", files));
        refuses(() -> DataSources.open(archive.toString(), hadoop).train(DataSource.ALL), "a.tar.gz", "data_batch_5.bin: missing");
    }

    @Test
    void refusesPlacesThatHoldNoDataSet() throws IOException {
        refuses(() -> DataSources.open(uri() + "absent", hadoop), "absent: no such file or folder");
        refuses(() -> DataSources.open(uri(), hadoop), uri(), "data_batch_1.bin", "train.bin");
        write();
        refuses(() -> DataSources.open(uri() + "data_batch_1.bin", hadoop), "data_batch_1.bin: is a file", ".tar.gz");
        CifarFixture.writeFolder(folder, CifarFixture.cifar100(2));
        refuses(() -> DataSources.open(uri(), hadoop), "both");
        Files.createDirectories(folder.resolve("odd/train.bin"));
        refuses(() -> DataSources.open(uri() + "odd", hadoop).train(DataSource.ALL), "train.bin: is not a file");
    }

    @Test
    void refusesTruncatedArchiveNamingItsOffset() throws IOException {
        byte[] whole = CifarFixture.archive("cifar-10-batches-bin", files);
        for (int length : new int[] {0, 5, whole.length / 2, whole.length - 4}) {
            Path archive = Files.write(folder.resolve("cut.tar.gz"), Arrays.copyOf(whole, length));
            refuses(() -> DataSources.open(archive.toString(), hadoop).train(DataSource.ALL), "cut.tar.gz: byte " + length,
                    "fetch it again");
        }
    }

    @Test
    void refusesArchivesThatAreNone() throws IOException {
        Path text = Files.writeString(folder.resolve("text.tar.gz"), "<html>404</html>");
        refuses(() -> DataSources.open(text.toString(), hadoop), "text.tar.gz", "GZIP");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream zipped = new GZIPOutputStream(bytes)) {
            zipped.write("not a tar".repeat(200).getBytes());
        }
        Path zipped = Files.write(folder.resolve("zipped.tar.gz"), bytes.toByteArray());
        refuses(() -> DataSources.open(zipped.toString(), hadoop), "zipped.tar.gz");
        Path empty = Files.write(folder.resolve("empty.tar.gz"), CifarFixture.archive("nothing", Map.of()));
        refuses(() -> DataSources.open(empty.toString(), hadoop), "empty.tar.gz: the archive has no files");
        Path other = Files.write(folder.resolve("other.tar.gz"), CifarFixture.archive("x", Map.of("readme.html", new byte[3])));
        refuses(() -> DataSources.open(other.toString(), hadoop), "other.tar.gz", "neither CIFAR-10");
    }

    /** To open a FIFO is to wait for somebody who writes into it, and a device has no end. */
    @Test
    void neverWaitsForAFifoOrReadsADevice() throws Exception {
        for (String name : new String[] {"data_batch_3.bin", "batches.meta.txt"}) {
            write();
            Files.delete(folder.resolve(name));
            assertEquals(0, new ProcessBuilder("mkfifo", folder.resolve(name).toString()).start().waitFor());
            assertTimeoutPreemptively(Duration.ofMinutes(1),
                    () -> refuses(() -> DataSources.open(uri(), hadoop).train(DataSource.ALL), name, "FIFO"));
            Files.delete(folder.resolve(name));
            Files.createSymbolicLink(folder.resolve(name), Path.of("/dev/zero"));
            assertTimeoutPreemptively(Duration.ofMinutes(1),
                    () -> refuses(() -> DataSources.open(uri(), hadoop).train(DataSource.ALL), name));
            Files.delete(folder.resolve(name));
        }
        Path archive = folder.resolve("fifo.tar.gz");
        assertEquals(0, new ProcessBuilder("mkfifo", archive.toString()).start().waitFor());
        assertTimeoutPreemptively(Duration.ofMinutes(1),
                () -> refuses(() -> DataSources.open(archive.toString(), hadoop), "fifo.tar.gz", "FIFO"));
    }

    @Test
    void sparseFilesAreRefusedBeforeMemoryIsTakenForThem() throws IOException {
        write();
        try (RandomAccessFile sparse = new RandomAccessFile(folder.resolve("data_batch_2.bin").toFile(), "rw")) {
            sparse.setLength(600_000L * RECORD);
            refuses(() -> DataSources.open(uri(), hadoop).train(DataSource.ALL), "600016 training records need", "MiB of memory");
            sparse.setLength(RECORD * (1L << 30));
            refuses(() -> DataSources.open(uri(), hadoop).train(DataSource.ALL), "more than the 699050 that can be read");
            assertEquals(6, DataSources.open(uri(), hadoop).train(6).size());
        }
        try (RandomAccessFile sparse = new RandomAccessFile(folder.resolve("batches.meta.txt").toFile(), "rw")) {
            sparse.setLength(1L << 40);
        }
        refuses(() -> DataSources.open(uri(), hadoop).test(DataSource.ALL), "batches.meta.txt: has 1099511627776 bytes");
    }

    @Test
    void anArchiveThatHasAFileTwiceIsRefused() throws IOException {
        byte[] once = CifarFixture.archive("a", files);
        byte[] other = CifarFixture.archive("b", Map.of("test_batch.bin", files.get("test_batch.bin")));
        Path archive = folder.resolve("twice.tar.gz");
        Files.write(archive, gzip(joined(unzipped(other, 512 + 512 + (4 * RECORD + 511) / 512 * 512), unzipped(once, 0))));
        refuses(() -> DataSources.open(archive.toString(), hadoop), "has test_batch.bin twice");
    }

    @Test
    void anArchiveThatUnpacksWithoutEndIsRefused() throws IOException {
        Path archive = folder.resolve("bomb.tar.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(archive))) {
            out.write(unzipped(CifarFixture.archive("a", files), 0));
            for (int i = 0; i < 300; i++) {
                out.write(new byte[1 << 20]);
            }
        }
        refuses(() -> DataSources.open(archive.toString(), hadoop), "unpacks to more than 256 MiB");
    }

    @Test
    void namesThatSteerATerminalAreRefused() throws IOException {
        files.put("batches.meta.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\n\u001b[2Jx\n".getBytes());
        write();
        refuses(() -> DataSources.open(uri(), hadoop).train(DataSource.ALL), "batches.meta.txt", "\\u001b[2Jx", "cannot be printed");
    }

    @Test
    void refusesUnknownSchemesAndNameNodesThatDoNotAnswer() {
        refuses(() -> DataSources.open("nosuch://host/x", hadoop), "nosuch://host/x", "nosuch");
        refuses(() -> DataSources.open("hdfs://localhost:1/x", hadoop), "hdfs://localhost:1/x");
        refuses(() -> DataSources.open("hdfs://no.such.host.invalid/x", hadoop), "no.such.host.invalid");
        refuses(() -> DataSources.open("", hadoop), "empty");
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(zipped)) {
            out.write(bytes);
        }
        return zipped.toByteArray();
    }

    /** @param first so many bytes alone, 0 for all */
    private static byte[] unzipped(byte[] archive, int first) throws IOException {
        byte[] all = new GZIPInputStream(new ByteArrayInputStream(archive)).readAllBytes();
        return first == 0 ? all : Arrays.copyOf(all, first);
    }

    private static byte[] joined(byte[] one, byte[] other) {
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }
}
