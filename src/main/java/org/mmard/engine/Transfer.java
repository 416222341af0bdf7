package org.mmard.engine;

import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nd4j.linalg.api.concurrency.AffinityManager.Location;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The way between the host's memory and the {@link Device}'s: nothing else copies, and nothing else looks into a tensor's memory. To a GPU
 * the host's values go through page-locked memory, from which the copy runs beside the host.
 *
 * <p>Tensors made here belong to the innermost {@link PointerScope}.
 */
final class Transfer {
    private static final AtomicLong NANOSECONDS = new AtomicLong();
    private static final AtomicLong BYTES = new AtomicLong();
    private static volatile boolean timed;

    static {
        Natives.prepare();
    }

    private Transfer() {}

    /** A tensor of the device with the values of one in the host's memory, and with memory of its own. */
    static Tensor up(Tensor host) {
        Device device = Device.current();
        long start = start(device);
        Tensor up = device.pinsMemory()
                ? host.pin_memory().to(device.torch(), host.scalar_type(), true, false, new MemoryFormatOptional()) : host.clone();
        end(device, start, host.nbytes());
        return up;
    }

    /** The values of a tensor of the device in the host's memory, contiguous. Perhaps the tensor itself: only to be read. */
    static Tensor down(Tensor tensor) {
        Device device = Device.current();
        Tensor values = tensor.detach().contiguous();
        long start = start(device);
        Tensor down = device.pinsMemory() ? values.cpu() : values;
        end(device, start, values.nbytes());
        return down;
    }

    /** A tensor's values, row-major. */
    static float[] values(Tensor tensor) {
        float[] values = new float[Math.toIntExact(tensor.numel())];
        try (PointerScope scope = new PointerScope()) {
            floats(down(tensor)).get(values);
        }
        return values;
    }

    /**
     * From one tensor into another of the same length, one of the two on the device and the other in the host's memory. Done when it
     * returns, but for uploads.
     */
    static void copy(Tensor from, Tensor to, boolean upload) {
        Device device = Device.current();
        long start = start(device);
        to.copy_(from, upload);
        end(device, start, from.nbytes());
    }

    /** Room for as many values on the device. */
    static Tensor like(Tensor host) {
        return torch.empty_like(
                host, new TensorOptions(ScalarType.Float).device(new DeviceOptional(Device.current().torch())), new MemoryFormatOptional());
    }

    /** Page-locked room for as many values in the host's memory where the device asks for it, else the tensor itself. */
    static Tensor staging(Tensor host) {
        return Device.current().pinsMemory() ? host.pin_memory() : host;
    }

    /** The memory of a contiguous vector of ND4J as a flat tensor: the caller keeps the array alive. */
    static Tensor view(INDArray vector) {
        return torch.from_blob(new Address(address(vector)), new long[] {vector.length()}, new TensorOptions(ScalarType.Float));
    }

    /**
     * ND4J's data buffer answers with its base address, whatever the view's offset. On ND4J's GPU backend that is the copy in the host's
     * memory.
     */
    static long address(INDArray vector) {
        return vector.data().address() + (long) Float.BYTES * vector.offset();
    }

    /** To be called before a vector's memory is read, or written in part: ND4J's GPU backend may have newer values on its own device. */
    static void beforeReading(INDArray vector) {
        Nd4j.getAffinityManager().ensureLocation(vector, Location.HOST);
    }

    /** To be called after a vector's memory was written. */
    static void afterWriting(INDArray vector) {
        Nd4j.getAffinityManager().tagLocation(vector, Location.HOST);
    }

    /** The memory of a tensor in the host's memory. */
    static FloatPointer floats(Tensor host) {
        return new FloatPointer(host.data_ptr()).capacity(host.numel());
    }

    /**
     * The copies of some work. Each waits for the device before and after, so that the time is theirs alone; the work itself takes longer.
     */
    static LibTorch.Copies during(Runnable work) {
        NANOSECONDS.set(0);
        BYTES.set(0);
        timed = true;
        try {
            work.run();
        } finally {
            timed = false;
        }
        return new LibTorch.Copies(NANOSECONDS.get() / 1e9, BYTES.get());
    }

    private static long start(Device device) {
        if (!timed) {
            return 0;
        }
        device.synchronise();
        return System.nanoTime();
    }

    private static void end(Device device, long start, long bytes) {
        if (timed) {
            device.synchronise();
            NANOSECONDS.addAndGet(System.nanoTime() - start);
            BYTES.addAndGet(bytes);
        }
    }

    /** A pointer to an address that somebody else owns. */
    private static final class Address extends Pointer {
        Address(long address) {
            this.address = address;
        }
    }
}
