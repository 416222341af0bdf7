package org.mmard.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.hadoop.conf.Configuration;
import org.mmard.fuzz.FuzzedReader;
import org.mmard.fuzz.Mutations;

/** Corrupted images of which one file is changed. */
public final class FuzzedCorruptedImages implements FuzzedReader {
    private static final ImageShape SHAPE = new ImageShape(3, 2, 2);
    private static final ImageSet IMAGES = new ImageSet(SHAPE, new byte[2 * SHAPE.size()], new byte[] {0, 1}, List.of("a", "b"));
    private static final String HEADER = "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }";

    @Override
    public String name() {
        return "corrupted-images";
    }

    @Override
    public void write(Path folder, SplittableRandom random) throws IOException {
        CorruptedFixture.write(folder, IMAGES, 2, "fog", "spatter");
        boolean labels = random.nextBoolean();
        Path victim = folder.resolve(labels ? "labels.npy" : "fog.npy");
        if (random.nextInt(4) > 0) {
            Files.write(victim, Mutations.bytes(Files.readAllBytes(victim), random));
        } else {
            String header = labels ? HEADER.formatted("<i8", "10,") : HEADER.formatted("|u1", "10, 2, 2, 3");
            CorruptedFixture.raw(victim, Mutations.text(header, random), new byte[labels ? 80 : 120]);
        }
    }

    @Override
    public void read(Path folder) {
        CorruptedImages found = CorruptedImages.open(folder.toString(), SHAPE, IMAGES.classNames(), 0, new Configuration(false));
        for (int severity = 1; severity <= CorruptedImages.SEVERITIES; severity++) {
            found.images(found.corruptions().get(0), severity);
        }
    }
}
