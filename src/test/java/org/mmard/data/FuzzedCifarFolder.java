package org.mmard.data;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.mmard.fuzz.FuzzedReader;
import org.mmard.fuzz.Mutations;

/**
 * A CIFAR folder with a file or two damaged, dropped, doubled, grown sparse, or replaced by a folder, a FIFO, a device or a link to
 * nowhere.
 */
public final class FuzzedCifarFolder implements FuzzedReader {
    @Override
    public String name() {
        return "cifar-folder";
    }

    @Override
    public void write(Path folder, SplittableRandom random) throws IOException {
        Map<String, byte[]> files = files(random);
        CifarFixture.writeFolder(folder, files);
        List<String> names = new ArrayList<>(files.keySet());
        Path victim = folder.resolve(names.get(random.nextInt(names.size())));
        switch (random.nextInt(10)) {
            case 0 -> Files.delete(victim);
            case 1 -> Files.createDirectory(emptied(victim));
            case 2 -> Files.createSymbolicLink(emptied(victim), folder.resolve("nowhere"));
            case 3 -> Files.createSymbolicLink(emptied(victim), Path.of(random.nextBoolean() ? "/dev/zero" : "/dev/null"));
            case 4 -> fifo(emptied(victim));
            case 5 -> grow(victim, Math.floorMod(Mutations.number(random), 1L << 42));
            case 6 -> Files.write(victim, files(random).getOrDefault(names.get(random.nextInt(names.size())), new byte[0]));
            default -> Files.write(victim, Mutations.bytes(files.get(victim.getFileName().toString()), random));
        }
    }

    /** One of the two data sets, very small. */
    static Map<String, byte[]> files(SplittableRandom random) throws IOException {
        return new TreeMap<>(
                random.nextBoolean() ? CifarFixture.cifar10(1 + random.nextInt(2)) : CifarFixture.cifar100(1 + random.nextInt(2)));
    }

    private static Path emptied(Path file) throws IOException {
        Files.delete(file);
        return file;
    }

    private static void fifo(Path file) throws IOException {
        try {
            new ProcessBuilder("mkfifo", file.toString()).start().waitFor();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private static void grow(Path file, long length) throws IOException {
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(length);
        }
    }

    @Override
    public void read(Path folder) {
        read(folder.toString());
    }

    static void read(String uri) {
        DataSource data = DataSources.open(uri, new Configuration(false));
        data.train(DataSource.ALL);
        data.test(DataSource.ALL);
    }
}
