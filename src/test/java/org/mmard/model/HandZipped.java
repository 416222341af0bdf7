package org.mmard.model;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** A zip file, entry by entry: one that Java's own writer would refuse, with names that are there twice and sizes that are not so. */
final class HandZipped {
    private final ByteArrayOutputStream file = new ByteArrayOutputStream();
    private final ByteArrayOutputStream directory = new ByteArrayOutputStream();
    private int entries;
    private Long claimed;

    /** The next entry's size is said to be this, in the directory alone. */
    HandZipped claim(long size) {
        claimed = size;
        return this;
    }

    HandZipped entry(String name, byte[] content) {
        byte[] encoded = name.getBytes(StandardCharsets.UTF_8);
        CRC32 checksum = new CRC32();
        checksum.update(content);
        byte[] packed = deflated(content);
        int offset = file.size();
        int size = claimed == null ? content.length : claimed.intValue();
        claimed = null;
        file.writeBytes(little(30).putInt(0x04034b50).putShort((short) 20).putShort((short) 0x800).putShort((short) 8).putInt(0)
                .putInt((int) checksum.getValue())
                .putInt(packed.length).putInt(content.length).putShort((short) encoded.length).putShort((short) 0).array());
        file.writeBytes(encoded);
        file.writeBytes(packed);
        directory.writeBytes(little(46).putInt(0x02014b50).putShort((short) 20).putShort((short) 20).putShort((short) 0x800)
                .putShort((short) 8).putInt(0)
                .putInt((int) checksum.getValue()).putInt(packed.length).putInt(size).putShort((short) encoded.length).putShort((short) 0)
                .putShort((short) 0).putShort((short) 0)
                .putShort((short) 0).putInt(0).putInt(offset).array());
        directory.writeBytes(encoded);
        entries++;
        return this;
    }

    byte[] bytes() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(file.toByteArray());
        all.writeBytes(directory.toByteArray());
        all.writeBytes(little(22).putInt(0x06054b50).putShort((short) 0).putShort((short) 0).putShort((short) entries)
                .putShort((short) entries).putInt(directory.size())
                .putInt(file.size()).putShort((short) 0).array());
        return all.toByteArray();
    }

    private static byte[] deflated(byte[] content) {
        Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
        deflater.setInput(content);
        deflater.finish();
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        byte[] buffer = new byte[1 << 13];
        while (!deflater.finished()) {
            packed.write(buffer, 0, deflater.deflate(buffer));
        }
        deflater.end();
        return packed.toByteArray();
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
