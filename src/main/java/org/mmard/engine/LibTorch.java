package org.mmard.engine;

import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.bytedeco.pytorch.global.torch_cuda;
import org.mmard.model.FlatVector;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * LibTorch in this JVM: loading it, its threads, and the way of arrays in and out. The device is chosen here and in the pom, nowhere else.
 *
 * <p>Tensors made here belong to the innermost {@link PointerScope}, as all of LibTorch's do.
 */
public final class LibTorch {
    private static final String NATIVES = "/org/bytedeco/pytorch/linux-x86_64/";

    static {
        try {
            // All of it must lie unpacked before any of it loads: libtorch.so asks for libtorch_cpu.so by name, and the system's
            // loader would take one from elsewhere (Debian's python3-torch has one) and die of the mixture.
            Loader.cacheResources(NATIVES);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException("cannot unpack LibTorch into " + System.getProperty("org.bytedeco.javacpp.cachedir", "~/.javacpp/cache"), e);
        }
    }

    private LibTorch() {}

    /**
     * Sets how many threads one LibTorch or ND4J operation uses in this JVM. One gives the same bits every time.
     *
     * @param threads at least 1
     */
    public static void threads(int threads) {
        torch.set_num_threads(threads);
        Nd4j.getEnvironment().setMaxThreads(threads);
        Nd4j.getEnvironment().setMaxMasterThreads(threads);
    }

    /** Whether this build of LibTorch has CUDA and finds a GPU. The build that the pom describes has none. */
    public static boolean hasGpus() {
        return torch.cuda_is_available();
    }

    /**
     * Makes a GPU LibTorch's device of this thread. Only where {@link #hasGpus}; not tested, for want of a GPU. What this class makes of arrays
     * lies in the host's memory still: a CUDA build has to change that too.
     *
     * @param index of the GPU among those that the process sees, from 0
     */
    public static void gpu(int index) {
        torch_cuda.set_device((byte) index);
    }

    /** Version of the LibTorch in use, for provenance. */
    public static String version() {
        return torch.TORCH_VERSION_MAJOR + "." + torch.TORCH_VERSION_MINOR + "." + torch.TORCH_VERSION_PATCH;
    }

    /** A tensor holding a copy of {@code values}, row-major. */
    public static Tensor tensor(float[] values, long... shape) {
        long expected = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        if (expected != values.length) {
            throw new IllegalArgumentException(values.length + " values for shape " + Arrays.toString(shape));
        }
        try (FloatPointer copy = new FloatPointer(values)) {
            return torch.from_blob(copy, shape, floats()).clone();
        }
    }

    /** A copy of a batch's pixels as a tensor of shape [examples, 3, 32, 32]. */
    public static Tensor images(float[] pixels) {
        return tensor(pixels, pixels.length / (3 * 32 * 32), 3, 32, 32);
    }

    /** Places along a dimension, for LibTorch's indexing operations. */
    public static Tensor indices(int[] places) {
        long[] wide = Arrays.stream(places).asLongStream().toArray();
        try (LongPointer copy = new LongPointer(wide)) {
            return torch.from_blob(copy, new long[] {wide.length}, new TensorOptions(ScalarType.Long)).clone();
        }
    }

    /** A copy of the tensor's values, row-major. */
    public static float[] values(Tensor tensor) {
        float[] values = new float[Math.toIntExact(tensor.numel())];
        try (PointerScope scope = new PointerScope()) {
            new FloatPointer(tensor.detach().contiguous().data_ptr()).get(values);
        }
        return values;
    }

    static Tensor tensor(Logits logits) {
        float[] values = new float[logits.values().length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) logits.values()[i];
        }
        return tensor(values, logits.examples(), logits.classes());
    }

    static Logits logits(Tensor tensor) {
        float[] values = values(tensor);
        double[] wide = new double[values.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = values[i];
        }
        int examples = Math.toIntExact(tensor.size(0));
        return new Logits(wide, examples, wide.length / examples);
    }

    /** The memory of a contiguous vector of ND4J as a flat tensor, not copied: the caller keeps the array alive. */
    static Tensor view(INDArray vector) {
        return torch.from_blob(new Address(FlatVector.address(vector)), new long[] {vector.length()}, floats());
    }

    private static TensorOptions floats() {
        return new TensorOptions(ScalarType.Float);
    }

    /** A pointer to an address that somebody else owns. */
    private static final class Address extends Pointer {
        Address(long address) {
            this.address = address;
        }
    }
}
