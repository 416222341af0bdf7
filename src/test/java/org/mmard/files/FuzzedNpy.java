package org.mmard.files;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.mmard.fuzz.FuzzedReader;
import org.mmard.fuzz.Mutations;

/** An array of NumPy's. */
public final class FuzzedNpy implements FuzzedReader {
    @Override
    public String name() {
        return "npy";
    }

    @Override
    public void write(Path folder, SplittableRandom random) throws IOException {
        String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n";
        if (random.nextInt(3) > 0) {
            header = Mutations.text(header, random);
        }
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (byte) header.length(), (byte) (header.length() >> 8)});
        file.writeBytes(header.getBytes(StandardCharsets.ISO_8859_1));
        file.writeBytes(new byte[24]);
        Files.write(folder.resolve("x.npy"), random.nextBoolean() ? Mutations.bytes(file.toByteArray(), random) : file.toByteArray());
    }

    @Override
    public void read(Path folder) {
        Npy.read(folder.resolve("x.npy")).floats();
    }
}
