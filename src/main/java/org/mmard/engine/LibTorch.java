package org.mmard.engine;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.mmard.data.ImageShape;
import org.nd4j.linalg.factory.Nd4j;

/**
 * LibTorch in this JVM: loading it, its threads, and the way of arrays in and out. What is made here lies on the {@link Device} of the
 * process.
 *
 * <p>Tensors made here belong to the innermost {@link PointerScope}, as all of LibTorch's do.
 */
public final class LibTorch {
    static {
        Natives.prepare();
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

    /**
     * Sets what float32 means on a GPU: TensorFloat-32, which rounds the factors of every product to eleven significant bits, is LibTorch's
     * own default in convolutions. And has cuDNN take algorithms that give the same bits every time.
     */
    public static void tf32(boolean allowed) {
        Context context = torch.globalContext();
        context.setAllowTF32CuDNN(allowed);
        context.setAllowTF32CuBLAS(allowed);
        context.setDeterministicCuDNN(true);
        context.setBenchmarkCuDNN(false);
    }

    /** Copies between the host's memory and the device's. */
    public record Copies(double seconds, long bytes) {}

    /** What some work copies. The work takes longer than it would otherwise. */
    public static Copies copies(Runnable work) {
        return Transfer.during(work);
    }

    /** How many GPUs this process sees. */
    static int gpus() {
        return torch.cuda_is_available() ? torch.cuda_device_count() : 0;
    }

    /** Versions of what this process computes with on a GPU, by name; empty where LibTorch finds none. */
    public static Map<String, String> cudaVersions() {
        Map<String, String> versions = new LinkedHashMap<>();
        if (gpus() > 0) {
            versions.put("cuda", version(Context.versionCUDART(), 1000, 10));
            long cudnn = Context.versionCuDNN();
            versions.put("cudnn", cudnn < 10_000 ? version(cudnn, 1000, 100) : version(cudnn, 10_000, 100));
        }
        return versions;
    }

    private static String version(long number, int major, int minor) {
        return number / major + "." + number % major / minor;
    }

    /** A tensor of the device holding a copy of {@code values}, row-major. */
    public static Tensor tensor(float[] values, long... shape) {
        long expected = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        if (expected != values.length) {
            throw new IllegalArgumentException(values.length + " values for shape " + Arrays.toString(shape));
        }
        return Profile.time(Profile.Part.COPY, () -> {
            try (FloatPointer copy = new FloatPointer(values)) {
                return Transfer.up(torch.from_blob(copy, shape, new TensorOptions(ScalarType.Float)));
            }
        });
    }

    /**
     * A copy of a batch's pixels as a tensor of shape [examples, channels, height, width].
     *
     * @param shape of one image
     * @param pixels of whole images
     */
    public static Tensor images(ImageShape shape, float[] pixels) {
        return tensor(pixels, batchShape(shape, pixels));
    }

    static long[] batchShape(ImageShape shape, float[] pixels) {
        return new long[] {pixels.length / shape.size(), shape.channels(), shape.height(), shape.width()};
    }

    /** The shape of each image of a tensor of shape [examples, channels, height, width]. */
    public static ImageShape shape(Tensor images) {
        return new ImageShape((int) images.size(1), (int) images.size(2), (int) images.size(3));
    }

    /** Places along a dimension, for LibTorch's indexing operations. */
    public static Tensor indices(int[] places) {
        long[] wide = Arrays.stream(places).asLongStream().toArray();
        try (LongPointer copy = new LongPointer(wide)) {
            return Transfer.up(torch.from_blob(copy, new long[] {wide.length}, new TensorOptions(ScalarType.Long)));
        }
    }

    /** A copy of the tensor's values, row-major, float32. Waits for the device. */
    public static float[] values(Tensor tensor) {
        return Profile.time(Profile.Part.COPY, () -> Transfer.values(tensor));
    }

    /** As float32 on the device. */
    public static Tensor tensor(Logits logits) {
        float[] values = new float[logits.values().length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) logits.values()[i];
        }
        return tensor(values, logits.examples(), logits.classes());
    }

    /** A copy on the host of a float32 tensor of shape [examples, classes]. Waits for the device. */
    public static Logits logits(Tensor tensor) {
        float[] values = values(tensor);
        double[] wide = new double[values.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = values[i];
        }
        int examples = Math.toIntExact(tensor.size(0));
        return new Logits(wide, examples, wide.length / examples);
    }
}
