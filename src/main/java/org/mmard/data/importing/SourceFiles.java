package org.mmard.data.importing;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;
import org.mmard.files.HadoopChannel;
import org.mmard.files.RegularFile;
import org.mmard.files.Storage;
import org.mmard.files.ZipEntries;

/** The files of a data set by their paths, in a folder or in a zip, of which a single folder at the top is left out. */
abstract class SourceFiles implements AutoCloseable {
    /** Tiny-ImageNet has 120,000 entries. */
    private static final long LONGEST_DIRECTORY = 64L << 20;

    /** @throws InputError where there is neither */
    static SourceFiles open(String uri, Configuration hadoop) {
        Storage place = Storage.at(uri, hadoop);
        if (place.status() == null) {
            throw new InputError(uri + ": no such file or folder");
        }
        return place.isFile() ? Zip.open(uri, hadoop) : new Folder(place);
    }

    /** A file as a message names it. */
    abstract String location(String path);

    /** Names of the folders or files in a folder, sorted; none where there is no such folder. */
    abstract List<String> list(String folder, boolean folders);

    /** @throws InputError where there is no such file, or it is longer than {@code most} bytes */
    abstract byte[] read(String path, int most);

    @Override
    public abstract void close();

    InputError tooLong(String path, long bytes, int most) {
        return new InputError(location(path) + ": has " + bytes + " bytes, where at most " + most + " are expected");
    }

    private static final class Folder extends SourceFiles {
        private final Storage root;

        Folder(Storage root) {
            this.root = root;
        }

        @Override
        String location(String path) {
            return root.child(path).toString();
        }

        @Override
        List<String> list(String folder, boolean folders) {
            List<String> names = new ArrayList<>();
            try {
                for (FileStatus status : root.files().listStatus(root.child(folder).path())) {
                    if (status.isDirectory() == folders) {
                        names.add(status.getPath().getName());
                    }
                }
            } catch (FileNotFoundException e) {
                return List.of();
            } catch (IOException e) {
                throw Storage.unreadable(location(folder), e);
            }
            names.sort(null);
            return names;
        }

        @Override
        byte[] read(String path, int most) {
            Storage file = root.child(path);
            FileStatus status = file.status();
            if (status == null || !status.isFile()) {
                throw new InputError(file + ": missing");
            }
            if (status.getLen() > most) {
                throw tooLong(path, status.getLen(), most);
            }
            try (InputStream in = RegularFile.open(file.files(), file.path())) {
                return in.readNBytes(most);
            } catch (IOException e) {
                throw Storage.unreadable(file.toString(), e);
            }
        }

        @Override
        public void close() {}
    }

    private static final class Zip extends SourceFiles {
        private final String uri;
        private final ZipEntries entries;
        private final String top;
        private final TreeSet<String> paths = new TreeSet<>();

        private Zip(String uri, ZipEntries entries) {
            this.uri = uri;
            this.entries = entries;
            Collection<String> names = entries.names();
            String first = names.stream().findFirst().orElse("");
            String folder = first.substring(0, first.indexOf('/') + 1);
            top = names.stream().allMatch(name -> name.startsWith(folder)) ? folder : "";
            names.forEach(name -> paths.add(name.substring(top.length())));
        }

        static Zip open(String uri, Configuration hadoop) {
            try {
                return new Zip(uri, ZipEntries.open(HadoopChannel.open(uri, hadoop), LONGEST_DIRECTORY));
            } catch (IOException e) {
                throw new InputError(uri + ": " + Printable.value(String.valueOf(e.getMessage())), e);
            }
        }

        @Override
        String location(String path) {
            return uri + "!" + Printable.line(top + path);
        }

        @Override
        List<String> list(String folder, boolean folders) {
            TreeSet<String> names = new TreeSet<>();
            String prefix = folder + "/";
            for (String path : paths.tailSet(prefix)) {
                if (!path.startsWith(prefix)) {
                    break;
                }
                String below = path.substring(prefix.length());
                int slash = below.indexOf('/');
                if (!below.isEmpty() && slash >= 0 == folders) {
                    names.add(slash < 0 ? below : below.substring(0, slash));
                }
            }
            return List.copyOf(names);
        }

        @Override
        byte[] read(String path, int most) {
            if (!entries.has(top + path)) {
                throw new InputError(location(path) + ": missing");
            }
            if (entries.size(top + path) > most) {
                throw tooLong(path, entries.size(top + path), most);
            }
            try {
                return entries.bytes(top + path, most);
            } catch (IOException e) {
                throw new InputError(uri + ": " + Printable.value(String.valueOf(e.getMessage())), e);
            }
        }

        @Override
        public void close() {
            try {
                entries.close();
            } catch (IOException e) {
                throw Storage.unreadable(uri, e);
            }
        }
    }
}
