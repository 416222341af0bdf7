package org.mmard.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TarFilesTest {
    @Test
    void readsWhatEveryTarWrites() throws IOException {
        String deep = "folder/".repeat(30) + "f\u00fcnf.bin";
        for (int way : new int[] {TarArchiveOutputStream.LONGFILE_GNU, TarArchiveOutputStream.LONGFILE_POSIX}) {
            byte[] archive = archive(tar -> {
                tar.setLongFileMode(way);
                tar.setAddPaxHeadersForNonAsciiNames(way == TarArchiveOutputStream.LONGFILE_POSIX);
                put(tar, new TarArchiveEntry("a/"), new byte[0]);
                put(tar, new TarArchiveEntry("a/one"), new byte[700]);
                put(tar, new TarArchiveEntry("a/link", TarConstants.LF_SYMLINK), new byte[0]);
                put(tar, new TarArchiveEntry(deep), "five".getBytes(StandardCharsets.UTF_8));
                put(tar, new TarArchiveEntry("empty"), new byte[0]);
            });
            Map<String, String> files = new LinkedHashMap<>();
            TarFiles.walk(new ByteArrayInputStream(archive), (path, size, content) -> files.put(path,
                    size + " " + new String(content.readNBytes(4), StandardCharsets.UTF_8).strip()));
            assertEquals("[a/one, " + deep + ", empty]", files.keySet().toString());
            assertEquals("4 five", files.get(deep));
        }
    }

    /** What a header says is no reason to take memory, or to compute. */
    @ParameterizedTest
    @ValueSource(chars = {'L', 'x', 'K'})
    void longNamesAndPaxHeadersAreBounded(char kind) throws IOException {
        byte[] archive = archive(tar -> put(tar, new TarArchiveEntry("x", (byte) kind), new byte[1 << 17]));
        assertRefused(archive, "a long name or pax header of 131072 bytes");
    }

    @Test
    void paxHeadersThatMakeNoSenseAreRefused() throws IOException {
        for (String records : new String[] {"9 size=x\n", "99 size=1\n", "0 a=b\n", "-5 a=b\n", "x", "8 nothing", "11 size=-77\n"}) {
            assertRefused(archive(tar -> put(tar, new TarArchiveEntry("x", (byte) 'x'), records.getBytes(StandardCharsets.UTF_8))),
                    "damaged");
        }
        assertRefused(
                archive(tar -> put(tar, new TarArchiveEntry("x", (byte) 'x'), "22 GNU.sparse.major=1\n".getBytes(StandardCharsets.UTF_8))),
                "sparse");
        // The time of a file is nothing that is read.
        byte[] late = archive(tar -> {
            put(tar, new TarArchiveEntry("x", (byte) 'x'), "21 mtime=1e999999999\n".getBytes(StandardCharsets.UTF_8));
            put(tar, new TarArchiveEntry("a"), new byte[3]);
        });
        Map<String, Long> files = new LinkedHashMap<>();
        TarFiles.walk(new ByteArrayInputStream(late), (path, size, content) -> files.put(path, size));
        assertEquals(Map.of("a", 3L), files);
    }

    private static void assertRefused(byte[] archive, String saying) {
        IOException error =
                assertThrows(IOException.class, () -> TarFiles.walk(new ByteArrayInputStream(archive), (path, size, content) -> {}));
        assertTrue(error.getMessage().contains(saying), error.getMessage());
    }

    private static byte[] archive(Consumer<TarArchiveOutputStream> members) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, "UTF-8")) {
            members.accept(tar);
        }
        return bytes.toByteArray();
    }

    private static void put(TarArchiveOutputStream tar, TarArchiveEntry entry, byte[] content) {
        try {
            entry.setSize(content.length);
            tar.putArchiveEntry(entry);
            if (content.length > 0) {
                tar.write(content);
            }
            tar.closeArchiveEntry();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
