package org.mmard.spark.host;

import org.apache.spark.SparkConf;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;
import org.jspecify.annotations.Nullable;
import org.mmard.config.Settings;
import org.mmard.engine.Cuda;
import org.mmard.engine.Device;
import org.mmard.failure.InputError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The GPU that Spark has given to this executor, one per executor: where {@code spark.executor.resource.gpu.amount} asks for one. */
public final class AssignedGpu {
    private static final Logger LOG = LoggerFactory.getLogger(AssignedGpu.class);
    private static final String GPU = "gpu";
    private static final String PER_EXECUTOR = "spark.executor.resource.gpu.amount";
    private static final String PER_TASK = "spark.task.resource.gpu.amount";

    /** What the log has been told. */
    private static @Nullable Device told;

    private AssignedGpu() {}

    /**
     * Asks for one GPU per task where the user asks for one per executor: an executor has room for one task.
     *
     * @throws InputError where the user asks for another number, or this build has no CUDA
     */
    public static void request(SparkConf conf) {
        if (!conf.contains(PER_EXECUTOR)) {
            return;
        }
        conf.setIfMissing(PER_TASK, "1");
        for (String key : new String[] {PER_EXECUTOR, PER_TASK}) {
            if (!conf.get(key).equals("1")) {
                throw new InputError(
                        key + " is " + conf.get(key) + ": give 1, an executor works on one GPU; more GPUs are for more executors");
            }
        }
        if (!Cuda.built()) {
            throw new InputError(
                    PER_EXECUTOR + " = 1, but this build has no CUDA: make one that has with ./mmard --cuda build, or leave that key out");
        }
    }

    /**
     * Puts this JVM's LibTorch where the engine's settings have it: on the GPU of the task, where there is one. To be called in the task's
     * thread, before any network is opened.
     *
     * @throws InputError where the settings or Spark ask for a GPU that cannot be used
     */
    public static synchronized void use(TaskContext task, Settings.Engine engine) {
        ResourceInformation given = task.resourcesJMap().get(GPU);
        Device.configure(engine, given == null ? null : given.addresses()[0]);
        if (!Device.current().equals(told)) {
            told = Device.current();
            LOG.info("Works on {}", told.description());
        }
    }
}
