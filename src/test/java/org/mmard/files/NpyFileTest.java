package org.mmard.files;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.failure.InputError;

class NpyFileTest {
    @TempDir
    Path folder;

    private Path write() throws IOException {
        Path file = folder.resolve("array.npy");
        try (OutputStream out = Files.newOutputStream(file)) {
            Npy.write(out, new int[] {70_000, 2}, (index, values) -> {
                values[0] = index;
                values[1] = -index / 2f;
            });
        }
        return file;
    }

    private static NpyFile open(Path file) {
        return NpyFile.open(Storage.at(file.toString(), new Configuration(false)));
    }

    @Test
    void anyRowsAreRead() throws IOException {
        Path path = write();
        NpyFile file = open(path);
        assertArrayEquals(new int[] {70_000, 2}, file.shape());
        assertEquals("<f4", file.type());
        assertEquals(Files.size(path), file.bytes());
        List<Integer> indices = new ArrayList<>();
        file.read(123, 69_000, (index, row) -> {
            assertArrayEquals(new double[] {index, -index / 2.0}, file.values(row));
            indices.add(index);
        });
        assertEquals(69_000, indices.size());
        assertEquals(123, indices.get(0));
        file.read(70_000, 0, (index, row) -> {
            throw new AssertionError("there is no row " + index);
        });
    }

    @Test
    void refusesWhatIsNoWholeArrayNamingTheFile() throws IOException {
        Path file = write();
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, 5000));
        assertRefused("file:" + file + ": shape [70000, 2] needs 560000 bytes after the header, there are 4872; copy it again", file);
        assertRefused("file:" + folder + ": is not a file", folder);
        assertRefused("file:" + folder + "/absent.npy: there is no such file", folder.resolve("absent.npy"));
        assertRefused("file:" + file + ": no .npy file", Files.writeString(file, "plain text"));
    }

    private static void assertRefused(String message, Path file) {
        assertEquals(message, assertThrows(InputError.class, () -> open(file)).getMessage());
    }
}
