package org.mmard.files;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.failure.InputError;

class NpyTest {
    @TempDir
    Path folder;

    @Test
    void readsEveryNumberTypeInBothFormatVersions() throws IOException {
        byte[] floats = little(12).putFloat(0.5f).putFloat(-2).putFloat(3).array();
        assertNpy(new double[] {0.5, -2, 3}, new int[] {3}, file(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", floats));
        byte[] doubles = little(16).putDouble(1e-300).putDouble(7).array();
        assertNpy(new double[] {1e-300, 7}, new int[] {1, 2},
                file(2, "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }", doubles));
        byte[] ints = little(8).putInt(-4).putInt(9).array();
        assertNpy(new double[] {-4, 9}, new int[] {2, 1}, file(1, "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 1), }", ints));
        assertNpy(new double[] {6}, new int[0],
                file(1, "{'descr': '<i8', 'fortran_order': False, 'shape': (), }", little(8).putLong(6).array()));
    }

    @Test
    void whatIsWrittenIsReadAgain() throws IOException {
        Path file = folder.resolve("written.npy");
        try (OutputStream out = Files.newOutputStream(file)) {
            Npy.write(out, new int[] {2, 3, 2}, (index, values) -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = index + i / 8f;
                }
            });
        }
        assertNpy(new double[] {0, 0.125, 0.25, 0.375, 0.5, 0.625, 1, 1.125, 1.25, 1.375, 1.5, 1.625}, new int[] {2, 3, 2}, file);
    }

    /** As {@code numpy.save} of NumPy 2.4.6 writes {@code numpy.array([0.5, -2], numpy.float32)}. */
    @Test
    void aFileIsNumPysByteByByte() throws IOException {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        float[] numbers = {0.5f, -2};
        Npy.write(written, new int[] {2}, (index, values) -> values[0] = numbers[index]);
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        expected.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0});
        expected.write(String.format("%-117s\n", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }")
                .getBytes(StandardCharsets.ISO_8859_1));
        expected.write(little(8).putFloat(0.5f).putFloat(-2).array());
        assertArrayEquals(expected.toByteArray(), written.toByteArray());
    }

    @Test
    void refusesWhatIsCutShortOrTooLongSayingByHowMuch() throws IOException {
        String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }";
        refuses(": shape [3] needs 12 bytes after the header, there are 11; copy it again", file(1, header, new byte[11]));
        refuses(": shape [3] needs 12 bytes after the header, there are 13; copy it again", file(1, header, new byte[13]));
        byte[] whole = Files.readAllBytes(file(1, header, new byte[12]));
        Path cut = Files.write(folder.resolve("cut.npy"), Arrays.copyOf(whole, 40));
        refuses(": ends within its header, at byte 40", cut);
        refuses(": no .npy file", Files.write(folder.resolve("cut.npy"), Arrays.copyOf(whole, 9)));
    }

    @Test
    void refusesWhatItCannotReadNamingTheFile() throws IOException {
        refuses(": there is no such file", folder.resolve("absent.npy"));
        refuses(": no .npy file", Files.writeString(folder.resolve("text.npy"), "some plain text"));
        String fortran = "{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }";
        refuses(": is in Fortran order; save it in C order", file(1, fortran, new byte[4]));
        String big = "{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }";
        refuses(": its type is none of <f4, <f8, <i4, <i8, |u1: " + big, file(1, big, new byte[4]));
        String huge = "{'descr': '<f4', 'fortran_order': False, 'shape': (70000, 70000), }";
        refuses(": has an impossible shape: " + huge, file(1, huge, new byte[4]));
        String shapeless = "{'descr': '<f4', 'fortran_order': False, }";
        refuses(": not understood: " + shapeless, file(1, shapeless, new byte[4]));
        refuses(": its header says 19000 bytes, 10000 are the most", file(2, "'shape': (".repeat(1900), new byte[4]));
    }

    private static void refuses(String what, Path file) {
        assertEquals(file + what, assertThrows(InputError.class, () -> Npy.read(file)).getMessage());
    }

    private static void assertNpy(double[] values, int[] shape, Path file) {
        Npy npy = Npy.read(file);
        assertArrayEquals(values, npy.values());
        assertArrayEquals(shape, npy.shape());
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private Path file(int version, String header, byte[] data) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0});
        out.write(version == 1 ? little(2).putShort((short) header.length()).array() : little(4).putInt(header.length()).array());
        out.write(header.getBytes(StandardCharsets.ISO_8859_1));
        out.write(data);
        return Files.write(folder.resolve("array.npy"), out.toByteArray());
    }
}
