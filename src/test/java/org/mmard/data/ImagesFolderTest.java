package org.mmard.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.failure.InputError;
import org.mmard.files.HadoopConfiguration;

class ImagesFolderTest {
    private static final ImageShape SHAPE = new ImageShape(1, 3, 5);
    private static final int RECORD = 2 + 15;

    @TempDir
    private Path parent;

    private final Configuration hadoop = HadoopConfiguration.load(null);
    private Path folder;

    @BeforeEach
    void writes() {
        folder = parent.resolve("images");
        ImagesFolder.write(folder.toString(), hadoop, new GeneratedRecords("toy", SHAPE, 4, 10, 3));
    }

    private DataSource open() {
        return DataSources.open(folder.toString(), hadoop);
    }

    private void refused(String... parts) {
        String message = assertThrows(InputError.class, () -> {
            open().train(DataSource.ALL);
            open().test(DataSource.ALL);
        }).getMessage();
        assertEquals(1, message.lines().count(), message);
        Arrays.stream(parts).forEach(part -> assertTrue(message.contains(part), message));
    }

    @Test
    void readsWhatWasWritten() {
        DataSource data = open();
        assertEquals("toy", data.title());
        assertEquals(SHAPE, data.shape());
        ImageSet train = data.train(DataSource.ALL);
        assertEquals(10, train.size());
        assertEquals(data.classNames(), train.classNames());
        assertEquals(3, train.label(7));
        assertEquals(GeneratedRecords.value(7, 14), train.value(7, 14));
        assertEquals(train.first(4).checksum(), data.train(4).checksum());
        assertEquals(3, data.test(DataSource.ALL).size());
        assertTrue(assertThrows(InputError.class, () -> data.train(11)).getMessage().contains("has 10 training records, fewer than"));
    }

    @Test
    void aDamagedFileIsRefusedWithItsPlace() throws IOException {
        Path file = folder.resolve(ImagesFolder.TRAIN);
        byte[] whole = Files.readAllBytes(file);
        byte[] wrong = whole.clone();
        wrong[3 * RECORD + 1] = 1;
        Files.write(file, wrong);
        refused(ImagesFolder.TRAIN, "label 259 at offset 51 (record 3) is not below 4");
        wrong = whole.clone();
        wrong[20] ^= 1;
        Files.write(file, wrong);
        refused(ImagesFolder.TRAIN + ": damaged: its SHA-256 is");
        Files.write(file, Arrays.copyOf(whole, 100));
        refused(ImagesFolder.TRAIN + ": has 100 bytes, where 10 records of 17 bytes are 170");
        Files.delete(file);
        refused(ImagesFolder.TRAIN + ": missing");
    }

    @Test
    void aDescriptionThatCannotBeIsRefused() throws IOException {
        Path file = folder.resolve(ImagesFolder.DESCRIPTION);
        String whole = Files.readString(file);
        Files.writeString(file, whole.replace("\"height\" : 3", "\"height\" : 0"));
        refused("images.json: no description of images: height is 0");
        Files.writeString(file, whole.replace("\"channels\" : 1", "\"channels\" : 2"));
        refused("channels is 2, where 1 or 3 is wanted");
        Files.writeString(file, whole.replace("\"format\" : 1", "\"format\" : 2"));
        refused("format is 2");
        Files.writeString(file, "{");
        refused("images.json: no description of images");
    }

    @Test
    void aSparseFileThatDoesNotFitIntoTheMemoryIsRefusedUnread() throws IOException {
        Path file = folder.resolve(ImagesFolder.DESCRIPTION);
        Files.writeString(file, Files.readString(file).replace("\"records\" : 10", "\"records\" : 2000000000"));
        try (RandomAccessFile sparse = new RandomAccessFile(folder.resolve(ImagesFolder.TRAIN).toFile(), "rw")) {
            sparse.setLength(2_000_000_000L * RECORD);
        }
        refused("2000000000 training records are more than the");
    }
}
