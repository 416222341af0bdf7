package org.mmard.data;

import java.util.Arrays;
import java.util.List;

/**
 * The two official binary layouts (A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009): files of records without
 * a header, each record its label bytes and then the 3072 bytes of its planes.
 */
enum CifarLayout {
    /** One label byte. */
    CIFAR_10(
            "CIFAR-10", "cifar-10-batches-bin", "cifar-10-binary.tar.gz", 1, 10,
            "batches.meta.txt", "test_batch.bin",
            List.of("data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin")),
    /** Two label bytes: one of 20 coarse classes, then one of 100 fine classes, which is the label used here. */
    CIFAR_100("CIFAR-100", "cifar-100-binary", "cifar-100-binary.tar.gz", 2, 100,
            "fine_label_names.txt", "test.bin", List.of("train.bin"));

    private static final int COARSE_CLASSES = 20;

    final String title;
    final String folder;
    final String archive;
    final int labelBytes;
    final int classes;
    final String namesFile;
    final List<String> testFiles;
    final List<String> trainFiles;

    CifarLayout(
            String title, String folder, String archive, int labelBytes, int classes, String namesFile, String testFile,
            List<String> trainFiles) {
        this.title = title;
        this.folder = folder;
        this.archive = archive;
        this.labelBytes = labelBytes;
        this.classes = classes;
        this.namesFile = namesFile;
        this.testFiles = List.of(testFile);
        this.trainFiles = trainFiles;
    }

    /** Whether a file of that name is a part of either data set. */
    static boolean knows(String name) {
        return Arrays.stream(values())
                .anyMatch(format -> name.equals(format.namesFile) || format.testFiles.contains(name) || format.trainFiles.contains(name));
    }

    /** Bytes of one record. */
    int recordBytes() {
        return labelBytes + ImageShape.CIFAR.size();
    }

    /** Classes of label byte {@code index}; the last byte is the label used. */
    int classesOf(int index) {
        return index == labelBytes - 1 ? classes : COARSE_CLASSES;
    }

    @Override
    public String toString() {
        return title;
    }
}
