package org.mmard.app;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.jspecify.annotations.Nullable;
import org.mmard.config.ResolvedSettings;
import org.mmard.config.SettingsReader;
import org.mmard.data.ImageSet;
import org.mmard.files.HadoopConfiguration;
import org.mmard.spark.SparkCluster;
import org.mmard.train.StopRequest;
import org.mmard.train.TrainingListener;

/**
 * One run: a student trained as a configuration says. Each call changes this object and returns it. For example:
 *
 * <pre>{@code
 * TrainedStudent student = Training.of("conf/quickstart.conf")
 *         .with("data.uri", "/data/shapes").with("run.directory", "hdfs:///runs/first").with("method.name", "trades")
 *         .listener(listener).fit();
 * }</pre>
 *
 * Without {@link #on} it starts Spark as the command line does: on the master that spark-submit or {@code MMARD_MASTER} names, else on this
 * machine. {@link #prepare} checks everything before Spark starts; {@link #fit} does so, too.
 */
public final class Training {
    /** In the place of a file's name, for complaints. */
    private static final String PROGRAM = "program";

    private final @Nullable String file;
    private final Map<String, String> values = new LinkedHashMap<>();
    private boolean resume;
    private TrainingListener listener = TrainingListener.NONE;
    private StopRequest stop = new StopRequest();
    private @Nullable Configuration hadoop;
    private @Nullable JavaSparkContext spark;
    private @Nullable ImageSet images;
    private String command = "a program";

    private Training(@Nullable String file) {
        this.file = file;
    }

    /**
     * A run of a configuration file.
     *
     * @param uri of HOCON, local or on any Hadoop filesystem
     */
    public static Training of(String uri) {
        return new Training(uri);
    }

    /** A run whose settings are the usual ones, but for those that {@link #with} gives. */
    public static Training usual() {
        return new Training(null);
    }

    /**
     * Sets a key of {@code reference.conf}; that goes before the file's.
     *
     * @param value as it is written there; null unsets
     */
    public Training with(String key, @Nullable Object value) {
        values.put(key, String.valueOf(value));
        return this;
    }

    /** Sets several keys. */
    public Training with(Map<String, String> several) {
        values.putAll(several);
        return this;
    }

    /** Goes on from the newest readable checkpoint of {@code run.directory}, if asked to; where that holds no run, one is started. */
    public Training resume(boolean asked) {
        resume = asked;
        return this;
    }

    /** Followed by this. */
    public Training listener(TrainingListener follower) {
        listener = follower;
        return this;
    }

    /** Stopped by this request: after the current step, and so that it can be resumed. */
    public Training stoppedBy(StopRequest request) {
        stop = request;
        return this;
    }

    /** Reads and writes files with these Hadoop settings, in the place of those of {@code HADOOP_CONF_DIR}. */
    public Training hadoop(Configuration settings) {
        hadoop = settings;
        return this;
    }

    /** Trains in this Spark context, which stays; {@link SparkCluster#borrow} says what it must be like. */
    public Training on(JavaSparkContext context) {
        spark = context;
        return this;
    }

    /** Trains on these images, in the place of those at {@code data.uri}, which then only names them. */
    public Training images(ImageSet set) {
        images = set;
        return this;
    }

    /** How the run's provenance says that it was started, such as a command line. */
    public Training startedBy(String words) {
        command = words;
        return this;
    }

    /**
     * Reads the settings.
     *
     * @throws org.mmard.failure.InputError for the first mistake, in one line with its key and place
     */
    public ResolvedSettings settings() {
        return file == null ? SettingsReader.read(values, PROGRAM) : SettingsReader.read(file, values, hadoop());
    }

    private Configuration hadoop() {
        return hadoop == null ? HadoopConfiguration.load() : hadoop;
    }

    /**
     * Reads and checks everything that the run needs, and takes its directory.
     *
     * @return to be closed
     * @throws org.mmard.failure.InputError for the first thing that is missing, damaged or does not fit the rest
     */
    public PreparedTraining prepare() {
        ResolvedSettings resolved = settings();
        Sources sources = new Sources(hadoop());
        if (images != null) {
            sources.provide(resolved.settings().data(), images);
        }
        return PreparedTraining.of(resolved, sources, resume, command, listener, stop, spark);
    }

    /**
     * Trains the student.
     *
     * @throws org.mmard.failure.InputError as {@link #prepare} does
     * @throws org.mmard.train.RunInterrupted where it was stopped; what is done is kept, and {@link #resume} goes on
     * @throws org.mmard.failure.RunStopped where it ends for another reason: it diverged, a disk is full, the cluster fails too often
     */
    public TrainedStudent fit() {
        try (PreparedTraining prepared = prepare()) {
            return prepared.fit();
        }
    }
}
