package org.mmard.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.mmard.files.HadoopConfiguration;
import org.mmard.reference.Reference;

class RealCifarTest {
    private static String folder() throws Exception {
        Path script = Reference.require(Path.of("..", "shared", "data", "unpack-cifar10.sh"));
        Process process = new ProcessBuilder("bash", script.toString()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String folder = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertEquals(0, process.waitFor());
        return folder;
    }

    @Test
    void readsAllSixtyThousandRecords() throws Exception {
        DataSource cifar = DataSources.open(folder(), HadoopConfiguration.load(null));
        ImageSet train = cifar.train(DataSource.ALL);
        ImageSet test = cifar.test(DataSource.ALL);
        assertEquals(50_000, train.size());
        assertEquals(10_000, test.size());
        assertEquals("truck", train.classNames().get(9));
        int[] counts = new int[10];
        for (int record = 0; record < train.size(); record++) {
            counts[train.label(record)]++;
        }
        for (int count : counts) {
            assertEquals(5000, count);
        }
        assertNotEquals(train.first(10_000).checksum(), test.checksum());
    }

    @Test
    void giveBackTheBytesOfTheirFile() throws Exception {
        String folder = folder();
        ImageSet test = DataSources.open(folder, HadoopConfiguration.load(null)).test(DataSource.ALL);
        MessageDigest read = MessageDigest.getInstance("SHA-256");
        byte[] record = new byte[3073];
        for (int r = 0; r < test.size(); r++) {
            record[0] = (byte) test.label(r);
            for (int i = 0; i < ImageShape.CIFAR.size(); i++) {
                record[1 + i] = (byte) test.value(r, i);
            }
            read.update(record);
        }
        byte[] file = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(Path.of(folder, "test_batch.bin")));
        assertEquals(HexFormat.of().formatHex(file), HexFormat.of().formatHex(read.digest()));
    }
}
