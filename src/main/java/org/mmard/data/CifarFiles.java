package org.mmard.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.utils.CountingInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.mmard.config.InputError;

/** The files of a data set, wherever they lie. */
sealed interface CifarFiles {
    /** Names of all files, without their folder. */
    Set<String> names();

    /** A file as a message names it. */
    String location(String name);

    /**
     * The contents of files that {@link #names()} has, in the order given.
     *
     * @param limit bytes wanted of all of them together; what lies behind may be left unread
     */
    List<Content> read(List<String> names, long limit);

    /** @param size bytes of the file; @param bytes the first of them, at least as many as the limit asked for */
    record Content(String location, long size, byte[] bytes) {}

    /** Files in a folder. */
    record Folder(Storage folder, Set<String> names) implements CifarFiles {
        static Folder of(Storage folder) {
            try {
                Set<String> names = new TreeSet<>();
                for (FileStatus status : folder.files().listStatus(folder.path())) {
                    names.add(status.getPath().getName());
                }
                return new Folder(folder, names);
            } catch (IOException e) {
                throw Storage.unreadable(folder.toString(), e);
            }
        }

        @Override
        public String location(String name) {
            return folder.child(name).toString();
        }

        @Override
        public List<Content> read(List<String> names, long limit) {
            List<Content> contents = new ArrayList<>();
            long left = limit;
            for (String name : names) {
                Storage file = folder.child(name);
                FileStatus status = file.status();
                if (status == null || !status.isFile()) {
                    throw new InputError(file + ": is not a file");
                }
                byte[] bytes = new byte[(int) Math.min(Math.min(status.getLen(), left), Integer.MAX_VALUE - 8)];
                int read = 0;
                try (InputStream in = file.files().open(file.path())) {
                    read = in.readNBytes(bytes, 0, bytes.length);
                } catch (IOException e) {
                    throw Storage.unreadable(file.toString(), e);
                }
                if (read < bytes.length) {
                    throw new InputError(file + ": ends at offset " + read + " while its folder says it has " + status.getLen() + " bytes");
                }
                contents.add(new Content(file.toString(), status.getLen(), bytes));
                left -= bytes.length;
            }
            return contents;
        }
    }

    /**
     * Members of a gzipped tar archive, whatever folder they lie in there.
     * Each reading goes through the whole archive, so that its checksum is seen to hold.
     */
    record Archive(Storage file, Set<String> names) implements CifarFiles {
        static Archive of(Storage file) {
            Set<String> names = new TreeSet<>();
            walk(file, (name, size, in) -> names.add(name));
            if (names.isEmpty()) {
                throw new InputError(file + ": the archive has no files");
            }
            return new Archive(file, names);
        }

        @Override
        public String location(String name) {
            return file + "!" + name;
        }

        @Override
        public List<Content> read(List<String> names, long limit) {
            Map<String, Content> contents = new HashMap<>();
            walk(file, (name, size, in) -> {
                if (names.contains(name)) {
                    byte[] bytes = in.readNBytes((int) Math.min(Math.min(size, limit), Integer.MAX_VALUE - 8));
                    contents.put(name, new Content(location(name), size, bytes));
                }
            });
            return names.stream().map(contents::get).toList();
        }

        private interface Visitor {
            void visit(String name, long size, InputStream content) throws IOException;
        }

        private static void walk(Storage file, Visitor visitor) {
            try (CountingInputStream packed = new CountingInputStream(file.files().open(file.path()))) {
                String member = "its first file";
                try (GZIPInputStream unpacked = new GZIPInputStream(packed, 1 << 16);
                        TarArchiveInputStream tar = new TarArchiveInputStream(unpacked)) {
                    for (TarArchiveEntry entry = tar.getNextTarEntry(); entry != null; entry = tar.getNextTarEntry()) {
                        member = entry.getName();
                        if (entry.isFile()) {
                            visitor.visit(member.substring(member.lastIndexOf('/') + 1), entry.getSize(), tar);
                        }
                    }
                    unpacked.transferTo(OutputStream.nullOutputStream());
                } catch (IOException | IllegalArgumentException e) {
                    String where = file + ": byte " + packed.getBytesRead() + ", in or after " + member;
                    throw Storage.unreadable(where + ": a damaged or cut archive, fetch it again", e);
                }
            } catch (IOException e) {
                throw Storage.unreadable(file.toString(), e);
            }
        }
    }
}
