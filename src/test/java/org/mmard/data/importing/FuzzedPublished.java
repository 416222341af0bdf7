package org.mmard.data.importing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.mmard.data.ImageRecords;
import org.mmard.fuzz.FuzzedReader;
import org.mmard.fuzz.Mutations;

/** A published data set with one of its files damaged, dropped or replaced by another. */
public abstract class FuzzedPublished implements FuzzedReader {
    private final Importer importer;

    FuzzedPublished(Importer importer) {
        this.importer = importer;
    }

    @Override
    public String name() {
        return "import-" + importer;
    }

    abstract void writeWhole(Path folder) throws IOException;

    @Override
    public void write(Path folder, SplittableRandom random) throws IOException {
        writeWhole(folder);
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.filter(Files::isRegularFile).sorted().toList();
        }
        Path victim = files.get(random.nextInt(files.size()));
        switch (random.nextInt(8)) {
            case 0 -> Files.delete(victim);
            case 1 -> Files.write(victim, Files.readAllBytes(files.get(random.nextInt(files.size()))));
            case 2 -> {
                // As it was.
            }
            default -> Files.write(victim, Mutations.bytes(Files.readAllBytes(victim), random));
        }
    }

    @Override
    public void read(Path folder) {
        read(folder.toString());
    }

    private void read(String uri) {
        try (ImageRecords records = importer.open(uri, new Configuration(false))) {
            records.train((label, pixels) -> {});
            records.test((label, pixels) -> {});
        }
    }

    /** Pickles of Python 2 and 3. */
    public static final class Pickled extends FuzzedPublished {
        public Pickled() {
            super(Importer.CIFAR_PYTHON);
        }

        @Override
        void writeWhole(Path folder) throws IOException {
            try (Stream<Path> files = Files.list(Path.of("src/test/resources/org/mmard/data/cifar-10-batches-py"))) {
                for (Path file : files.toList()) {
                    Files.copy(file, folder.resolve(file.getFileName()));
                }
            }
        }
    }

    /** MATLAB files. */
    public static final class Digits extends FuzzedPublished {
        public Digits() {
            super(Importer.SVHN);
        }

        @Override
        void writeWhole(Path folder) throws IOException {
            PublishedFixture.svhn(folder, 2, 1);
        }
    }

    /** JPEG files and lists. */
    public static final class Tiny extends FuzzedPublished {
        public Tiny() {
            super(Importer.TINY_IMAGENET);
        }

        @Override
        void writeWhole(Path folder) throws IOException {
            PublishedFixture.tinyImageNet(folder, 2);
        }
    }

    /** PNG files in a zip. */
    public static final class Folders extends FuzzedPublished {
        private static final String ZIP = "images.zip";

        public Folders() {
            super(Importer.FOLDERS);
        }

        @Override
        void writeWhole(Path folder) throws IOException {
            PublishedFixture.folders(folder);
        }

        @Override
        public void write(Path folder, SplittableRandom random) throws IOException {
            Path images = Files.createDirectories(folder.resolve("images"));
            super.write(images, random);
            PublishedFixture.zip(images, folder.resolve(ZIP));
            if (random.nextInt(3) == 0) {
                Files.write(folder.resolve(ZIP), Mutations.bytes(Files.readAllBytes(folder.resolve(ZIP)), random));
            }
        }

        @Override
        public void read(Path folder) {
            super.read(folder.resolve(ZIP));
        }
    }
}
