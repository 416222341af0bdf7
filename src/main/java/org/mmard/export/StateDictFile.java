package org.mmard.export;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes a state dictionary as {@code torch.save} does: a zip with one folder, in it {@code data.pkl}, which is a pickle of the dictionary,
 * and {@code data/N}, the elements of the N-th tensor, little-endian. {@code torch.load(..., weights_only=True)} reads it, and so does
 * {@code mmard model import}.
 */
final class StateDictFile {
    private static final String FOLDER = "archive/";
    /** Elements begin at multiples of it, as PyTorch's own writer has it, so that they can be used where they lie. */
    private static final int ALIGNMENT = 64;
    private static final int LOCAL_HEADER = 30;
    /** Of an extra field: its name, and how long it is. */
    private static final int EXTRA_HEADER = 4;
    /** Not the earliest that a zip can have: to that one Java adds the time in the machine's own zone, in bytes of its own. */
    private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 1, 2, 0, 0);

    private final ZipOutputStream zip;
    private long written;

    private StateDictFile(OutputStream out) {
        zip = new ZipOutputStream(out);
    }

    static void write(OutputStream out, Exported network) throws IOException {
        new StateDictFile(out).write(network.stateDict());
    }

    private void write(List<NamedTensor> tensors) throws IOException {
        store("data.pkl", new StateDictPickle().dictionary(tensors));
        store("byteorder", "little".getBytes(StandardCharsets.US_ASCII));
        for (int key = 0; key < tensors.size(); key++) {
            store("data/" + key, tensors.get(key).bytes());
        }
        store("version", "3\n".getBytes(StandardCharsets.US_ASCII));
        zip.finish();
    }

    private void store(String name, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry(FOLDER + name);
        CRC32 checksum = new CRC32();
        checksum.update(content);
        entry.setTimeLocal(NO_TIME);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(checksum.getValue());
        written += LOCAL_HEADER + entry.getName().length() + EXTRA_HEADER;
        int padding = Math.floorMod(-written, ALIGNMENT);
        entry.setExtra(extra(padding));
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
        written += padding + content.length;
    }

    /** The field that PyTorch pads with. */
    private static byte[] extra(int padding) {
        return ByteBuffer.allocate(EXTRA_HEADER + padding).put((byte) 'F').put((byte) 'B').put((byte) padding).array();
    }
}
