package org.mmard.app;

import java.util.List;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;
import org.mmard.files.HadoopConfiguration;
import org.mmard.report.Report;

/**
 * Runs, grids and evaluations as one HTML page that needs no network. Each call changes this object and returns it. For example:
 *
 * <pre>{@code
 * Files.writeString(Path.of("report.html"), RunReport.of(List.of("hdfs:///runs/first", "hdfs:///runs/second")).html());
 * }</pre>
 */
public final class RunReport {
    /** How many images are attacked for each run, unless somebody says otherwise. */
    public static final int EXAMPLES = 12;

    private final List<String> uris;
    private Report.Pictures pictures = new Report.Pictures(EXAMPLES, 0, null, false);
    private @Nullable String against;
    private Consumer<String> told = line -> {};
    private @Nullable Configuration hadoop;

    private RunReport(List<String> uris) {
        this.uris = List.copyOf(uris);
    }

    /** @param uris directories of runs or grids, or evaluations; several are compared */
    public static RunReport of(List<String> uris) {
        return new RunReport(uris);
    }

    /** Which images it attacks and shows. */
    public RunReport pictures(Report.Pictures asked) {
        pictures = asked;
        return this;
    }

    /** Which cell of a grid the others are compared with, seed by seed: {@code trades / trades}, as tables have it; null for its first. */
    public RunReport against(@Nullable String cell) {
        against = cell;
        return this;
    }

    /** Tells of what is left out and why, in one line each. */
    public RunReport telling(Consumer<String> consumer) {
        told = consumer;
        return this;
    }

    /** Reads files with these Hadoop settings, in the place of those of {@code HADOOP_CONF_DIR}. */
    public RunReport hadoop(Configuration settings) {
        hadoop = settings;
        return this;
    }

    /**
     * The page.
     *
     * @throws org.mmard.failure.InputError where there is nothing to report on at one of the URIs
     */
    public String html() {
        return Report.read(uris, hadoop == null ? HadoopConfiguration.load() : hadoop, told).html(pictures, against, told);
    }
}
