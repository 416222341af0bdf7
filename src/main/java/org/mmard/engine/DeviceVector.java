package org.mmard.engine;

import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A flat vector of ND4J and its tensor on the device. Where the device shares ND4J's memory they are one, and transfers do nothing;
 * elsewhere each side sees what the other wrote only after a transfer. Close it; the tensor lives as long.
 */
@SuppressWarnings("ReferenceEquality") // one tensor stands for memory, staging area and device where these are one
final class DeviceVector implements AutoCloseable {
    private final INDArray vector;
    private final Tensor memory;
    private final Tensor staging;
    private final Tensor tensor;

    /** A stretch of a vector. */
    record Range(long start, long length) {}

    /**
     * The tensor has the vector's values.
     *
     * @param vector stays where it is for as long as this object is used
     */
    DeviceVector(INDArray vector) {
        this.vector = vector;
        try (PointerScope scope = new PointerScope()) {
            boolean shared = Device.current().sharesMemory();
            memory = held(Transfer.view(vector));
            staging = held(shared ? memory : Transfer.staging(memory));
            tensor = held(shared ? memory : Transfer.like(memory));
        }
        upload();
    }

    private static Tensor held(Tensor tensor) {
        tensor.retainReference();
        return tensor;
    }

    /** Flat, on the device. */
    Tensor tensor() {
        return tensor;
    }

    long length() {
        return vector.length();
    }

    /** Brings the vector's values to the device. */
    void upload() {
        if (tensor == memory) {
            return;
        }
        Transfer.beforeReading(vector);
        // An earlier upload may still be reading the staging area.
        Device.current().synchronise();
        stage(memory, staging);
        Transfer.copy(staging, tensor, true);
    }

    /** Brings the device's values into the vector. */
    void download() {
        if (tensor == memory) {
            return;
        }
        Transfer.copy(tensor, staging, false);
        stage(staging, memory);
        Transfer.afterWriting(vector);
    }

    /** Brings these values alone into the vector, in one transfer. */
    void download(List<Range> ranges) {
        if (tensor == memory || ranges.isEmpty()) {
            return;
        }
        Transfer.beforeReading(vector);
        try (PointerScope scope = new PointerScope()) {
            Tensor values =
                    Transfer.down(torch.cat(new TensorVector(ranges.stream().map(range -> at(tensor, range)).toArray(Tensor[]::new))));
            long from = 0;
            for (Range range : ranges) {
                at(memory, range).copy_(values.narrow(0, from, range.length()));
                from += range.length();
            }
        }
        Transfer.afterWriting(vector);
    }

    private static Tensor at(Tensor flat, Range range) {
        return flat.narrow(0, range.start(), range.length());
    }

    private static void stage(Tensor from, Tensor to) {
        if (from != to) {
            to.copy_(from);
        }
    }

    @Override
    public void close() {
        memory.releaseReference();
        staging.releaseReference();
        tensor.releaseReference();
    }
}
