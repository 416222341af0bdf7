package org.mmard.engine;

import java.util.Locale;
import java.util.Optional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.jspecify.annotations.Nullable;
import org.mmard.config.Settings;
import org.mmard.failure.InputError;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Where LibTorch computes: one value for the whole process, named in every tensor. A thread's current device is never asked, since DL4J
 * trains in threads of its own.
 *
 * <p>What a GPU differs in from the processor is said by two properties, and nothing else asks what a device is: whether it shares its
 * memory with ND4J ({@link Transfer} copies where it does not), and whether it runs ahead of the host.
 *
 * @param kind what it is
 * @param index of the GPU among those that the process sees, from 0; 0 for the processor
 */
public record Device(Kind kind, int index) {
    /** The processor, whose tensors are views of ND4J's vectors. */
    public static final Device HOST = new Device(Kind.HOST, 0);
    /** The processor with tensors of its own: every transfer that a GPU needs is made, every result is {@link #HOST}'s to the bit. */
    public static final Device COPYING = new Device(Kind.COPYING, 0);
    /** The processor, behaving as a GPU in all: {@link #COPYING}, and attacks whose losses LibTorch computes. */
    public static final Device STAND_IN = new Device(Kind.STAND_IN, 0);

    /** Tests set it: the device that stands in the processor's place in this process. */
    private static final String IN_TESTS = "MMARD_TEST_DEVICE";

    private static volatile Device current = processor(System.getenv(IN_TESTS));

    /** What computes. */
    public enum Kind { HOST, COPYING, STAND_IN, CUDA }

    /** A GPU. */
    public static Device gpu(int index) {
        return new Device(Kind.CUDA, index);
    }

    /** The device of this process. */
    public static Device current() {
        return current;
    }

    /** Makes it the device of this process. What was made on another one before is not moved: to be called before any network is opened. */
    public static void use(Device device) {
        current = device;
    }

    /**
     * Sets up this process as a run has it: device, threads, the meaning of float32. To be called before any network is opened.
     *
     * @param assigned the GPU that Spark gave to this process, or null
     * @throws InputError where a GPU is asked for and cannot be used
     */
    public static void configure(Settings.Engine engine, @Nullable String assigned) {
        choose(engine.device(), assigned);
        LibTorch.tf32(engine.tf32());
        LibTorch.threads(engine.threads());
    }

    /**
     * Makes the device that a run asks for the device of this process.
     *
     * @param setting {@code engine.device}: cpu; cuda; or auto, which is the GPU that was assigned, else the processor
     * @param assigned the GPU that Spark gave to this process, or null
     * @throws InputError where a GPU is asked for and cannot be used, saying why
     */
    static void choose(Settings.Engine.Device setting, @Nullable String assigned) {
        if (setting == Settings.Engine.Device.CPU || (setting == Settings.Engine.Device.AUTO && assigned == null)) {
            use(processor(System.getenv(IN_TESTS)));
            return;
        }
        int index = assigned == null ? 0 : index(assigned);
        if (current.equals(gpu(index))) {
            return;
        }
        Cuda.require(index,
                setting == Settings.Engine.Device.CUDA ? "engine.device = cuda" : "Spark gave GPU " + assigned + " to this process");
        use(gpu(index));
    }

    private static int index(String assigned) {
        try {
            return Integer.parseInt(assigned);
        } catch (NumberFormatException e) {
            throw new InputError("Spark gave GPU '" + assigned
                    + "' to this process, which is no index: a discovery script such as deploy/gpus.sh has to name GPUs 0, 1, ...");
        }
    }

    private static Device processor(@Nullable String inTests) {
        if (inTests != null && !inTests.isBlank()) {
            return new Device(Kind.valueOf(inTests.toUpperCase(Locale.ROOT).replace('-', '_')), 0);
        }
        return HOST;
    }

    /**
     * Whether a tensor here may lie over a vector of ND4J. ND4J's own GPU backend keeps two copies of each, of which a view would see one.
     */
    boolean sharesMemory() {
        return kind == Kind.HOST && Nd4j.getEnvironment().isCPU();
    }

    /**
     * Whether an operation returns before it is done, so that reading a result on the host waits: what an attack needs in between then
     * stays here.
     */
    public boolean runsAhead() {
        return kind == Kind.CUDA || kind == Kind.STAND_IN;
    }

    /** Whether its format for attacks is bfloat16 where the setting is auto. */
    boolean prefersBfloat16() {
        return card().map(Cuda.Card::computesBfloat16).orElseGet(Precision::processorComputesBfloat16);
    }

    /** Whether copies from the host go through page-locked memory. */
    boolean pinsMemory() {
        return kind == Kind.CUDA;
    }

    /** Its name for LibTorch; belongs to the current scope. */
    org.bytedeco.pytorch.Device torch() {
        return kind == Kind.CUDA ? new org.bytedeco.pytorch.Device(DeviceType.CUDA, (byte) index)
                : new org.bytedeco.pytorch.Device(DeviceType.CPU);
    }

    /** Waits until all that was asked of it is done. */
    public void synchronise() {
        if (kind == Kind.CUDA) {
            torch.cuda_synchronize(index);
        }
    }

    /** What nvidia-smi says of it; nothing where it is no GPU. */
    public Optional<Cuda.Card> card() {
        return kind == Kind.CUDA ? Optional.of(Cuda.card(index)) : Optional.empty();
    }

    /** What a run's banner and its records say: {@code cpu}, or {@code cuda:0 (NVIDIA H200)}. */
    public String description() {
        return card().map(card -> this + " (" + card.name() + ")").orElse(toString());
    }

    /** {@code cpu} or {@code cuda:0}; tests' stand-ins by their names. */
    @Override
    public String toString() {
        return switch (kind) {
            case HOST -> "cpu";
            case CUDA -> "cuda:" + index;
            default -> kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
        };
    }
}
