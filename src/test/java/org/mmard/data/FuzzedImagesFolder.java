package org.mmard.data;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.hadoop.conf.Configuration;
import org.mmard.fuzz.FuzzedReader;
import org.mmard.fuzz.Mutations;

/** A folder of imported images with one of its files damaged, dropped, grown sparse, or replaced by a folder or a device. */
public final class FuzzedImagesFolder implements FuzzedReader {
    private static final String NAME = "images";

    @Override
    public String name() {
        return "images-folder";
    }

    @Override
    public void write(Path folder, SplittableRandom random) throws IOException {
        Path images = folder.resolve(NAME);
        ImageShape shape = new ImageShape(random.nextBoolean() ? 1 : 3, 1 + random.nextInt(4), 1 + random.nextInt(4));
        ImagesFolder.write(images.toString(), new Configuration(false), new GeneratedRecords("toy", shape, 3, 1 + random.nextInt(5), 2));
        List<String> names = List.of(ImagesFolder.DESCRIPTION, ImagesFolder.DESCRIPTION, ImagesFolder.TRAIN, ImagesFolder.TEST);
        Path victim = images.resolve(names.get(random.nextInt(names.size())));
        byte[] good = Files.readAllBytes(victim);
        switch (random.nextInt(10)) {
            case 0 -> Files.delete(victim);
            case 1 -> {
                Files.delete(victim);
                Files.createDirectory(victim);
            }
            case 2 -> {
                Files.delete(victim);
                Files.createSymbolicLink(victim, Path.of("/dev/zero"));
            }
            case 3 -> {
                try (RandomAccessFile sparse = new RandomAccessFile(victim.toFile(), "rw")) {
                    sparse.setLength((Mutations.number(random) & Long.MAX_VALUE) % (1L << 42));
                }
            }
            case 4 -> {
                // As it was.
            }
            case 5, 6 -> {
                Path description = images.resolve(ImagesFolder.DESCRIPTION);
                // What is no text any more is written all the same.
                Files.write(description, Mutations.json(Files.readString(description), random).getBytes(StandardCharsets.UTF_8));
            }
            default -> Files.write(victim, Mutations.bytes(good, random));
        }
    }

    @Override
    public void read(Path folder) {
        DataSource data = DataSources.open(folder.resolve(NAME).toString(), new Configuration(false));
        data.train(DataSource.ALL);
        data.test(DataSource.ALL);
    }
}
