package org.mmard.train;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.mmard.config.InputError;

/**
 * Where a run keeps everything, on any Hadoop filesystem: {@code run.conf}, {@code provenance.json}, {@code metrics.jsonl},
 * {@code checkpoints/epoch-NNNN.zip}, {@code best.zip} and {@code last.zip}. The only class that knows this layout.
 *
 * <p>A file under one of these names is always whole: it is written and synced under a temporary name beside it, then renamed.
 */
public final class RunDirectory {
    public static final String CONFIGURATION = "run.conf";
    public static final String PROVENANCE = "provenance.json";
    public static final String METRICS = "metrics.jsonl";
    public static final String BEST = "best.zip";
    public static final String LAST = "last.zip";

    private static final String CHECKPOINTS = "checkpoints";
    private static final Pattern CHECKPOINT = Pattern.compile("epoch-(\\d{4,9})\\.zip");
    private static final String TEMPORARY = ".writing-";

    private final FileSystem files;
    private final Path root;

    RunDirectory(FileSystem files, Path root) {
        this.files = files;
        this.root = root;
    }

    /**
     * The run directory at a Hadoop URI; nothing is created yet.
     *
     * @throws InputError when the URI has no filesystem that answers
     */
    public static RunDirectory at(String uri, Configuration hadoop) {
        try {
            Path path = new Path(uri);
            FileSystem files = path.getFileSystem(hadoop);
            Path root = files.makeQualified(path);
            // Checksum files beside every file would be one more thing to rename, never at the same instant; the zips carry their own.
            return new RunDirectory(files instanceof LocalFileSystem local ? local.getRawFileSystem() : files, root);
        } catch (IOException | IllegalArgumentException e) {
            throw new InputError(uri + ": no filesystem there: " + firstLine(e), e);
        }
    }

    /** The qualified URI. */
    public String uri() {
        return root.toString();
    }

    /** The qualified URI of a file of this directory. */
    public String uri(String name) {
        return path(name).toString();
    }

    /** The settings of its filesystem, for whoever reads one of its files by URI. */
    public Configuration hadoop() {
        return files.getConf();
    }

    /** Whether a run was started here. */
    public boolean holdsRun() {
        return exists(CONFIGURATION) || !checkpoints().isEmpty();
    }

    /**
     * Creates the directory, proves that it can be written, and removes what a crash left under temporary names.
     *
     * @throws InputError when it cannot be written
     */
    public void prepare() {
        try {
            files.mkdirs(new Path(root, CHECKPOINTS));
            Path probe = new Path(root, TEMPORARY + "probe");
            files.create(probe, true).close();
            for (Path folder : new Path[] {root, new Path(root, CHECKPOINTS)}) {
                for (FileStatus status : files.listStatus(folder)) {
                    if (status.getPath().getName().startsWith(TEMPORARY)) {
                        files.delete(status.getPath(), false);
                    }
                }
            }
        } catch (IOException e) {
            throw new InputError(root + ": cannot be written: " + firstLine(e) + "; choose another directory", e);
        }
    }

    /** The name of the checkpoint of an epoch, counted from 1. */
    public static String checkpoint(int epoch) {
        return String.format(Locale.ROOT, "%s/epoch-%04d.zip", CHECKPOINTS, epoch);
    }

    /** The epochs (from 1) that have a checkpoint file, rising. */
    public SortedSet<Integer> checkpoints() {
        SortedSet<Integer> epochs = new TreeSet<>();
        try {
            for (FileStatus status : files.listStatus(new Path(root, CHECKPOINTS))) {
                Matcher name = CHECKPOINT.matcher(status.getPath().getName());
                if (name.matches()) {
                    epochs.add(Integer.parseInt(name.group(1)));
                }
            }
        } catch (FileNotFoundException e) {
            return epochs;
        } catch (IOException e) {
            throw failed("list", CHECKPOINTS, e);
        }
        return epochs;
    }

    public boolean exists(String name) {
        try {
            return files.exists(path(name));
        } catch (IOException e) {
            throw failed("read", name, e);
        }
    }

    public InputStream open(String name) throws IOException {
        return files.open(path(name));
    }

    /** The file's bytes, or nothing where there is no such file. */
    public Optional<byte[]> read(String name) {
        try (InputStream in = open(name)) {
            return Optional.of(in.readAllBytes());
        } catch (FileNotFoundException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw failed("read", name, e);
        }
    }

    /** Puts a file in place, whole or not at all, in place of any file of that name. */
    public void write(String name, Content content) {
        Path target = path(name);
        Path temporary = new Path(target.getParent(), TEMPORARY + target.getName());
        try {
            try (FSDataOutputStream out = files.create(temporary, true)) {
                content.writeTo(out);
                // Renamed before its bytes are on disk, a file could come back empty from a power cut.
                out.hsync();
            }
            replace(temporary, target);
        } catch (IOException e) {
            throw failed("write", name, e);
        }
    }

    public void write(String name, byte[] content) {
        write(name, out -> out.write(content));
    }

    /** Puts a copy of one file in place of another. */
    public void copy(String from, String to) {
        write(to, out -> {
            try (InputStream in = open(from)) {
                in.transferTo(out);
            }
        });
    }

    /** The names of the files in a folder of this directory, in order; none where there is no such folder. Files half written are not among them. */
    public List<String> names(String folder) {
        try {
            return Arrays.stream(files.listStatus(path(folder))).map(status -> status.getPath().getName()).filter(name -> !name.startsWith(TEMPORARY))
                    .sorted().toList();
        } catch (FileNotFoundException e) {
            return List.of();
        } catch (IOException e) {
            throw failed("list", folder, e);
        }
    }

    /** Deletes a folder of this directory with all that is in it. */
    public void deleteFolder(String folder) {
        try {
            files.delete(path(folder), true);
        } catch (IOException e) {
            throw failed("delete", folder, e);
        }
    }

    public void delete(String name) {
        try {
            files.delete(path(name), false);
        } catch (IOException e) {
            throw failed("delete", name, e);
        }
    }

    private void replace(Path temporary, Path target) throws IOException {
        URI filesystem = files.getUri();
        if ("file".equals(filesystem.getScheme())) {
            if (!files.rename(temporary, target)) {
                throw new IOException("cannot rename " + temporary + " to " + target);
            }
        } else {
            // FileSystem.rename refuses an existing target; this call replaces it, on HDFS in one atomic operation.
            FileContext.getFileContext(filesystem, files.getConf()).rename(temporary, target, Options.Rename.OVERWRITE);
        }
    }

    private Path path(String name) {
        return new Path(root, name);
    }

    private UncheckedIOException failed(String verb, String name, IOException cause) {
        return new UncheckedIOException("cannot " + verb + " " + path(name) + ": " + firstLine(cause), cause);
    }

    private static String firstLine(Exception e) {
        String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        return message.lines().findFirst().orElse(message);
    }

    /** Writes a file's bytes. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }
}
