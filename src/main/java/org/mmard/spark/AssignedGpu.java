package org.mmard.spark;

import org.apache.spark.SparkConf;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;
import org.mmard.config.InputError;
import org.mmard.engine.LibTorch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The GPU that Spark has given to this executor, one per executor: where {@code spark.executor.resource.gpu.amount} asks for one. */
final class AssignedGpu {
    private static final Logger LOG = LoggerFactory.getLogger(AssignedGpu.class);
    private static final String GPU = "gpu";
    private static final String PER_EXECUTOR = "spark.executor.resource.gpu.amount";
    private static final String PER_TASK = "spark.task.resource.gpu.amount";

    /** Its address, once a task has told it. */
    private static String address;

    private AssignedGpu() {}

    /**
     * Asks for one GPU per task where the user asks for one per executor: an executor has room for one task.
     *
     * @throws InputError where the user asks for another number
     */
    static void request(SparkConf conf) {
        if (!conf.contains(PER_EXECUTOR)) {
            return;
        }
        conf.setIfMissing(PER_TASK, "1");
        for (String key : new String[] {PER_EXECUTOR, PER_TASK}) {
            if (!conf.get(key).equals("1")) {
                throw new InputError(key + " is " + conf.get(key) + ": give 1, an executor works on one GPU; more GPUs are for more executors");
            }
        }
        if (!LibTorch.hasGpus()) {
            LOG.warn("{} = 1, but this build of LibTorch has no CUDA: the GPUs that Spark sets aside stay idle", PER_EXECUTOR);
        }
    }

    /** Puts this JVM's LibTorch on the GPU of the task, or says that it cannot. To be called in the task's thread. */
    static synchronized void use(TaskContext task) {
        ResourceInformation given = task.resourcesJMap().get(GPU);
        if (given == null || given.addresses()[0].equals(address)) {
            return;
        }
        address = given.addresses()[0];
        if (LibTorch.hasGpus()) {
            LibTorch.gpu(Integer.parseInt(address));
            LOG.info("Works on GPU {}", address);
        } else {
            LOG.warn("Spark gave GPU {} to this executor, but this build of LibTorch has no CUDA: it works on the processor", address);
        }
    }
}
