package org.mmard.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.failure.InputError;

class CorruptedImagesTest {
    private static final ImageShape SHAPE = new ImageShape(3, 4, 6);
    private static final int EACH = 4;
    private static final ImageSet IMAGES = images();

    @TempDir
    Path folder;

    private static ImageSet images() {
        byte[] pixels = new byte[EACH * SHAPE.size()];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (7 * i);
        }
        return new ImageSet(SHAPE, pixels, new byte[] {2, 0, 1, 2}, List.of("a", "b", "c"));
    }

    private CorruptedImages open(int examples) {
        return CorruptedImages.open(folder.toString(), SHAPE, IMAGES.classNames(), examples, new Configuration(false));
    }

    @Test
    void eachSeverityIsASetOfImagesWithPlanesAndLabels() throws IOException {
        CorruptedFixture.write(folder, IMAGES, EACH, "fog", "spatter");
        CorruptedImages found = open(DataSource.ALL);
        assertEquals(EACH, found.examples());
        for (CorruptedImages.Corruption corruption : found.corruptions()) {
            for (int severity = 1; severity <= 5; severity++) {
                ImageSet images = found.images(corruption, severity);
                assertEquals(EACH, images.size());
                for (int record = 0; record < EACH; record++) {
                    float[] pixels = new float[SHAPE.size()];
                    images.floats(record, pixels, 0);
                    assertArrayEquals(CorruptedFixture.planes(IMAGES, corruption.name(), severity, record), pixels);
                    assertEquals(IMAGES.label(record), images.label(record));
                }
            }
        }
    }

    @Test
    void theFirstImagesOfEachSeverityAreChosen() throws IOException {
        CorruptedFixture.write(folder, IMAGES, EACH, "fog");
        CorruptedImages all = open(DataSource.ALL);
        CorruptedImages some = open(3);
        assertEquals(3, some.examples());
        for (int severity = 1; severity <= 5; severity++) {
            assertEquals(all.images(all.corruptions().get(0), severity).first(3).checksum(),
                    some.images(some.corruptions().get(0), severity).checksum());
        }
        refuses(": has 4 images of each severity, fewer than the 5 asked for", 5);
    }

    @Test
    void thoseOfTheBenchmarkComeFirstAndOtherFilesAreLeftAlone() throws IOException {
        CorruptedFixture.write(folder, IMAGES, 1, "spatter", "jpeg_compression", "gaussian_noise", "speckle_noise", "blue_noise");
        Files.writeString(folder.resolve("README.txt"), "some words");
        Files.writeString(folder.resolve("._gaussian_noise.npy"), "what a Mac leaves in an archive");
        CorruptedImages found = open(1);
        assertEquals(List.of("gaussian_noise", "jpeg_compression", "speckle_noise", "spatter"),
                found.corruptions().stream().map(CorruptedImages.Corruption::name).toList());
        assertEquals(List.of(true, true, false, false),
                found.corruptions().stream().map(CorruptedImages.Corruption::benchmark).toList());
        assertEquals(List.of("blue_noise.npy"), found.others());
        assertEquals(15, CorruptedImages.BENCHMARK.size());
    }

    @Test
    void labelsOfAnotherDataSetAreCounted() throws IOException {
        CorruptedFixture.write(folder, IMAGES, EACH, "fog");
        assertEquals(0, open(DataSource.ALL).labelsOtherThan(IMAGES));
        assertEquals(0, open(DataSource.ALL).labelsOtherThan(IMAGES.first(2)));
        // Of 2, 0, 1, 2 the image at the first place is of another class than that of 0, 2.
        assertEquals(5 * 2, open(2).labelsOtherThan(IMAGES.select(new int[] {1, 0})));
    }

    @Test
    void labelsOfBytesAreReadAsWell() throws IOException {
        CorruptedFixture.write(folder, IMAGES, EACH, "fog");
        byte[] labels = new byte[5 * EACH];
        IntStream.range(0, labels.length).forEach(i -> labels[i] = (byte) IMAGES.label(i % EACH));
        String before = checksum();
        CorruptedFixture.array(folder.resolve("labels.npy"), "|u1", new int[] {labels.length}, labels);
        assertEquals(before, checksum());
    }

    private String checksum() {
        CorruptedImages found = open(DataSource.ALL);
        return found.images(found.corruptions().get(0), 3).checksum();
    }

    @Test
    void aFolderOfSomethingElseIsRefused() throws IOException {
        refuses(": has none of the files of CIFAR-10-C or CIFAR-100-C, such as gaussian_noise.npy; name the folder that their .tar "
                + "unpacks to", 1);
        Files.writeString(folder.resolve("CIFAR-10-C.tar"), "not unpacked");
        refuses(": has none of the files of CIFAR-10-C or CIFAR-100-C", 1);
        String archive = folder.resolve("CIFAR-10-C.tar").toString();
        String message = assertThrows(InputError.class,
                () -> CorruptedImages.open(archive, SHAPE, IMAGES.classNames(), 0, new Configuration(false))).getMessage();
        assertEquals(archive + ": is a file; unpack it, as by tar -xf CIFAR-10-C.tar, and name the folder that comes out", message);
        String absent = folder.resolve("absent").toString();
        assertEquals(absent + ": no such folder", assertThrows(InputError.class,
                () -> CorruptedImages.open(absent, SHAPE, IMAGES.classNames(), 0, new Configuration(false))).getMessage());
    }

    @Test
    void aFileThatIsMissingOrDamagedIsNamed() throws IOException {
        CorruptedFixture.write(folder, IMAGES, EACH, "fog", "snow");
        Path fog = folder.resolve("fog.npy");
        byte[] whole = Files.readAllBytes(fog);
        Files.write(fog, Arrays.copyOf(whole, whole.length - 1));
        refuses("/fog.npy: shape [20, 4, 6, 3] needs 1440 bytes after the header, there are 1439; copy it again", 1);
        Files.write(fog, Arrays.copyOf(whole, 50));
        refuses("/fog.npy: ends within its header, at byte 50", 1);
        CorruptedFixture.array(fog, "<f4", new int[] {20, 4, 6, 3}, new byte[4 * 1440]);
        refuses("/fog.npy: its type is <f4, where |u1 (unsigned bytes) is wanted", 1);
        CorruptedFixture.raw(fog, "{'descr': '|u1', 'fortran_order': True, 'shape': (20, 4, 6, 3), }", new byte[1440]);
        refuses("/fog.npy: is in Fortran order; save it in C order", 1);
        CorruptedFixture.array(fog, "|u1", new int[] {20, 3, 4, 6}, new byte[1440]);
        refuses("/fog.npy: has shape [20, 3, 4, 6], where [20, 4, 6, 3] is wanted, [images, height, width, channels] as the data and the "
                + "model have them", 1);
        CorruptedFixture.array(fog, "|u1", new int[] {1440}, new byte[1440]);
        refuses("/fog.npy: has shape [1440], where [20, 4, 6, 3] is wanted", 1);
        CorruptedFixture.array(fog, "|u1", new int[] {15, 4, 6, 3}, new byte[15 * 72]);
        refuses("/fog.npy: has 15 images, labels.npy beside it has 20 labels; copy the one that is wrong again", 1);
        Files.delete(fog);
        Files.createDirectory(fog);
        refuses("/fog.npy: is not a file", 1);
        Files.delete(fog);
        assertEquals(1, open(1).corruptions().size());
    }

    @Test
    void labelsThatDoNotFitAreRefused() throws IOException {
        CorruptedFixture.write(folder, IMAGES, EACH, "fog");
        Path labels = folder.resolve("labels.npy");
        CorruptedFixture.array(labels, "|u1", new int[] {18}, new byte[18]);
        refuses("/labels.npy: has 18 labels, which are not those of 5 severities of as many images each; copy it again", 1);
        CorruptedFixture.array(labels, "|u1", new int[] {0}, new byte[0]);
        refuses("/labels.npy: has 0 labels", 1);
        CorruptedFixture.array(labels, "<f8", new int[] {20}, new byte[160]);
        refuses("/labels.npy: has shape [20] and type <f8, where one axis of whole numbers is wanted, a label for each image", 1);
        CorruptedFixture.array(labels, "|u1", new int[] {20, 1}, new byte[20]);
        refuses("/labels.npy: has shape [20, 1] and type |u1", 1);
        byte[] some = new byte[20];
        some[9] = 3;
        CorruptedFixture.array(labels, "|u1", new int[] {20}, some);
        refuses("/labels.npy: label 3 of image 9 is none of the data's 3 classes, counted from 0; name the corrupted images of that data",
                2);
        assertEquals(1, open(1).examples());
        Files.delete(labels);
        refuses("/labels.npy: there is no such file; it comes with the images, copy it there", 1);
    }

    @Test
    void aFileThatShrinksWhileItIsReadIsNamed() throws IOException {
        CorruptedFixture.write(folder, IMAGES, EACH, "fog");
        CorruptedImages found = open(DataSource.ALL);
        Path fog = folder.resolve("fog.npy");
        byte[] whole = Files.readAllBytes(fog);
        Files.write(fog, Arrays.copyOf(whole, whole.length - 1));
        assertFalse(found.images(found.corruptions().get(0), 4).checksum().isEmpty());
        String message = assertThrows(InputError.class, () -> found.images(found.corruptions().get(0), 5)).getMessage();
        assertTrue(message.endsWith("/fog.npy: has become shorter while it was read; copy it again"), message);
    }

    private void refuses(String what, int examples) {
        String message = assertThrows(InputError.class, () -> open(examples)).getMessage();
        String from = message.replaceFirst("^file:", "");
        assertTrue(from.startsWith(folder + what), message);
        assertEquals(1, message.lines().count(), message);
    }
}
