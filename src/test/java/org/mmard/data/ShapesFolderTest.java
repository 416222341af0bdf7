package org.mmard.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.failure.InputError;
import org.mmard.files.HadoopConfiguration;

class ShapesFolderTest {
    @TempDir
    Path parent;

    private final Configuration hadoop = HadoopConfiguration.load(null);

    private String uri() {
        return parent.resolve("shapes").toUri().toString();
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private String refusal(ShapesFolder shapes) {
        return assertThrows(InputError.class, () -> shapes.write(uri(), hadoop)).getMessage();
    }

    @Test
    void writesAFolderThatCifarReads() throws IOException {
        assertTrue(new ShapesFolder(23, 11, 5).write(uri(), hadoop));
        ImageSet train = DataSources.open(uri(), hadoop).train(DataSource.ALL);
        assertEquals(Shapes.train(23, 5).checksum(), train.checksum());
        assertEquals(Shapes.test(11, 5).checksum(), DataSources.open(uri(), hadoop).test(DataSource.ALL).checksum());
        assertEquals("heart", train.classNames().get(9));
        assertEquals(List.of("shapes"), names(parent));
        assertEquals(
                List.of(
                        "batches.meta.txt", "data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                        "data_batch_5.bin",
                        "shapes.txt", "test_batch.bin"),
                names(parent.resolve("shapes")));
    }

    @Test
    void leavesTheSameDataAlone() throws IOException {
        ShapesFolder shapes = new ShapesFolder(10, 10, 1);
        assertTrue(shapes.write(uri(), hadoop));
        Path file = parent.resolve("shapes/test_batch.bin");
        Files.setLastModifiedTime(file, FileTime.fromMillis(0));
        assertFalse(shapes.write(uri(), hadoop));
        assertEquals(0, Files.getLastModifiedTime(file).toMillis());
    }

    @Test
    void refusesToReplaceAnythingElse() throws IOException {
        new ShapesFolder(10, 10, 1).write(uri(), hadoop);
        assertTrue(refusal(new ShapesFolder(10, 10, 2)).contains("other parameters"));
        assertEquals(Shapes.train(10, 1).checksum(), DataSources.open(uri(), hadoop).train(DataSource.ALL).checksum());

        Path file = parent.resolve("shapes/data_batch_2.bin");
        Files.write(file, new byte[5]);
        assertTrue(refusal(new ShapesFolder(10, 10, 1)).contains("data_batch_2.bin: is missing or damaged"));

        Files.delete(parent.resolve("shapes/shapes.txt"));
        assertTrue(refusal(new ShapesFolder(10, 10, 1)).contains("something else than shapes data"));
        assertEquals(5, Files.size(file));
    }

    @Test
    void fillsAnEmptyFolderAndRefusesAFile() throws IOException {
        Files.createDirectory(parent.resolve("shapes"));
        assertTrue(new ShapesFolder(10, 10, 1).write(uri(), hadoop));
        Files.writeString(parent.resolve("file"), "mine");
        String message = assertThrows(InputError.class, () -> new ShapesFolder(10, 10, 1).write(parent.resolve("file").toString(), hadoop))
                .getMessage();
        assertTrue(message.contains("left alone"), message);
        assertEquals(List.of("file", "shapes"), names(parent));
    }

    @Test
    void refusesCountsOutOfRangeAndPlacesThatCannotBe() throws IOException {
        assertTrue(assertThrows(InputError.class, () -> new ShapesFolder(9, 10, 1)).getMessage().startsWith("9 training records"));
        assertTrue(assertThrows(InputError.class, () -> new ShapesFolder(10, 500_001, 1)).getMessage().startsWith("500001 test records"));
        assertTrue(
                assertThrows(InputError.class, () -> new ShapesFolder(10, 10, 1).write("file:///", hadoop)).getMessage().contains("root"));
        Files.writeString(parent.resolve("file"), "in the way");
        String below = parent.resolve("file/shapes").toString();
        String message = assertThrows(InputError.class, () -> new ShapesFolder(10, 10, 1).write(below, hadoop)).getMessage();
        assertTrue(message.contains("file/shapes") && message.lines().count() == 1, message);
    }

    @Test
    void writesToAndReadsFromHdfs() throws IOException {
        Configuration hdfs = new Configuration();
        hdfs.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, parent.resolve("hdfs").toString());
        try (MiniDFSCluster cluster = new MiniDFSCluster.Builder(hdfs).numDataNodes(1).build()) {
            String uri = cluster.getURI() + "/data/shapes";
            ShapesFolder shapes = new ShapesFolder(12, 10, 1);
            assertTrue(shapes.write(uri, hadoop));
            assertFalse(shapes.write(uri, hadoop));
            assertEquals(Shapes.train(12, 1).checksum(), DataSources.open(uri, hadoop).train(DataSource.ALL).checksum());
            assertThrows(InputError.class, () -> new ShapesFolder(12, 10, 2).write(uri, hadoop));
            assertEquals(1, cluster.getFileSystem().listStatus(new org.apache.hadoop.fs.Path("/data")).length);
        }
    }
}
