package org.mmard.run;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.mmard.files.Folder;
import org.mmard.files.Retries;
import org.mmard.files.WholeFiles;

/**
 * Where a run keeps everything, on any Hadoop filesystem: {@code run.conf}, {@code provenance.json}, {@code metrics.jsonl},
 * {@code checkpoints/epoch-NNNN.zip} and {@code interrupted.zip}, {@code best.zip} and {@code last.zip}, each zip with its {@code .sha256}
 * beside it. The only class that knows this layout.
 */
public final class RunDirectory extends Folder {
    public static final String CONFIGURATION = "run.conf";
    public static final String PROVENANCE = "provenance.json";
    public static final String METRICS = "metrics.jsonl";
    public static final String BEST = "best.zip";
    public static final String LAST = "last.zip";
    public static final String LOCK = "run.lock";

    private static final String CHECKPOINTS = "checkpoints";
    /** The checkpoint of a run that was stopped within an epoch. */
    public static final String INTERRUPTED = CHECKPOINTS + "/interrupted.zip";
    private static final Pattern CHECKPOINT = Pattern.compile(CHECKPOINTS + "/epoch-(\\d{4,9})\\.zip");

    RunDirectory(FileSystem files, Path root) {
        this(new WholeFiles(files, Retries.NONE), root);
    }

    RunDirectory(WholeFiles files, Path root) {
        super(files, root);
    }

    private RunDirectory(Folder folder) {
        super(folder);
    }

    /**
     * The run directory at a Hadoop URI; nothing is created yet.
     *
     * @throws org.mmard.failure.InputError when the URI has no filesystem that answers
     */
    public static RunDirectory at(String uri, Configuration hadoop) {
        return new RunDirectory(Folder.at(uri, hadoop));
    }

    /**
     * Takes the directory, which is created where it is missing, for this driver alone until the lock is closed.
     *
     * @param tell told in one line about a lock that is waited for or taken over
     * @throws org.mmard.failure.InputError where another live driver has it, or it cannot be written
     */
    public RunLock lock(Consumer<String> tell) {
        return lock(RunLock.Timing.USUAL, tell);
    }

    RunLock lock(RunLock.Timing timing, Consumer<String> tell) {
        try {
            // A heartbeat that comes late is worse than one that does not come.
            return RunLock.take(files().with(Retries.NONE), path(LOCK), timing, tell);
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    /** The same directory, which refuses to write once the lock is another driver's: {@link org.mmard.failure.RunStopped}. */
    public RunDirectory heldBy(RunLock held) {
        return new RunDirectory(guarded(held::requireHeld));
    }

    @Override
    public RunDirectory patient(Duration patience, Consumer<String> tell) {
        return new RunDirectory(super.patient(patience, tell));
    }

    /** The zips of the run by their names, those of the epochs first. */
    List<Entry> zips() {
        List<Entry> zips = new ArrayList<>(list(CHECKPOINTS).stream().filter(file -> file.name().endsWith(".zip")).toList());
        list(".").stream().filter(file -> file.name().equals(BEST) || file.name().equals(LAST)).forEach(zips::add);
        return zips;
    }

    /** Whether a run was started here. */
    public boolean holdsRun() {
        return exists(CONFIGURATION) || !checkpoints().isEmpty();
    }

    /**
     * Creates the directory, proves that it can be written, and removes what a crash left under temporary names.
     *
     * @throws org.mmard.failure.InputError when it cannot be written
     */
    public void prepare() {
        prepare(CHECKPOINTS);
    }

    /** The name of the checkpoint of an epoch, counted from 1. */
    public static String checkpoint(int epoch) {
        return String.format(Locale.ROOT, "%s/epoch-%04d.zip", CHECKPOINTS, epoch);
    }

    /** The epochs (from 1) that have a checkpoint file, rising. */
    public SortedSet<Integer> checkpoints() {
        SortedSet<Integer> epochs = new TreeSet<>();
        for (Entry file : list(CHECKPOINTS)) {
            Matcher name = CHECKPOINT.matcher(file.name());
            if (name.matches() && Integer.parseInt(name.group(1)) > 0) {
                epochs.add(Integer.parseInt(name.group(1)));
            }
        }
        return epochs;
    }
}
