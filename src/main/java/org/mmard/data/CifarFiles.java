package org.mmard.data;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.mmard.failure.InputError;
import org.mmard.files.RegularFile;
import org.mmard.files.Storage;
import org.mmard.files.TarFiles;

/** The files of a data set, wherever they lie. */
sealed interface CifarFiles {
    /** The size of what is there under a file's name, but is a folder, or a FIFO. */
    long NO_FILE = -1;

    /** How many bytes each has, by its name without its folder. */
    Map<String, Long> sizes();

    /** Names of all files, without their folder. */
    default Set<String> names() {
        return sizes().keySet();
    }

    /** A file as a message names it. */
    String location(String name);

    /**
     * The contents of files that {@link #names()} has, in the order given.
     *
     * @param limit bytes wanted of all of them together; what lies behind may be left unread
     */
    List<Content> read(List<String> names, long limit);

    /**
     * @param size bytes of the file
     * @param bytes the first of them, at least as many as the limit asked for
     */
    record Content(String location, long size, byte[] bytes) {}

    /** Files in a folder. */
    record Folder(Storage folder, Map<String, Long> sizes) implements CifarFiles {
        static Folder of(Storage folder) {
            try {
                Map<String, Long> sizes = new TreeMap<>();
                for (FileStatus status : folder.files().listStatus(folder.path())) {
                    boolean isFile = status.isFile() && !RegularFile.isSomethingElse(folder.files(), status.getPath());
                    sizes.put(status.getPath().getName(), isFile ? status.getLen() : NO_FILE);
                }
                return new Folder(folder, sizes);
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
                try (InputStream in = RegularFile.open(file.files(), file.path())) {
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
    record Archive(Storage file, Map<String, Long> sizes) implements CifarFiles {
        /** Images hardly shrink. An archive that grows more than this, and beyond this many bytes, holds something else. */
        private static final int MOST_TIMES = 100;
        private static final long MOST_ANYWAY = 256L << 20;

        static Archive of(Storage file) {
            Map<String, Long> sizes = new TreeMap<>();
            walk(file, (name, size, in) -> {
                if (sizes.put(name, size) != null && CifarLayout.knows(name)) {
                    throw new InputError(file + ": has " + name + " twice; pack it again with one of them");
                }
            });
            if (sizes.isEmpty()) {
                throw new InputError(file + ": the archive has no files");
            }
            return new Archive(file, sizes);
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

        private static void walk(Storage file, TarFiles.Visitor visitor) {
            FileStatus status = file.status();
            if (status == null) {
                throw new InputError(file + ": is not a file");
            }
            long most = Math.max(MOST_ANYWAY, MOST_TIMES * status.getLen());
            try (Counted packed = new Counted(RegularFile.open(file.files(), file.path()))) {
                String[] member = {"its first file"};
                try (Counted unpacked = new Counted(new GZIPInputStream(packed, 1 << 16))) {
                    unpacked.most = most;
                    TarFiles.walk(unpacked, (path, size, in) -> {
                        member[0] = path;
                        visitor.visit(path.substring(path.lastIndexOf('/') + 1), size, in);
                    });
                    unpacked.transferTo(OutputStream.nullOutputStream());
                } catch (IOException e) {
                    String where = file + ": byte " + packed.count + ", in or after " + member[0];
                    throw Storage.unreadable(where + ": a damaged or cut archive, fetch it again", e);
                }
            } catch (IOException e) {
                throw Storage.unreadable(file.toString(), e);
            }
        }

        /** Counts what is read, and ends where that is too much. */
        private static final class Counted extends FilterInputStream {
            private long count;
            private long most = Long.MAX_VALUE;

            Counted(InputStream in) {
                super(in);
            }

            @Override
            public int read() throws IOException {
                int read = super.read();
                count(read < 0 ? 0 : 1);
                return read;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                int read = super.read(bytes, offset, length);
                count(Math.max(0, read));
                return read;
            }

            private void count(int read) throws IOException {
                count += read;
                if (count > most) {
                    throw new IOException("it unpacks to more than " + (most >> 20) + " MiB, which no images of its size do");
                }
            }
        }
    }
}
