package org.mmard.data.importing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.data.DataSource;
import org.mmard.data.DataSources;
import org.mmard.data.ImageRecords;
import org.mmard.data.ImageSet;
import org.mmard.data.ImageShape;
import org.mmard.data.ImagesFolder;
import org.mmard.failure.InputError;
import org.mmard.files.HadoopConfiguration;

class ImporterTest {
    @TempDir
    private Path folder;

    private final Configuration hadoop = HadoopConfiguration.load(null);

    private DataSource imported(Importer importer, Path source) {
        String to = folder.resolve("imported").toString();
        try (ImageRecords records = importer.open(source.toString(), hadoop)) {
            ImagesFolder.write(to, hadoop, records);
        }
        return DataSources.open(to, hadoop);
    }

    private void refused(Importer importer, Path source, String... parts) throws IOException {
        String message = assertThrows(InputError.class, () -> imported(importer, source)).getMessage();
        assertEquals(1, message.lines().count(), message);
        Arrays.stream(parts).forEach(part -> assertTrue(message.contains(part), message));
        assertFalse(Files.exists(folder.resolve("imported")));
        try (Stream<Path> left = Files.list(folder)) {
            assertTrue(left.noneMatch(path -> path.getFileName().toString().contains("unfinished")), "something half written is left");
        }
    }

    private Path source() throws IOException {
        return Files.createDirectories(folder.resolve("source"));
    }

    private static final Path PUBLISHED = Path.of("src/test/resources/org/mmard/data");

    /** Files as Python 2 and Python 3 pickle them: make_cifar_python.py made them. */
    @Test
    void cifarsPythonVersionIsReadByWhateverPythonItWasWritten() {
        for (Path source : List.of(PUBLISHED, PUBLISHED.resolve("cifar-10-batches-py"))) {
            try (ImageRecords records = CifarPython.open(source.toString(), hadoop)) {
                List<Integer> labels = new ArrayList<>();
                List<byte[]> images = new ArrayList<>();
                ImageRecords.Receiver receiver = (label, pixels) -> {
                    labels.add(label);
                    images.add(pixels.clone());
                };
                records.train(receiver);
                records.test(receiver);
                assertEquals(List.of(1, 2, 2, 3, 4, 5, 6), labels);
                assertEquals("kind 3", records.classNames().get(3));
                for (int image = 0; image < images.size(); image++) {
                    int file = Math.max(1, image);
                    for (int j = 0; j < 3072; j++) {
                        assertEquals((31 * file + (image == 1 ? 7 : 0) + j) % 251, images.get(image)[j] & 0xff);
                    }
                }
            }
        }
    }

    @Test
    void cifar100HasFineAndCoarseLabels() {
        Path source = PUBLISHED.resolve("cifar-100-python");
        DataSource fine = imported(Importer.CIFAR_PYTHON, source);
        assertEquals("CIFAR-100", fine.title());
        assertEquals(100, fine.classNames().size());
        assertEquals(99, fine.train(DataSource.ALL).label(1));
        try (ImageRecords coarse = Importer.CIFAR_100_COARSE.open(source.toString(), hadoop)) {
            assertEquals("coarse 19", coarse.classNames().get(19));
            coarse.train((label, pixels) -> assertTrue(label == 1 || label == 19));
        }
    }

    @Test
    void whatIsMissingOrDamagedInCifarsPythonVersionIsNamed() throws IOException {
        Path source = source();
        try (Stream<Path> files = Files.list(PUBLISHED.resolve("cifar-10-batches-py"))) {
            for (Path file : files.toList()) {
                Files.copy(file, source.resolve(file.getFileName()));
            }
        }
        InputError named = assertThrows(InputError.class, () -> DataSources.open(source.toString(), hadoop));
        assertTrue(named.getMessage().contains("mmard data import --from cifar-python"), named.getMessage());
        Path batch = source.resolve("data_batch_3");
        byte[] whole = Files.readAllBytes(batch);
        Files.write(batch, Arrays.copyOf(whole, whole.length / 2));
        refused(Importer.CIFAR_PYTHON, source, "data_batch_3: ends too early");
        Files.write(batch, new byte[] {(byte) 0x80, 2, 'N', '.'});
        refused(Importer.CIFAR_PYTHON, source, "data_batch_3: holds no dictionary");
        Files.write(batch, Files.readAllBytes(source.resolve("batches.meta")));
        refused(Importer.CIFAR_PYTHON, source, "data_batch_3: has no data, an array of bytes of shape [images, 3072]");
        Files.delete(batch);
        refused(Importer.CIFAR_PYTHON, source, "data_batch_3");
        refused(Importer.CIFAR_100_COARSE, source, "is no folder of CIFAR's Python version: cifar-100-python has test and meta");
        Path packed = source.resolveSibling("cifar-10-python.tar.gz");
        try (TarArchiveOutputStream out = new TarArchiveOutputStream(new GZIPOutputStream(Files.newOutputStream(packed)))) {
            out.putArchiveEntry(new TarArchiveEntry("cifar-10-batches-py/test_batch"));
            out.closeArchiveEntry();
        }
        refused(Importer.CIFAR_PYTHON, packed, "is a file; unpack it, and name the folder: cifar-10-batches-py has test_batch");
        InputError archive = assertThrows(InputError.class, () -> DataSources.open(packed.toString(), hadoop));
        assertTrue(archive.getMessage().contains("mmard data import --from cifar-python"), archive.getMessage());
    }

    @Test
    void svhnsMatricesBecomePlanesAndItsTensZeros() throws IOException {
        PublishedFixture.svhn(source(), 12, 3);
        DataSource data = imported(Importer.SVHN, source());
        assertEquals("SVHN", data.title());
        ImageSet train = data.train(DataSource.ALL);
        assertEquals(12, train.size());
        assertEquals(3, data.test(DataSource.ALL).size());
        assertEquals(List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"), train.classNames());
        assertEquals(1, train.label(0));
        assertEquals(0, train.label(9));
        assertEquals(ImageShape.CIFAR, train.shape());
        assertEquals(PublishedFixture.digitPixel(11, 2, 5, 9), train.value(11, 2 * 1024 + 5 * 32 + 9));
    }

    @Test
    void damagedMatlabFilesAreRefused() throws IOException {
        PublishedFixture.svhn(source(), 4, 3);
        Path file = source().resolve("test_32x32.mat");
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length / 2));
        refused(Importer.SVHN, source(), "test_32x32.mat: ");
        Files.write(file, new byte[500]);
        refused(Importer.SVHN, source(), "test_32x32.mat: damaged, or no MATLAB file of version 5");
        PublishedFixture.withoutLabels(file);
        refused(Importer.SVHN, source(), "test_32x32.mat: has no y");
        Files.delete(file);
        refused(Importer.SVHN, source(), "test_32x32.mat: missing; SVHN is the folder of train_32x32.mat and test_32x32.mat");
    }

    @Test
    void tinyImageNetIsReadFromItsFolderAndFromItsZipAlike() throws IOException {
        Path tiny = Files.createDirectories(folder.resolve("tiny-imagenet-200"));
        PublishedFixture.tinyImageNet(tiny, 3);
        Path zip = folder.resolve("tiny.zip");
        PublishedFixture.zip(tiny, zip);
        DataSource data = imported(Importer.TINY_IMAGENET, tiny);
        assertEquals(new ImageShape(3, 64, 64), data.shape());
        assertEquals(List.of("goldfish", "Egyptian cat", "Egyptian cat (n07873807)", "n07920052"), data.classNames());
        ImageSet train = data.train(DataSource.ALL);
        assertEquals(12, train.size());
        for (int record = 0; record < 12; record++) {
            assertEquals(record % 4, train.label(record), "the classes take turns");
            assertEquals(40 * (record % 4) + record / 4, train.value(record, 64 * 64 + 70), 1, "grey pictures are not brightened");
        }
        assertEquals(202, data.test(DataSource.ALL).value(2, 0), 1);
        String unzipped = train.checksum();
        deleteImported();
        assertEquals(unzipped, imported(Importer.TINY_IMAGENET, zip).train(DataSource.ALL).checksum());
    }

    @Test
    void picturesOfAnotherSizeAreRefusedBeforeTheyAreUnpacked() throws IOException {
        PublishedFixture.tinyImageNet(source(), 2);
        Path victim = source().resolve("train/n02124075/images/n02124075_1.JPEG");
        byte[] bomb = PublishedFixture.picture("png", 4, 4, 0, true);
        // The width and height of a PNG's header, and its checksum.
        bomb[16] = 0x00;
        bomb[17] = 0x00;
        bomb[18] = (byte) 0xff;
        bomb[19] = (byte) 0xff;
        Files.write(victim, bomb);
        refused(Importer.TINY_IMAGENET, source(), "n02124075_1.JPEG: ");
        Files.write(victim, PublishedFixture.picture("jpeg", 65, 64, 0, false));
        refused(Importer.TINY_IMAGENET, source(), "n02124075_1.JPEG: is 64 x 65 pixels, where 64 x 64 are wanted");
        Files.write(victim, new byte[100]);
        refused(Importer.TINY_IMAGENET, source(), "n02124075_1.JPEG: is no PNG or JPEG file");
        Files.delete(victim);
        Files.delete(source().resolve("val/images/val_1.JPEG"));
        refused(Importer.TINY_IMAGENET, source(), "val_1.JPEG: missing");
        Files.writeString(source().resolve("val/val_annotations.txt"), "val_0.JPEG\tn00000000\n");
        refused(Importer.TINY_IMAGENET, source(), "val_annotations.txt: line 1 does not name an image and one of the classes");
        Files.delete(source().resolve("wnids.txt"));
        refused(Importer.TINY_IMAGENET, source(), "wnids.txt: missing");
    }

    @Test
    void aFolderPerClassIsADataSetOfTheSizeOfItsFirstPicture() throws IOException {
        PublishedFixture.folders(source());
        DataSource data = imported(Importer.FOLDERS, source());
        assertEquals(new ImageShape(3, 5, 4), data.shape());
        assertEquals(List.of("blue", "red"), data.classNames());
        ImageSet train = data.train(DataSource.ALL);
        assertEquals(4, train.size());
        assertEquals(1, train.label(1));
        assertEquals(255, train.value(1, 0));
        assertEquals(0, train.value(1, 40));
        deleteImported();
        Files.createDirectories(source().resolve("test/green"));
        refused(Importer.FOLDERS, source(), "has test/green, and no train/green");
        refused(Importer.FOLDERS, folder.resolve("absent"), "absent: no such file or folder");
    }

    @Test
    void whatIsThereIsLeftAlone() throws IOException {
        PublishedFixture.folders(source());
        imported(Importer.FOLDERS, source());
        InputError error = assertThrows(InputError.class, () -> imported(Importer.FOLDERS, source()));
        assertTrue(error.getMessage().endsWith("imported: is there already; choose another place, or remove it"), error.getMessage());
    }

    private void deleteImported() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("imported"))) {
            for (Path each : files.toList()) {
                Files.delete(each);
            }
        }
        Files.delete(folder.resolve("imported"));
    }
}
