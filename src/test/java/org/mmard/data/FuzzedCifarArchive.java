package org.mmard.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;
import org.mmard.fuzz.FuzzedReader;
import org.mmard.fuzz.Mutations;

/**
 * A CIFAR archive, damaged inside of its compression or outside, or put together anew: a member twice, links and devices, names and PAX
 * headers without end, files that say another size than they have, zeros without end.
 */
public final class FuzzedCifarArchive implements FuzzedReader {
    private static final int BLOCK = 512;
    private static final String KINDS = "0123467xgLKSZ";
    private static final String[] PAX = {
        "mtime=1e999999999", "size=9223372036854775807", "size=-1", "size=x", "path=test_batch.bin", "path=\u001b[31m",
        "GNU.sparse.major=1", "GNU.sparse.map=0,1,2", "GNU.sparse.realsize=1099511627776",
        "SCHILY.realsize=1099511627776", "=", "comment=" + "a".repeat(3000)};

    @Override
    public String name() {
        return "cifar-archive";
    }

    @Override
    public void write(Path folder, SplittableRandom random) throws IOException {
        Map<String, byte[]> files = FuzzedCifarFolder.files(random);
        byte[] tar = tar(files, random);
        Path file = folder.resolve("data.tar.gz");
        if (random.nextInt(200) == 0) {
            bomb(file, tar);
            return;
        }
        byte[] archive = switch (random.nextInt(4)) {
            case 0 -> Mutations.bytes(gzip(tar), random);
            case 1, 2 -> gzip(fixed(Mutations.bytes(tar, random), random));
            default -> gzip(tar);
        };
        Files.write(file, archive);
    }

    private static byte[] tar(Map<String, byte[]> files, SplittableRandom random) {
        ByteArrayOutputStream tar = new ByteArrayOutputStream();
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            if (random.nextInt(12) == 0) {
                odd(tar, file.getKey(), random);
            }
            long size = random.nextInt(60) == 0 ? Math.floorMod(Mutations.number(random), 1L << 33) : file.getValue().length;
            tar.writeBytes(member((random.nextInt(6) == 0 ? "a/" : "./") + file.getKey(), '0', size, file.getValue()));
        }
        tar.writeBytes(new byte[2 * BLOCK]);
        return tar.toByteArray();
    }

    private static void odd(ByteArrayOutputStream tar, String name, SplittableRandom random) {
        char kind = KINDS.charAt(random.nextInt(KINDS.length()));
        String text = kind == 'x' || kind == 'g' ? record(PAX[random.nextInt(PAX.length)]) : Mutations.word(random);
        byte[] content = random.nextInt(8) == 0 ? new byte[1 << 17] : text.getBytes(StandardCharsets.UTF_8);
        tar.writeBytes(member(name, kind, content.length, content));
    }

    /** A pax record begins with its own length in bytes. */
    private static String record(String text) {
        int length = text.getBytes(StandardCharsets.UTF_8).length + 2;
        int digits = Integer.toString(length + Integer.toString(length).length()).length();
        return (length + digits) + " " + text + "\n";
    }

    private static byte[] member(String name, char kind, long size, byte[] content) {
        byte[] member = new byte[BLOCK + (content.length + BLOCK - 1) / BLOCK * BLOCK];
        put(member, 0, name);
        put(member, 124, String.format("%011o", size));
        member[156] = (byte) kind;
        put(member, 257, "ustar\00000");
        System.arraycopy(content, 0, member, BLOCK, content.length);
        sum(member, 0);
        return member;
    }

    private static void put(byte[] header, int at, String text) {
        System.arraycopy(text.getBytes(StandardCharsets.ISO_8859_1), 0, header, at, text.length());
    }

    private static void sum(byte[] tar, int at) {
        Arrays.fill(tar, at + 148, at + 156, (byte) ' ');
        int sum = 0;
        for (int i = at; i < at + BLOCK; i++) {
            sum += tar[i] & 0xff;
        }
        put(tar, at + 148, String.format("%06o\0 ", sum));
    }

    /** Mostly with the checksums of the headers right again, or nothing behind it would ever be looked at. */
    private static byte[] fixed(byte[] tar, SplittableRandom random) {
        for (int at = 0; at + BLOCK <= tar.length && random.nextInt(8) > 0; at += BLOCK) {
            if (new String(tar, at + 257, 5, StandardCharsets.ISO_8859_1).equals("ustar")) {
                sum(tar, at);
            }
        }
        return tar;
    }

    /** The archive, and behind it 300 MiB of zeros. */
    private static void bomb(Path file, byte[] tar) throws IOException {
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write(tar);
            for (int i = 0; i < 300; i++) {
                out.write(new byte[1 << 20]);
            }
        }
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(zipped)) {
            out.write(bytes);
        }
        return zipped.toByteArray();
    }

    @Override
    public void read(Path folder) {
        FuzzedCifarFolder.read(folder.resolve("data.tar.gz").toString());
    }
}
