package org.mmard.spark;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.InputError;
import org.mmard.spark.host.AssignedGpu;
import org.mmard.spark.host.TemporaryFolder;
import org.mmard.spark.sync.Ports;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts this JVM's Spark context: which master, and the properties that training needs of driver and executors. */
public final class SparkDriver {
    private static final Pattern LOCAL_CLUSTER = Pattern.compile("local-cluster\\[\\s*(\\d+)\\s*,\\s*(\\d+)\\s*,\\s*(\\d+)\\s*]");
    /** JavaCPP's limit on resident memory would count what LibTorch maps. */
    private static final String EXECUTOR_OPTIONS = "-Dorg.bytedeco.javacpp.maxphysicalbytes=0";

    private static final Logger LOG = LoggerFactory.getLogger(SparkDriver.class);
    private static final String SHUFFLE_SERVICE = "spark.shuffle.service.enabled";
    private static final int SECRET_BYTES = 32;
    private static final String PROMETHEUS = "spark.metrics.conf.driver.sink.prometheusServlet.";

    private SparkDriver() {}

    /**
     * The context for {@code executors} executors. Master: spark-submit's own, else MMARD_MASTER, else {@code local[1]} for one executor
     * and {@code local-cluster} for more.
     *
     * @throws InputError where that master cannot give so many executors
     */
    public static JavaSparkContext start(String name, int executors) {
        return start(name, executors, Map.of());
    }

    /** The same with properties that are not the user's. */
    static JavaSparkContext start(String name, int executors, Map<String, String> properties) {
        SparkConf conf = configuration(name, executors, System.getenv());
        properties.forEach(conf::set);
        return start(conf);
    }

    private static JavaSparkContext start(SparkConf conf) {
        if (!conf.contains("spark.local.dir")) {
            conf.set("spark.local.dir", TemporaryFolder.ofThisProcess().toString());
        }
        return new JavaSparkContext(conf);
    }

    /** Whether spark-submit or MMARD_MASTER names a master. */
    public static boolean hasMaster() {
        return new SparkConf().contains("spark.master") || given(System.getenv()) != null;
    }

    /** The context for independent tasks on whatever executors the master of {@link #hasMaster} gives. A lost one's tasks go to another. */
    public static JavaSparkContext startForEvaluation(String name) {
        SparkConf conf = new SparkConf().setIfMissing("spark.app.name", name);
        if (!conf.contains("spark.master")) {
            conf.setMaster(given(System.getenv()));
        }
        Matcher cluster = LOCAL_CLUSTER.matcher(conf.get("spark.master"));
        if (cluster.matches()) {
            conf.setIfMissing("spark.executor.memory", cluster.group(3) + "m");
        }
        withoutShuffleService(conf);
        if (!conf.get("spark.master").startsWith("local[")) {
            equip(conf);
        }
        return start(equipDriver(conf.setIfMissing("spark.locality.wait", "0s")));
    }

    /**
     * @throws InputError where two tasks of a stage may meet in one of the context's executors, which have one student each, or there are
     *     too few of them
     */
    static void requireOneTaskEach(SparkContext spark, int executors) {
        if (spark.isLocal()) {
            if (executors > 1) {
                throw new InputError("cluster.executors = " + executors + ", but the Spark context's master " + spark.master()
                        + " is one process: give 1, or a context on a cluster");
            }
            return;
        }
        SparkConf conf = spark.getConf();
        Matcher cluster = LOCAL_CLUSTER.matcher(spark.master());
        String cores = conf.get("spark.executor.cores", cluster.matches() ? cluster.group(2) : "1");
        if (!cores.equals(conf.get("spark.task.cpus", "1"))) {
            throw new InputError("the Spark context's executors have room for several tasks (spark.executor.cores = " + cores
                    + ", spark.task.cpus = " + conf.get("spark.task.cpus", "1")
                    + "), and each executor trains one student: start the session with both the same");
        }
    }

    private static @Nullable String given(Map<String, String> environment) {
        String master = environment.get("MMARD_MASTER");
        return master == null || master.isBlank() ? null : master;
    }

    public static SparkConf configuration(String name, int executors, Map<String, String> environment) {
        SparkConf conf = new SparkConf().setIfMissing("spark.app.name", name);
        if (!conf.contains("spark.master")) {
            conf.setMaster(master(executors, environment));
        }
        String master = conf.get("spark.master");
        Matcher cluster = LOCAL_CLUSTER.matcher(master);
        if (cluster.matches()) {
            if (Integer.parseInt(cluster.group(1)) < executors) {
                throw new InputError("cluster.executors = " + executors + ", but " + master + " has " + cluster.group(1));
            }
            conf.setIfMissing("spark.executor.memory", cluster.group(3) + "m");
        } else if (master.startsWith("local") && executors > 1) {
            throw new InputError("cluster.executors = " + executors + ", but " + master
                    + " is one process: use MMARD_MASTER=local-cluster[" + executors + ",1,2048] or a spark:// master");
        }
        withoutShuffleService(conf);
        if (!master.startsWith("local[")) {
            executors(conf, executors);
        }
        return properties(conf);
    }

    /**
     * Executors stay from the beginning to the end, so that their files need no other keeper; where one that is asked for is missing, no
     * executor would start.
     *
     * @throws InputError where that can be told before
     */
    private static void withoutShuffleService(SparkConf conf) {
        if (conf.getBoolean(SHUFFLE_SERVICE, false) && conf.get("spark.master").startsWith("local-cluster")) {
            int port = conf.getInt("spark.shuffle.service.port", 7337);
            try (Socket service = new Socket(InetAddress.getLoopbackAddress(), port)) {
                LOG.info("There is a shuffle service at port {}, which is not used", service.getPort());
            } catch (IOException | IllegalArgumentException e) {
                throw new InputError(
                        SHUFFLE_SERVICE + " = true, but no shuffle service answers at port " + port + " of this machine (" + e.getMessage()
                                + "); leave the property out: nothing here needs one",
                        e);
            }
        }
        conf.set(SHUFFLE_SERVICE, "false");
    }

    private static String master(int executors, Map<String, String> environment) {
        String given = given(environment);
        if (given != null) {
            return given;
        }
        if (executors == 1) {
            return "local[1]";
        }
        if (!environment.containsKey("SPARK_HOME")) {
            throw new InputError("cluster.executors = " + executors
                    + " needs a Spark installation or a master: start with ./mmard, or set SPARK_HOME or MMARD_MASTER");
        }
        return "local-cluster[" + executors + ",1,2048]";
    }

    /** Exactly {@code executors} of them, each with room for one task: the student is one per JVM. */
    private static void executors(SparkConf conf, int executors) {
        conf.setIfMissing("spark.executor.cores", "1");
        String cores = conf.get("spark.executor.cores");
        conf.set("spark.task.cpus", cores);
        conf.set("spark.cores.max", String.valueOf(executors * Integer.parseInt(cores)));
        conf.setIfMissing("spark.executor.instances", String.valueOf(executors));
        conf.set("spark.dynamicAllocation.enabled", "false");
        // A mistake in it must not wait for the executors.
        Ports.of(conf);
        equip(conf);
    }

    /** What an executor's JVM needs to run our code. */
    private static void equip(SparkConf conf) {
        AssignedGpu.request(conf);
        conf.setIfMissing("spark.executorEnv.OMP_NUM_THREADS", "1");
        // Spark counts GPUs as nvidia-smi does; CUDA by itself would count the fastest first.
        conf.setIfMissing("spark.executorEnv.CUDA_DEVICE_ORDER", "PCI_BUS_ID");
        // What the user gives comes last, and so wins.
        conf.set("spark.executor.extraJavaOptions", (EXECUTOR_OPTIONS + " " + conf.get("spark.executor.extraJavaOptions", "")).trim());
        authenticate(conf);
        Path code = ownCode();
        if (isApplicationMaster(conf)) {
            // YARN brings the jar to every container.
            return;
        }
        if (code.toString().endsWith(".jar")) {
            conf.setIfMissing("spark.jars", Stream.concat(Stream.of(code), jarsBeside()).map(jar -> jar.toUri().toString())
                    .collect(Collectors.joining(",")));
        } else {
            // Classes in a folder, as in tests: the executors, on this machine, read them where they lie.
            conf.setIfMissing("spark.executor.extraClassPath", absolute(System.getProperty("java.class.path")));
        }
    }

    /**
     * A cluster that this process starts on this machine, and ends with itself, has a secret of its own: nobody else on the machine may
     * speak to its executors. It stays in memory and in the environment of the executors.
     */
    private static void authenticate(SparkConf conf) {
        if (LOCAL_CLUSTER.matcher(conf.get("spark.master")).matches() && conf.getBoolean("spark.authenticate", true)
                && !conf.contains("spark.authenticate.secret")) {
            byte[] secret = new byte[SECRET_BYTES];
            new SecureRandom().nextBytes(secret);
            conf.set("spark.authenticate", "true").set("spark.authenticate.secret", HexFormat.of().formatHex(secret));
        }
    }

    /** Whether this process is YARN's, with the driver inside. */
    public static boolean isApplicationMaster() {
        return isApplicationMaster(new SparkConf());
    }

    static boolean isApplicationMaster(SparkConf conf) {
        return conf.get("spark.master", "").equals("yarn") && conf.get("spark.submit.deployMode", "client").equals("cluster");
    }

    private static String absolute(String classPath) {
        return Arrays.stream(classPath.split(File.pathSeparator)).map(entry -> new File(entry).getAbsolutePath())
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static SparkConf properties(SparkConf conf) {
        // A failed step or a lost executor ends the run, which resumes from its checkpoint: a retried task could not rejoin the others.
        conf.set("spark.task.maxFailures", "1").set("spark.stage.maxConsecutiveAttempts", "1").set("spark.speculation", "false");
        // The executors are there when a job begins. One that has gone since will not be waited for, which Spark would do for ten minutes.
        conf.setIfMissing("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s");
        conf.setIfMissing("spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures", "3");
        // Heartbeats carry the live progress; their interval is also how long one may take.
        conf.setIfMissing("spark.executor.heartbeatInterval", "3s");
        if (!conf.contains("spark.network.timeout")) {
            // An executor that hangs, or that no packet reaches any more, is taken for lost after 45 to 50 s, not after two or three
            // minutes.
            conf.setIfMissing("spark.storage.blockManagerHeartbeatTimeoutMs", "45s");
            conf.setIfMissing("spark.network.timeoutInterval", "5s");
        }
        conf.setIfMissing("spark.locality.wait", "0s");
        conf.setIfMissing("spark.driver.maxResultSize", "0");
        return equipDriver(conf);
    }

    /**
     * Our plugin beside the user's own. Spark's pages are for those who ask for them; the run's gauges are then among them, where Spark's
     * template has them.
     */
    private static SparkConf equipDriver(SparkConf conf) {
        String own = RunPlugin.class.getName();
        String given = conf.get("spark.plugins", "");
        conf.set("spark.plugins", given.isBlank() ? own : given + "," + own);
        conf.setIfMissing("spark.ui.enabled", "false");
        if (conf.getBoolean("spark.ui.enabled", false)) {
            conf.setIfMissing(PROMETHEUS + "class", "org.apache.spark.metrics.sink.PrometheusServlet");
            conf.setIfMissing(PROMETHEUS + "path", "/metrics/prometheus");
        }
        return conf;
    }

    /** What the launcher puts on this process's class path for the user. */
    private static Stream<Path> jarsBeside() {
        return Arrays.stream(System.getenv().getOrDefault("MMARD_JARS", "").split(File.pathSeparator)).filter(jar -> !jar.isEmpty())
                .map(jar -> Path.of(jar).toAbsolutePath());
    }

    private static Path ownCode() {
        try {
            return Path.of(SparkDriver.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
